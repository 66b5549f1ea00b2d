use std::fmt;

use crate::aggregate::Aggregate;
use crate::commit::CommitToken;
use crate::key::StreamKey;
use crate::metadata::Metadata;
use crate::version::Version;

/// What became of a command that was not rejected.
///
/// `events` are cases of the aggregate's enum, such as `OrderEvent::OrderCreated`.
#[non_exhaustive]
pub struct Committed<A: Aggregate> {
    /// The version of the commit; for [`Outcome::Unchanged`] the version of the state that was decided on.
    pub version: Version,
    /// The events of the commit, in their order.
    pub events: Vec<A::Event>,
    /// The metadata of the commit.
    pub metadata: Metadata,
    /// Whether this call wrote it.
    pub outcome: Outcome,
    pub(super) stream: StreamKey,
}

/// Whether a call wrote a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The commit was written for this command.
    Committed,
    /// The command decided on no events; nothing was written.
    Unchanged,
    /// The command id was in the stream already; nothing was written, and this is the first outcome.
    Duplicate,
}

impl<A: Aggregate> Committed<A> {
    /// A short text that names the commit, for a read that must not be older than it:
    /// [`ReadView::at_least`](crate::app::ReadView::at_least). For [`Outcome::Duplicate`] it names the first commit of the command, for
    /// [`Outcome::Unchanged`] the last commit that was decided on, which another command may have made.
    ///
    /// ```rust,standalone_crate
    /// # mod order { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.rs")); }
    /// # use order::*;
    /// # use cqrs_core::prelude::*;
    /// # use cqrs_core::store::MemoryEventStore;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let app = App::builder(MemoryEventStore::new()).build()?;
    /// # let order = OrderKey::new(&Tenant::new("TENANT001")?, "20240101-001");
    /// let done = app.execute(&order, CreateOrder { customer_id: "CUST-001".into(), total: 15000 }).await?;
    /// let text = done.token().to_string();
    /// println!("GET /orders/20240101-001?at_least={text}");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn token(&self) -> CommitToken {
        CommitToken::new(self.stream.clone(), self.version)
    }

    /// Whether the command decided on no events.
    #[must_use]
    pub fn is_unchanged(&self) -> bool {
        self.outcome == Outcome::Unchanged
    }

    /// Whether the command had been executed before.
    #[must_use]
    pub fn is_duplicate(&self) -> bool {
        self.outcome == Outcome::Duplicate
    }
}

impl<A: Aggregate<Event: fmt::Debug>> fmt::Debug for Committed<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Committed")
            .field("version", &self.version)
            .field("events", &self.events)
            .field("metadata", &self.metadata)
            .field("outcome", &self.outcome)
            .finish()
    }
}

/// The state of an aggregate at a version.
///
/// A key to which nothing was ever written is not an error: the state is the aggregate's `Default`, at
/// [`Version::NONE`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Loaded<A> {
    /// The fold of the events.
    pub state: A,
    /// The last version that is folded in; [`Version::NONE`] if there is no commit.
    pub version: Version,
}
