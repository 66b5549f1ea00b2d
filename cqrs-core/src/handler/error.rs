use std::error::Error;
use std::fmt;

/// Why a handler did not do its work: worth another try, or never going to work.
///
/// Every `std::error::Error` becomes one through `?`, as worth another try.
///
/// ```
/// use cqrs_core::HandlerError;
/// fn parse(text: &str) -> Result<u32, HandlerError> {
///     text.parse().map_err(HandlerError::permanent)
/// }
/// assert!(parse("x").unwrap_err().is_permanent());
/// ```
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
