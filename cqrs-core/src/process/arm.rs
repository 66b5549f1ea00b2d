use std::any::TypeId;
use std::fmt;

use super::{ProcessState, Reaction};
use crate::event::{DecodeError, EventId, RawEvent};
use crate::key::Tenant;

type KeyOf<P> = fn(&RawEvent<'_>, Tenant) -> Result<<P as ProcessState>::Key, DecodeError>;
type Apply<P> = fn(&mut P, &RawEvent<'_>) -> Result<(), DecodeError>;
type React<P> = fn(&P, &RawEvent<'_>, &<P as ProcessState>::Key) -> Result<Reaction, DecodeError>;

/// What a process does with one event.
pub struct ProcessArm<P: ProcessState> {
    /// The event.
    pub event: EventId,
    pub(crate) key: KeyOf<P>,
    pub(crate) apply: Option<Apply<P>>,
    pub(crate) react: Option<React<P>>,
    pub(crate) starts: bool,
}

/// What a process does when a deadline has come.
pub struct DeadlineArm<P: ProcessState> {
    /// The method's name.
    pub name: &'static str,
    /// Distinguishes the method from others.
    pub(crate) method: fn() -> TypeId,
    pub(crate) react: fn(&P, &P::Key) -> Reaction,
}

/// What happens to an event for an instance that was not started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// It is skipped: `unknown = "skip"`. If it has a `#[react]` method, a step of the instance records this, and it is
    /// skipped for good.
    Skip,
    /// It is a failure of the instance, and so becomes a dead letter of the process: `unknown = "fail"`.
    Fail,
}

impl<P: ProcessState> ProcessArm<P> {
    /// Takes the key of the instance from an event.
    #[must_use]
    pub const fn new(event: EventId, key: KeyOf<P>) -> Self {
        Self { event, key, apply: None, react: None, starts: false }
    }

    /// The same with an `#[apply]` method.
    #[must_use]
    pub const fn apply(mut self, apply: Apply<P>) -> Self {
        self.apply = Some(apply);
        self
    }

    /// The same with a `#[react]` method.
    #[must_use]
    pub const fn react(mut self, react: React<P>) -> Self {
        self.react = Some(react);
        self
    }

    /// The same, for a method that starts an instance.
    #[must_use]
    pub const fn starts(mut self) -> Self {
        self.starts = true;
        self
    }
}

impl<P: ProcessState> DeadlineArm<P> {
    /// A `#[deadline]` method: its name, its identifier, and how it is called.
    #[must_use]
    pub const fn new(name: &'static str, method: fn() -> TypeId, react: fn(&P, &P::Key) -> Reaction) -> Self {
        Self { name, method, react }
    }
}

impl<P: ProcessState> fmt::Debug for ProcessArm<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProcessArm")
            .field("event", &self.event)
            .field("starts", &self.starts)
            .finish_non_exhaustive()
    }
}

impl<P: ProcessState> fmt::Debug for DeadlineArm<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadlineArm").field("name", &self.name).finish_non_exhaustive()
    }
}
