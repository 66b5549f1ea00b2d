use std::error::Error;
use std::fmt;

/// Why a handler did not do its work: worth another try, or never going to work.
///
/// Every `std::error::Error` becomes one through `?`, as worth another try.
///
/// ```
/// use cqrs_core::HandlerError;
///
/// fn quantity(text: &str) -> Result<u32, HandlerError> {
///     // The text stays what it is: another try is pointless.
///     text.parse().map_err(HandlerError::permanent)
/// }
///
/// fn print(path: &str) -> Result<(), HandlerError> {
///     // The printer may be back in a second.
///     std::fs::write(path, "slip")?;
///     Ok(())
/// }
///
/// assert!(quantity("x").unwrap_err().is_permanent());
/// assert!(!print("/no/such/printer").unwrap_err().is_permanent());
/// ```
///
/// Text is a source, too: `HandlerError::retry("the printer is out of paper")`. `HandlerError` does not implement
/// `Error` itself: a type that every error becomes through `?` cannot.
pub struct HandlerError {
    source: Box<dyn Error + Send + Sync>,
    permanent: bool,
}

impl HandlerError {
    /// Worth another try: the commit is delivered again after a while.
    pub fn retry(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { source: source.into(), permanent: false }
    }

    /// Never going to work: the commit goes to the dead letters at once.
    pub fn permanent(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { source: source.into(), permanent: true }
    }

    /// Whether another try is pointless.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        self.permanent
    }

    /// What went wrong.
    #[must_use]
    pub fn source(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.source
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for HandlerError {
    fn from(source: E) -> Self {
        Self::retry(source)
    }
}

impl fmt::Debug for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.permanent { "Permanent" } else { "Retry" };
        f.debug_tuple(kind).field(&self.source).finish()
    }
}

impl fmt::Display for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.source)?;
        let mut cause = self.source.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
