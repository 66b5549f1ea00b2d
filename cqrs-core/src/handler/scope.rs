use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::fmt;

use super::HandlerError;
use crate::event::{Event, RawEvent, SharedEvent};

/// The values that were given with `provide`, by type.
pub(crate) type Provided = HashMap<TypeId, Box<dyn Any + Send + Sync>>;

/// What one call of a handler can reach: the provided values, and the app on behalf of this event.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    provided: &'a Provided,
    front: &'a dyn Front,
}

/// What a handler sends its commands through. Few handlers ask for it, so it is created on demand.
pub(crate) trait Front: Send + Sync {
    /// The same one each time.
    fn get(&self) -> &(dyn Any + Send + Sync);
}

impl<'a> Scope<'a> {
    pub(crate) fn new(provided: &'a Provided, front: &'a dyn Front) -> Self {
        Self { provided, front }
    }

    /// The provided value of type `T`, or the app.
    ///
    /// # Errors
    /// A permanent [`HandlerError`] if the value was not provided. `build()` refuses such an app before any delivery.
    pub fn get<T: Send + Sync + 'static>(&self) -> Result<&'a T, HandlerError> {
        let found = match self.provided.get(&TypeId::of::<T>()) {
            Some(value) => value.downcast_ref(),
            None => self.front.get().downcast_ref(),
        };
        found.ok_or_else(|| {
            HandlerError::permanent(format!("`{}` was not provided to the app", type_name::<T>()))
        })
    }

    /// The event, decoded for the handler.
    ///
    /// # Errors
    /// A permanent [`HandlerError`]: an event that cannot be decoded now cannot be decoded later.
    pub fn decode<'e, E: Event>(&self, raw: RawEvent<'e>) -> Result<SharedEvent<'e, E>, HandlerError> {
        raw.share().map_err(HandlerError::permanent)
    }
}

impl fmt::Debug for Scope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").field("provided", &self.provided.len()).finish_non_exhaustive()
    }
}
