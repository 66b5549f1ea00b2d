use crate::metadata::Metadata;
use crate::timestamp::Timestamp;
use crate::version::Version;

/// What a `#[command]` method may know beside the state and the command.
///
/// The clock comes from here: a decision that reads its own clock could not be tested, nor decided again.
///
/// ```rust,standalone_crate
/// use cqrs_core::command::Decide;
/// use cqrs_core::prelude::*;
///
/// #[event]
/// pub struct OfferAccepted;
///
/// #[derive(Clone)]
/// pub struct Accept {
///     pub valid_until: Timestamp,
/// }
///
/// #[aggregate(entity = "OFFER")]
/// #[derive(Default)]
/// pub struct Offer {}
///
/// #[aggregate]
/// impl Offer {
///     #[command]
///     fn accept(&self, command: Accept, context: &CommandContext) -> Result<OfferAccepted, String> {
///         if context.now() > command.valid_until {
///             return Err(format!("the offer ended at {}", command.valid_until));
///         }
///         Ok(OfferAccepted)
///     }
///
///     #[apply]
///     fn accepted(&mut self, _: &OfferAccepted) {}
/// }
///
/// // A test brings its own clock, and needs no store.
/// # fn main() -> Result<(), cqrs_core::TimestampError> {
/// let valid_until = "2024-01-31T00:00:00Z".parse()?;
/// let late = Metadata::new("c-1", "2024-02-01T00:00:00Z".parse()?);
/// let context = CommandContext::new(Version::NONE, late);
/// let refused = Offer::default().decide(&Accept { valid_until }, &context, &mut Vec::new());
/// assert_eq!(refused.unwrap_err(), "the offer ended at 2024-01-31T00:00:00.000Z");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct CommandContext {
    pub(crate) version: Version,
    pub(crate) now: Timestamp,
    pub(crate) metadata: Metadata,
}

impl CommandContext {
    /// A context; tests build their own, the framework builds all others.
    #[must_use]
    pub fn new(version: Version, metadata: Metadata) -> Self {
        Self { version, now: metadata.created_at, metadata }
    }

    /// The time by the clock of the machine that decides, or the one given with `.at(…)`.
    ///
    /// The commit carries it as `createdAt`, unless the stream has a commit from a machine whose clock is ahead: then it
    /// carries that one's time, so that time does not run backwards in a stream.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The version of the state that is decided on; `0` before the first commit.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// The metadata that the commit will carry.
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }
}
