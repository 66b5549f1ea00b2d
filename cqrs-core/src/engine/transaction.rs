use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::sync::Arc;

use super::Caller;
use super::intent::Intent;
use super::member::{Commanded, Member, Read};
use super::options::{Options, Resolved, Unfit};
use super::transacted::Transacted;
use super::transacting::Transacting;
use crate::aggregate::{Aggregate, AggregateKey};
use crate::command::{Command, Decide, TransactionError};
use crate::key::{KeyError, StreamKey};
use crate::store::limits::MAX_TRANSACTION_ITEMS;
use crate::timestamp::Timestamp;
use crate::version::Version;

/// Commands on several streams that are executed together or not at all; `.await` executes them.
///
/// Every command is decided on its own stream. What they decide is written in one transaction, a commit for each stream. A rejection
/// of one is a rejection of all. If another writer was faster on one of the streams, all are decided again.
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
/// # let (old, new) = (OrderKey::new(&tenant, "20240101-001"), OrderKey::new(&tenant, "20240101-002"));
/// # app.execute(&old, CreateOrder { customer_id: "CUST-001".into(), total: 15000 }).await?;
/// // A replacement: the old order is cancelled if, and only if, the new one is created.
/// let replaced = app
///     .transaction()
///     .execute(&old, CancelOrder)
///     .execute(&new, CreateOrder { customer_id: "CUST-001".into(), total: 9000 })
///     .by("user-123")
///     .command_id("replace-20240101-001")
///     .await?;
/// assert_eq!(replaced.of(&old).map(|done| done.version), Some(Version::new(2)));
/// # Ok(())
/// # }
/// ```
///
/// The options are those of [`Execute`](super::Execute), and hold for all commits. All of them have the same command id: sent again
/// under it, the transaction is not executed again, and the answer has the first outcome of each command. In a handler the id
/// follows from the event, the streams and the commands.
///
/// A stream takes part once: with a command, or only to be read. Up to 100 streams take part.
///
/// | DynamoDB | requests | units |
/// | --- | ---: | ---: |
/// | states in memory | 1 | 2 write units for each stream of up to 1 KB |
/// | a state that is not in memory | 1 more, at the same time as the others | as for a single command |
/// | one command that commits, and no other stream | 1 | 1 write unit, as a single command |
///
/// Source of the doubled units: Amazon DynamoDB Developer Guide, "Managing complex workflows with DynamoDB transactions".
#[must_use = "a transaction does nothing until it is awaited"]
pub struct Transaction<'a> {
    caller: Caller<'a>,
    entries: Vec<Entry<'a>>,
    expected: Vec<(Result<StreamKey, KeyError>, Version)>,
    options: Options,
}

/// A stream that takes part.
struct Entry<'a> {
    stream: Result<StreamKey, KeyError>,
    join: Join<'a>,
}

type Join<'a> = Box<dyn FnOnce(Caller<'a>, Intent) -> Box<dyn Member + 'a> + Send + Sync + 'a>;

impl<'a> Transaction<'a> {
    pub(crate) fn new(caller: Caller<'a>) -> Self {
        Self { caller, entries: Vec::new(), expected: Vec::new(), options: Options::default() }
    }

