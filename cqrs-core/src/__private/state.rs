//! States of aggregates.

/// One field of a state, to be copied: `(&&Part(&self.total)).copy()`.
#[derive(Debug)]
pub struct Part<'a, T>(pub &'a T);

/// The field can be copied.
pub trait Copied<T> {
    /// The copy.
    fn copy(&self) -> Option<T>;
}

/// The field cannot be copied.
pub trait NotCopied<T> {
    /// None.
    fn copy(&self) -> Option<T>;
}

impl<T: Clone> Copied<T> for &Part<'_, T> {
    fn copy(&self) -> Option<T> {
        Some(self.0.clone())
    }
}

impl<T> NotCopied<T> for Part<'_, T> {
    fn copy(&self) -> Option<T> {
        None
    }
}
