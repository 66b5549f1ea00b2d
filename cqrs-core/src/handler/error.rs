use std::error::Error;
use std::fmt;

use crate::causes::chain;
use crate::store::StoreError;

/// Why a handler did not do its work: worth another attempt, or never going to work.
///
/// Every `std::error::Error` becomes one through `?`, as worth another attempt, and so does everything that converts
/// into a `Box<dyn Error + Send + Sync>`: that box itself, a text, the error of `anyhow` or `eyre`. The answer to a
/// command that the handler sent is an exception: a rejection, or any other answer that would be the same the next
/// time, is permanent, also inside an error of your own whose `source` leads to it. With `map_err(HandlerError::retry)`
/// such a command is sent again nevertheless. Either way the dead letter names the command and its stream.
///
/// A store that cannot be reached is an outage: the delivery waits for it, and no attempt is counted. It is recognized
/// by the type of the error, or of one of its sources. An `anyhow::Error` hides the type of the error in it: return the
/// error of a query or of a store as it is, or its outage counts as an attempt. No attempt is counted either if other
/// writers of a stream were faster every time, unless the command was sent with `expect_version` or in a transaction.
///
/// ```
/// use cqrs_core::HandlerError;
///
/// fn quantity(text: &str) -> Result<u32, HandlerError> {
///     // The text stays as it is: another attempt is pointless.
///     text.parse().map_err(HandlerError::permanent)
/// }
///
/// fn print(path: &str) -> Result<(), HandlerError> {
///     // The printer may be back in a second.
///     std::fs::write(path, "slip")?;
///     Ok(())
/// }
///
/// fn dial(number: &str) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
///     Err(format!("{number} is busy").into())
/// }
///
/// fn call() -> Result<(), HandlerError> {
///     Ok(dial("112")?)
/// }
///
/// assert_eq!(call().unwrap_err().to_string(), "112 is busy");
/// assert!(quantity("x").unwrap_err().is_permanent());
/// assert!(!print("/no/such/printer").unwrap_err().is_permanent());
/// ```
///
/// Text is a source, too: `HandlerError::retry("the printer is out of paper")`. `HandlerError` does not implement
/// `Error` itself: a type into which `?` converts every error cannot.
pub struct HandlerError {
    source: Box<dyn Error + Send + Sync>,
    kind: Kind,
    /// The command that was answered with this error.
    answered: Option<Answered>,
}

#[derive(Debug)]
struct Answered {
    command: String,
    fault: Option<StoreFault>,
}

/// A fault of a store that no commit is to blame for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoreFault {
    /// Nothing of this kind works at present.
    Outage,
    /// Other writers were faster every time.
    Contended,
    /// Its data was written by a newer program.
    Newer,
}

impl StoreFault {
    pub(crate) fn of(error: &StoreError) -> Option<Self> {
        match error {
            StoreError::Decode(decode) if decode.is_newer() => Some(Self::Newer),
            error => error.is_outage().then_some(Self::Outage),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Retry,
    Permanent,
    /// Not stated: worth another attempt, unless it is a command's answer that stays the same.
    Open,
}

impl HandlerError {
    fn new(source: impl Into<Box<dyn Error + Send + Sync>>, kind: Kind) -> Self {
        Self { source: source.into(), kind, answered: None }
    }

    /// Worth another attempt: the commit is delivered again after a while.
    pub fn retry(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(source, Kind::Retry)
    }

    /// Never going to work: the commit goes to the dead letters at once.
    pub fn permanent(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(source, Kind::Permanent)
    }

    /// Whether another attempt is pointless.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        self.kind == Kind::Permanent
    }

    /// The same error, as the answer to a command.
    pub(crate) fn answered(self, command: String, is_final: bool, fault: Option<StoreFault>) -> Self {
        let kind = if is_final && self.kind == Kind::Open { Kind::Permanent } else { self.kind };
        Self { kind, answered: Some(Answered { command, fault }), ..self }
    }

    /// The fault of a store, if this is the answer to a command.
    pub(crate) fn store_fault(&self) -> Option<StoreFault> {
        self.answered.as_ref()?.fault
    }

    /// What went wrong.
    #[must_use]
    pub fn source(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.source
    }
}

/// What `?` makes a [`HandlerError`] of: an error, a `Box<dyn Error + Send + Sync>`, and all that converts into such a
/// box.
#[diagnostic::on_unimplemented(
    message = "`?` makes a `HandlerError` of an error, and `{Self}` is not one",
    label = "`{Self}` does not implement `std::error::Error`",
    note = "if a command was rejected, derive `thiserror::Error` for its rejection: then `?` makes the event a dead letter that names the command",
    note = "or say what it means: `.map_err(|_| HandlerError::permanent(\"the order is closed\"))?`, or `HandlerError::retry(…)`"
)]
pub trait ErrorSource {
    /// The error.
    fn into_source(self) -> Box<dyn Error + Send + Sync>;
}

#[diagnostic::do_not_recommend]
impl<E: Into<Box<dyn Error + Send + Sync>>> ErrorSource for E {
    fn into_source(self) -> Box<dyn Error + Send + Sync> {
        self.into()
    }
}

// `HandlerError` is not an error and does not become one, so the compiler accepts this beside `From<T> for T`.
impl<E: ErrorSource> From<E> for HandlerError {
    fn from(source: E) -> Self {
        Self::new(source.into_source(), Kind::Open)
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
        if let Some(Answered { command, .. }) = &self.answered {
            write!(f, "{command}: ")?;
        }
        f.write_str(&chain(&*self.source))
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    /// Like the error of `anyhow`, it is not an error, and becomes one in a box: with the text and the sources of the
    /// inner error, but of another type.
    struct Report(io::Error);

    #[derive(Debug)]
    struct Hidden(io::Error);

    impl fmt::Display for Hidden {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.fmt(f)
        }
    }

    impl Error for Hidden {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.0.source()
        }
    }

    impl From<Report> for Box<dyn Error + Send + Sync> {
        fn from(Report(error): Report) -> Self {
            Box::new(Hidden(error))
        }
    }

    fn off() -> io::Error {
        io::Error::other("the printer is off")
    }

    #[test]
    fn what_becomes_a_boxed_error_becomes_one_and_an_error_keeps_its_type() {
        let typed = || -> Result<(), HandlerError> { Ok(Err(off())?) };
        let boxed = || -> Result<(), HandlerError> { Ok(Err(Box::<dyn Error + Send + Sync>::from(off()))?) };
        let report = || -> Result<(), HandlerError> { Ok(Err(Report(off()))?) };
        let text = || -> Result<(), HandlerError> { Ok(Err("the printer is off")?) };
        for error in [typed().unwrap_err(), boxed().unwrap_err()] {
            assert!(error.source().is::<io::Error>(), "{error:?}");
        }
        assert!(!report().unwrap_err().source().is::<io::Error>());
        for error in [typed(), boxed(), report(), text()].map(Result::unwrap_err) {
            assert!(!error.is_permanent(), "{error:?}");
            assert_eq!(error.to_string(), "the printer is off");
        }
    }

    #[test]
    fn what_was_said_of_another_try_stays_as_it_was_said() {
        let again = || -> Result<(), HandlerError> {
            Err(HandlerError::permanent("never"))?;
            Ok(())
        };
        assert!(again().unwrap_err().is_permanent());
        let rejected =
            |error: HandlerError| error.answered("command `X`".to_owned(), true, None).is_permanent();
        assert!(rejected(HandlerError::from("no")));
        assert!(!rejected(HandlerError::retry("no")));
    }
}
