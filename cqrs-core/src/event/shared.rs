use std::ops::Deref;

use super::Recorded;

/// A decoded event that a handler or a projection borrows: that of the commit, if several subscribers want it, or its
/// own.
#[derive(Debug)]
pub enum SharedEvent<'a, E> {
    /// Decoded for one subscriber. It is boxed, because events are lent most of the time, and then the room would be
    /// wasted.
    Own(Box<Recorded<E>>),
    /// Decoded once for all subscribers.
    Lent(&'a Recorded<E>),
}

impl<E> SharedEvent<'_, E> {
    /// The event itself. This is an inherent method, so that a trait of the user that all types implement cannot take
    /// precedence.
    pub fn event(&self) -> &E {
        Recorded::event(self)
    }
}

impl<E> Deref for SharedEvent<'_, E> {
    type Target = Recorded<E>;
    fn deref(&self) -> &Recorded<E> {
        match self {
            Self::Own(event) => event,
            Self::Lent(event) => event,
        }
    }
}
