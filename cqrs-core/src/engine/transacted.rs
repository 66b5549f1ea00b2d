use std::any::Any;
use std::fmt;

use super::{Committed, Outcome};
use crate::aggregate::{Aggregate, AggregateKey};
use crate::commit::CommitToken;
use crate::key::StreamKey;
use crate::version::Version;

/// What became of a transaction whose commands were not rejected: an answer for each of them.
///
/// ```rust,standalone_crate
/// # mod order { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.rs")); }
/// # use order::*;
/// # use cqrs_core::prelude::*;
/// # use cqrs_core::store::MemoryEventStore;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let app = App::builder(MemoryEventStore::new()).build()?;
/// # let tenant = Tenant::new("TENANT001")?;
/// # let (first, second) = (OrderKey::new(&tenant, "20240101-001"), OrderKey::new(&tenant, "20240101-002"));
/// let create = CreateOrder { customer_id: "CUST-001".into(), total: 15000 };
/// let both = app.transaction().execute(&first, create.clone()).execute(&second, create).await?;
/// assert!(both.of(&first).is_some_and(|done| done.version == Version::new(1)));
/// assert_eq!(both.tokens().count(), 2);
/// # Ok(())
/// # }
/// ```
pub struct Transacted {
    /// Whether this call wrote commits. A single command may be [`Outcome::Unchanged`] while others were committed.
    pub outcome: Outcome,
    /// The id that all commits have.
    pub command_id: String,
    parts: Vec<Part>,
}

/// The answer of one stream.
pub(super) struct Part {
    pub(super) stream: StreamKey,
    pub(super) version: Version,
    pub(super) answer: Box<dyn Any + Send + Sync>,
}

impl Transacted {
    pub(super) fn new(outcome: Outcome, command_id: String, parts: Vec<Part>) -> Self {
        Self { outcome, command_id, parts }
    }

    /// The answer to the command on this key; `None` for a key that had no command.
    ///
    /// If the transaction is a duplicate, and a stream's snapshot no longer remembers the command id, the answer of
    /// that stream is [`Outcome::Unchanged`], with its current version: see
    /// [`Settings::snapshot_command_ids`](crate::app::Settings::snapshot_command_ids).
    #[must_use]
    pub fn of<K>(&self, key: &K) -> Option<&Committed<K::Aggregate>>
    where
        K: AggregateKey<Aggregate: Aggregate>,
    {
        let stream = key.stream().ok()?;
        self.parts.iter().find(|part| part.stream == stream)?.answer.downcast_ref()
    }

    /// Whether no command decided on any event.
    #[must_use]
    pub fn is_unchanged(&self) -> bool {
        self.outcome == Outcome::Unchanged
    }

    /// Whether the transaction had been executed before.
    #[must_use]
    pub fn is_duplicate(&self) -> bool {
        self.outcome == Outcome::Duplicate
    }

    /// The token of each command's stream, in the order of their keys: for reads that must not be older than the transaction. See
    /// [`Committed::token`].
    pub fn tokens(&self) -> impl Iterator<Item = CommitToken> + '_ {
        self.parts.iter().map(|part| CommitToken::new(part.stream.clone(), part.version))
    }
}

impl fmt::Debug for Transacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transacted")
            .field("outcome", &self.outcome)
            .field("command_id", &self.command_id)
            .field("streams", &self.parts.iter().map(|part| (&part.stream, part.version)).collect::<Vec<_>>())
            .finish()
    }
}
