use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::sync::Arc;

use super::HandlerError;
use crate::aggregate::AggregateEvent;
use crate::event::{RawEvent, Recorded};

/// What was given with `provide`, by type.
pub(crate) type Provided = HashMap<TypeId, Box<dyn Any + Send + Sync>>;

/// What one call of a handler can reach: the provided values, and the app as this event's agent.
#[derive(Debug)]
pub struct Scope {
    provided: Arc<Provided>,
    front: Box<dyn Any + Send + Sync>,
}

impl Scope {
    pub(crate) fn new(provided: Arc<Provided>, front: Box<dyn Any + Send + Sync>) -> Self {
        Self { provided, front }
    }

    /// The provided value of type `T`, or the app.
    ///
    /// # Errors
    /// A permanent [`HandlerError`] where nothing was provided; `build()` refuses such an app beforehand.
    pub fn get<T: Send + Sync + 'static>(&self) -> Result<&T, HandlerError> {
        let found = match self.provided.get(&TypeId::of::<T>()) {
            Some(value) => value.downcast_ref(),
            None => self.front.downcast_ref(),
        };
        found.ok_or_else(|| {
            HandlerError::permanent(format!("`{}` was not provided to the app", type_name::<T>()))
        })
    }

    /// Decodes the event for the handler.
    ///
    /// # Errors
    /// A permanent [`HandlerError`]: an event that cannot be decoded now cannot be decoded later.
    pub fn decode<E: AggregateEvent>(&self, raw: RawEvent<'_>) -> Result<Recorded<E>, HandlerError> {
        raw.decode().map_err(HandlerError::permanent)
    }
}
