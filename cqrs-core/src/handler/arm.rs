use std::any::{TypeId, type_name};
use std::future::Future;
use std::pin::Pin;

use super::{HandlerError, Scope};
use crate::event::{EventId, RawEvent};

/// The future of one call of a handler.
pub type HandlerFuture<'a> = Pin<Box<dyn Future<Output = Result<(), HandlerError>> + Send + 'a>>;

/// Calls a handler. None of the handler's code runs before the future is polled.
pub type Call = for<'a> fn(Scope<'a>, RawEvent<'a>) -> HandlerFuture<'a>;

/// How a handler takes one event.
#[derive(Debug)]
pub struct HandlerArm {
    /// The event.
    pub event: EventId,
    pub(crate) call: Call,
}

impl HandlerArm {
    /// Calls `call` for `event`.
    #[must_use]
    pub const fn new(event: EventId, call: Call) -> Self {
        Self { event, call }
    }
}

/// A type that must be provided with `App::builder(…).provide(…)`.
#[derive(Debug, Clone, Copy)]
pub struct Need {
    pub(crate) id: fn() -> TypeId,
    pub(crate) name: fn() -> &'static str,
    pub(crate) receiver: bool,
}

impl Need {
    /// The receiver of a handler's methods.
    #[must_use]
    pub const fn receiver<T: Send + Sync + 'static>() -> Self {
        Self { id: TypeId::of::<T>, name: type_name::<T>, receiver: true }
    }

    /// The arguments of the handler after the event.
    #[must_use]
    pub const fn dependency<T: Send + Sync + 'static>() -> Self {
        Self { id: TypeId::of::<T>, name: type_name::<T>, receiver: false }
    }
}