    /// Adds a command on the aggregate at `key`.
    pub fn execute<K, C>(mut self, key: &K, command: C) -> Self
    where
        K: AggregateKey<Aggregate: Decide<C>>,
        C: Command,
    {
        let join: Join<'a> = Box::new(move |caller, intent| {
            Box::new(Commanded::<K::Aggregate, C>::new(caller, intent, command))
        });
        self.entries.push(Entry { stream: key.stream(), join });
        self
    }

    /// Adds a stream that is only read: the transaction is executed if nothing was committed to it since the commands were decided.
    /// The decisions see its state in [`CommandContext::state`](crate::command::CommandContext::state). If it has
    /// changed, they are made again.
    ///
    /// A state that the program has read itself beforehand may be older than that. With
    /// [`expect_version`](Self::expect_version), the version of that state is the one that counts.
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
    /// # app.execute(&first, CreateOrder { customer_id: "CUST-001".into(), total: 15000 }).await?;
    /// let seen = app.load(&first).await?;
    /// let create = CreateOrder { customer_id: "CUST-001".into(), total: 9000 };
    /// app.execute(&first, CancelOrder).await?;
    ///
    /// let second = app.transaction().execute(&second, create).unchanged(&first).expect_version(&first, seen.version);
    /// let error = second.await.unwrap_err();
    /// assert!(matches!(error, TransactionError::Conflict { actual, .. } if actual == Version::new(2)));
    /// # Ok(())
    /// # }
    /// ```
    pub fn unchanged<K>(mut self, key: &K) -> Self
    where
        K: AggregateKey<Aggregate: Aggregate>,
    {
        let join: Join<'a> =
            Box::new(move |caller, intent| Box::new(Read::<K::Aggregate>::new(caller, intent)));
        self.entries.push(Entry { stream: key.stream(), join });
        self
    }

    /// Executes only if the stream of this key, which takes part, is at this version; a conflict on it is returned instead of tried
    /// again.
    pub fn expect_version<K: AggregateKey>(mut self, key: &K, version: Version) -> Self {
        self.expected.push((key.stream(), version));
        self
    }

    /// Who sends the commands.
    pub fn by(mut self, who: impl Into<String>) -> Self {
        self.options.by = Some(who.into());
        self
    }

    /// When it happened, if that is not now; see [`Execute::at`](super::Execute::at).
    pub fn at(mut self, when: Timestamp) -> Self {
        self.options.at = Some(when);
        self
    }

    /// Makes the transaction idempotent: sent again under the same id, it is not executed again, and the answer is the first outcome
    /// of each command, as [`Outcome::Duplicate`](super::Outcome::Duplicate). See [`Execute::command_id`](super::Execute::command_id)
    /// for what is remembered.
    pub fn command_id(mut self, id: impl Into<String>) -> Self {
        self.options.command_id = Some(id.into());
        self
    }

    /// Names the transaction among those that a handler sends because of one event; see [`Execute::named`](super::Execute::named).
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.options.name = Some(name.into());
        self
    }

    /// The id of everything that one outside request causes; by default the command id.
    pub fn correlation_id(mut self, id: impl Into<String>) -> Self {
        self.options.correlation_id = Some(id.into());
        self
    }

    /// The command id of what caused this transaction.
    pub fn causation_id(mut self, id: impl Into<String>) -> Self {
        self.options.causation_id = Some(id.into());
        self
    }

    /// The W3C `traceparent` of the caller's span; see [`trace`](crate::trace).
    pub fn trace_context(mut self, traceparent: impl Into<String>) -> Self {
        self.options.trace_context = Some(traceparent.into());
        self
    }

    async fn run(self) -> Result<Transacted, TransactionError> {
        let Self { caller, entries, expected, options } = self;
        let unfit = |Unfit { option, reason }| TransactionError::Option { option, reason };
        options.check(&caller.runtime.settings, caller.runtime.clock.now()).map_err(unfit)?;
        if entries.len() > MAX_TRANSACTION_ITEMS {
            let (items, limit) = (entries.len(), MAX_TRANSACTION_ITEMS);
            return Err(TransactionError::TooMany { items, limit });
        }
        let mut joining = Vec::with_capacity(entries.len());
        for Entry { stream, join } in entries {
            joining.push((stream.map_err(TransactionError::Key)?, None, join));
        }
        let mut streams: Vec<_> = joining.iter().map(|(stream, ..)| stream).collect();
        streams.sort();
        if let Some([stream, _]) = streams.array_windows().find(|[left, right]| left == right) {
            return Err(TransactionError::SameStream { stream: StreamKey::clone(stream) });
        }
        for (stream, version) in expected {
            let stream = stream.map_err(TransactionError::Key)?;
            match joining.iter_mut().find(|(joined, ..)| *joined == stream) {
                Some((_, expected, _)) => *expected = Some(version),
                None => return Err(TransactionError::NoPart { stream }),
            }
        }
        let Resolved { metadata, identity, traced, own_clock } =
            options.resolve(caller.cause.map(Arc::as_ref), caller.runtime.clock.now());
        let members = joining.into_iter().map(|(stream, expected, join)| {
            let (metadata, identity) = (metadata.clone(), identity.clone());
            join(caller, Intent { stream, metadata, identity, traced, own_clock, expected, timer: None })
        });
        let mut members: Vec<_> = members.collect();
        // A transaction waits for a stream's place in memory only while it holds no place that comes later in this
        // order: so no two transactions wait for each other.
        members.sort_by(|left, right| left.stream().cmp(right.stream()));
        if members.iter().all(|member| member.command().is_none()) {
            return Err(TransactionError::Empty);
        }
        let done = Transacting::new(caller, members, metadata, identity).execute().await;
        if let (Ok(_), Some(cause)) = (&done, caller.cause) {
            cause.note_done();
        }
        done
    }
}

impl fmt::Debug for Transaction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction")
            .field("streams", &self.entries.iter().map(|entry| &entry.stream).collect::<Vec<_>>())
            .field("command_id", &self.options.command_id)
            .finish_non_exhaustive()
    }
}

impl<'a> IntoFuture for Transaction<'a> {
    type Output = Result<Transacted, TransactionError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
