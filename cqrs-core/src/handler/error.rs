use std::error::Error;
use std::fmt;

/// Why a handler did not do its work: worth another try, or never going to work.
///
/// Every `std::error::Error` becomes one through `?`, as worth another try. The answer to a command that the handler sent is
/// an exception: a rejection, or any other answer that would be the same the next time, is permanent, also inside of an
/// error of your own whose `source` leads to it. Either way the dead letter names the command and its stream.
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
    kind: Kind,
    /// The command that was answered with this error.
    command: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Retry,
    Permanent,
    /// Nobody said: worth another try, unless it is a command's answer that stays the same.
    Open,
}

impl HandlerError {
    fn new(source: impl Into<Box<dyn Error + Send + Sync>>, kind: Kind) -> Self {
        Self { source: source.into(), kind, command: None }
    }

    /// Worth another try: the commit is delivered again after a while.
    pub fn retry(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(source, Kind::Retry)
    }

    /// Never going to work: the commit goes to the dead letters at once.
    pub fn permanent(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(source, Kind::Permanent)
    }

    /// Whether another try is pointless.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        self.kind == Kind::Permanent
    }

    /// The same error, as the answer to a command.
    pub(crate) fn answered(self, command: String, is_final: bool) -> Self {
        let kind = if is_final && self.kind == Kind::Open { Kind::Permanent } else { self.kind };
        Self { kind, command: Some(command), ..self }
    }

    /// What went wrong.
    #[must_use]
    pub fn source(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.source
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for HandlerError {
    fn from(source: E) -> Self {
        Self::new(source, Kind::Open)
    }
}

impl fmt::Debug for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_permanent() { "Permanent" } else { "Retry" };
        f.debug_tuple(kind).field(&self.source).finish()
    }
}

impl fmt::Display for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(command) = &self.command {
            write!(f, "{command}: ")?;
        }
        write!(f, "{}", self.source)?;
        let mut cause = self.source.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
