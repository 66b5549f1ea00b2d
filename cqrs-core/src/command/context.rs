use std::sync::Arc;

use super::OtherStates;
use crate::aggregate::AggregateKey;
use crate::key::KeyError;
use crate::metadata::Metadata;
use crate::timestamp::Timestamp;
use crate::version::Version;

/// What a `#[command]` method can know beside the state and the command.
///
/// The clock comes from here, because a decision that reads its own clock could be neither tested nor decided again.
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
    pub(crate) others: OtherStates,
}

impl CommandContext {
    /// A context. Tests build their own, and the framework builds all others.
    #[must_use]
    pub fn new(version: Version, metadata: Metadata) -> Self {
        Self { version, now: metadata.created_at, metadata, others: OtherStates::default() }
    }

    /// The same context with other states.
    pub(crate) fn beside(self, others: OtherStates) -> Self {
        Self { others, ..self }
    }

    /// The time by the clock of the machine that decides, or the time given with `.at(…)`.
    ///
    /// The commit carries it as `createdAt`. If the stream has a commit from a machine whose clock is ahead, it carries
    /// that commit's time instead, so that time never runs backwards in a stream.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The version of the state that the command is decided on; `0` before the first commit.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// The metadata that the commit will carry.
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The state of a stream that the [transaction](crate::App::transaction) reads, and names with `.unchanged(…)`: the
    /// decision holds only if that stream is still at this state when the commits are written. `None` for any other
    /// stream, and for a command outside of a transaction.
    ///
    /// ```rust,standalone_crate
    /// use cqrs_core::prelude::*;
    /// use cqrs_core::store::MemoryEventStore;
    ///
    /// #[event]
    /// pub struct LimitSet {
    ///     pub cents: u64,
    /// }
    ///
    /// pub struct SetLimit {
    ///     pub cents: u64,
    /// }
    ///
    /// #[aggregate(entity = "LIMIT", key(customer: String))]
    /// #[derive(Default)]
    /// pub struct Limit {
    ///     cents: u64,
    /// }
    ///
    /// #[aggregate]
    /// impl Limit {
    ///     #[command]
    ///     fn set(&self, command: &SetLimit) -> Result<LimitSet, std::convert::Infallible> {
    ///         Ok(LimitSet { cents: command.cents })
    ///     }
    ///
    ///     #[apply]
    ///     fn limit_set(&mut self, event: &LimitSet) {
    ///         self.cents = event.cents;
    ///     }
    /// }
    ///
    /// #[event]
    /// pub struct Withdrawn {
    ///     pub cents: u64,
    /// }
    ///
    /// pub struct Withdraw {
    ///     pub cents: u64,
    ///     pub limit: LimitKey,
    /// }
    ///
    /// #[aggregate(entity = "ACCOUNT", key(number: String))]
    /// #[derive(Default)]
    /// pub struct Account {}
    ///
    /// #[aggregate]
    /// impl Account {
    ///     #[command]
    ///     fn withdraw(&self, command: &Withdraw, context: &CommandContext) -> Result<Withdrawn, String> {
    ///         let limit = context.state(&command.limit).ok_or("the limit was not read")?;
    ///         if command.cents > limit.cents {
    ///             return Err(format!("the limit is {}", limit.cents));
    ///         }
    ///         Ok(Withdrawn { cents: command.cents })
    ///     }
    ///
    ///     #[apply]
    ///     fn withdrawn(&mut self, _: &Withdrawn) {}
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let app = App::builder(MemoryEventStore::new()).build()?;
    /// # let tenant = Tenant::new("TENANT001")?;
    /// let (account, limit) = (AccountKey::new(&tenant, "A-1"), LimitKey::new(&tenant, "C-1"));
    /// app.execute(&limit, SetLimit { cents: 500 }).await?;
    /// let withdraw = Withdraw { cents: 900, limit: limit.clone() };
    /// let refused = app.transaction().execute(&account, withdraw).unchanged(&limit).await.unwrap_err();
    /// assert_eq!(refused.rejection::<String>().map(String::as_str), Some("the limit is 500"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn state<K: AggregateKey>(&self, key: &K) -> Option<&K::Aggregate> {
        self.others.get(key)
    }

    /// Adds a state that [`state`](Self::state) finds, to test a decision.
    ///
    /// # Errors
    /// The errors of [`AggregateKey::stream`] for the key.
    pub fn with_state<K: AggregateKey>(mut self, key: &K, state: K::Aggregate) -> Result<Self, KeyError> {
        self.others = self.others.with(key.stream()?, Arc::new(state));
        Ok(self)
    }
}
