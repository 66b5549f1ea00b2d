use std::ops::Deref;

use super::Recorded;

/// A decoded event that a handler or a projection borrows: that of the commit, where several want it, or one of its own.
#[derive(Debug)]
pub enum SharedEvent<'a, E> {
    /// Decoded for one subscriber. In a place of its own: most often events are lent, and then this is not worth the room.
    Own(Box<Recorded<E>>),
    /// Decoded once for all subscribers.
    Lent(&'a Recorded<E>),
}

impl<E> SharedEvent<'_, E> {
    /// The event itself. A method of its own: a trait of the user's that all types implement must not come before it.
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
