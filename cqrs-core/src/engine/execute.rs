use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::sync::Arc;

use super::execution::Execution;
use super::intent::Intent;
use super::options::{Options, Resolved, Unfit};
use super::{Caller, Committed, Outcome};
use crate::aggregate::{Aggregate, AggregateKey};
use crate::command::{Command, CommandDigest, Decide, ExecuteError};
use crate::key::{KeyError, StreamKey};
use crate::runtime::Failed;
use crate::timestamp::Timestamp;
use crate::version::Version;

/// A command on its way; `.await` executes it.
///
/// Every option is optional:
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
/// # let at = "2024-01-01T10:00:00Z".parse()?;
/// let done = app
///     .execute(&order, CreateOrder { customer_id: "CUST-001".into(), total: 15000 })
///     .by("user-123")
///     .at(at)
///     .command_id("import-20240101-001")
///     .correlation_id("request-1")
///     .causation_id("import-20240101")
///     .trace_context("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
///     .expect_version(Version::NONE)
///     .await?;
/// assert_eq!(done.metadata.command_id, "import-20240101-001");
/// assert_eq!(done.metadata.created_at, at);
/// # Ok(())
/// # }
/// ```
///
/// | option | without it |
/// | --- | --- |
/// | [`by`](Execute::by) | the commit has no `created_by` |
/// | [`at`](Execute::at) | the machine's clock, but never earlier than the stream's last commit without `at` |
/// | [`command_id`](Execute::command_id) | a new one; in a handler one that follows from the event and the command |
/// | [`named`](Execute::named) | a handler's command is identified by its content |
/// | [`correlation_id`](Execute::correlation_id) | the command id; in a handler the event's correlation id |
/// | [`causation_id`](Execute::causation_id) | none; in a handler the command id of the event's commit |
/// | [`trace_context`](Execute::trace_context) | that of its own span, with the feature `opentelemetry`; otherwise none, and in a handler that of the event's commit |
/// | [`expect_version`](Execute::expect_version) | any version; conflicts are tried again |
///
/// An id, a name or a trace context takes 1 to 1,024 bytes; any other is an [`ExecuteError::Option`].
#[must_use = "a command does nothing until it is awaited"]
pub struct Execute<'a, A: Aggregate, R, C> {
    pub(super) caller: Caller<'a>,
    pub(super) stream: Result<StreamKey, KeyError>,
    pub(super) command: Arc<C>,
    pub(super) options: Options,
    pub(super) expected: Option<Version>,
    /// A pointer instead of bounds: if an aggregate does not decide on the command, the compiler reports this one
    /// error, and not a second one about something that is not a future.
    run: Run<'a, A, R, C>,
    pub(super) named: Named<C>,
}

type Running<'a, A, R> = Pin<Box<dyn Future<Output = Result<Committed<A>, ExecuteError<R>>> + Send + 'a>>;
type Run<'a, A, R, C> = fn(Caller<'a>, Intent, Arc<C>) -> Running<'a, A, R>;

/// How an aggregate distinguishes a command from others.
pub(super) struct Named<C> {
    pub(super) command: fn() -> &'static str,
    pub(super) digest: fn(&C) -> Option<CommandDigest>,
}

/// The command, before it is awaited.
pub(crate) fn execute<'a, K, C>(
    caller: Caller<'a>,
    key: &K,
    command: C,
) -> Execute<'a, K::Aggregate, <K::Aggregate as Decide<C>>::Rejection, C>
where
    K: AggregateKey<Aggregate: Decide<C>>,
    C: Command,
{
    Execute {
        caller,
        stream: key.stream(),
        command: Arc::new(command),
        options: Options::default(),
        expected: None,
        run: run::<K::Aggregate, C>,
        named: Named { command: K::Aggregate::command_name, digest: K::Aggregate::digest },
    }
}

fn run<'a, A, C>(caller: Caller<'a>, intent: Intent, command: Arc<C>) -> Running<'a, A, A::Rejection>
where
    A: Decide<C>,
    C: Command,
{
    Box::pin(async move {
        let Caller { runtime, cause } = caller;
        let probe = runtime.probe.as_ref().zip(cause);
        let noted = probe.map(|(probe, cause)| (probe, probe.note_command(cause, &command, &intent.stream)));
        let pinned = intent.expected.is_some();
        let mut execution = Execution::new::<A, C>(caller, intent, &command);
        let done = execution.execute(&*command).await;
        if let Some((probe, place)) = noted {
            let committed = |done: &Committed<A>| done.outcome != Outcome::Unchanged;
            probe.note_answer(place, execution.metadata(), done.as_ref().is_ok_and(committed));
        }
        match (&done, cause) {
            (Ok(_), Some(cause)) => cause.note_done(),
            (Err(error), cause) => {
                let failed = || Failed::of::<A, C>(execution.stream(), error, pinned);
                match (cause, error) {
                    (Some(cause), _) => cause.note_failed(failed()),
                    (None, ExecuteError::Store { .. } | ExecuteError::Conflict { .. }) => failed().tell(),
                    (None, _) => {}
                }
            }
            (Ok(_), None) => {}
        }
        done
    })
}

impl<A: Aggregate, R, C> Execute<'_, A, R, C> {
    /// Who sends the command: `created_by` of its commit. Without this option the commit has none, even if a handler
    /// sends the command: the event's user did not send it, and can be found by the causation id. A handler that wants
    /// one sets it, for example with `.by("billing")`, or passes the event's on.
    pub fn by(mut self, who: impl Into<String>) -> Self {
        self.options.by = Some(who.into());
        self
    }

    /// When it happened, if that is not now: for imports. The current time is stored beside it, as `recordedAt`. Later
    /// commands have their own time, whatever this one is.
    ///
    /// A time further in the future than [`Settings::furthest_ahead`](crate::app::Settings::furthest_ahead) is an
    /// [`ExecuteError::Option`].
    pub fn at(mut self, when: Timestamp) -> Self {
        self.options.at = Some(when);
        self
    }

    /// Makes the command idempotent: sent again under the same id, on the same key, it is not executed again, and
    /// the answer is the first outcome as [`Outcome::Duplicate`](super::Outcome::Duplicate). Ids are text of any
    /// form, of 1 to 1,024 bytes.
    ///
    /// Another command under the same id is [`ExecuteError::CommandIdTaken`]: the commit keeps a digest of the command. See
    /// [`Command`] for what the digest sees.
    ///
    /// A command that was rejected or changed nothing left no trace: it is decided again. So is a command that is older
    /// than the ids that a snapshot keeps, on a stream that has one: see
    /// [`Settings::snapshot_command_ids`](crate::app::Settings::snapshot_command_ids).
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
    /// # app.execute(&order, CreateOrder { customer_id: "CUST-001".into(), total: 15000 }).await?;
    /// let first = app.execute(&order, ShipOrder { tracking: "Z1".into() }).command_id("ship-1").await?;
    /// let again = app.execute(&order, ShipOrder { tracking: "Z1".into() }).command_id("ship-1").await?;
    /// assert!(again.is_duplicate());
    /// assert_eq!(again.version, first.version);
    /// # Ok(())
    /// # }
    /// ```
    pub fn command_id(mut self, id: impl Into<String>) -> Self {
        self.options.command_id = Some(id.into());
        self
    }

    /// Names the command among those that a handler sends to one stream because of one event. Its id then follows from
    /// the name, not from the command's content: a name identifies the command if two are alike, or if the content of
    /// its type cannot be seen. A command with other content under the same name is
    /// [`ExecuteError::CommandIdTaken`].
    ///
    /// Outside of a handler, and beside [`command_id`](Self::command_id), it changes nothing.
    ///
    /// ```rust,standalone_crate
    /// # mod order { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.rs")); }
    /// # use order::*;
    /// # use cqrs_core::prelude::*;
    /// #[event_handler(OrderCreated)]
    /// async fn ship(event: &Recorded<OrderCreated>, app: &App) -> Result<(), HandlerError> {
    ///     let order = event.key()?;
    ///     app.execute(&order, ShipOrder { tracking: "Z1".into() }).named("first parcel").await?;
    ///     Ok(())
    /// }
    /// ```
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.options.name = Some(name.into());
        self
    }

    /// The id of everything that one outside request causes; by default the command's own id.
    pub fn correlation_id(mut self, id: impl Into<String>) -> Self {
        self.options.correlation_id = Some(id.into());
        self
    }

    /// The command id of what caused this command.
    pub fn causation_id(mut self, id: impl Into<String>) -> Self {
        self.options.causation_id = Some(id.into());
        self
    }

    /// The W3C `traceparent` of the caller's span; see [`trace`](crate::trace).
    pub fn trace_context(mut self, traceparent: impl Into<String>) -> Self {
        self.options.trace_context = Some(traceparent.into());
        self
    }

    /// Executes only if the stream is at this version; a conflict is returned instead of tried again. For a caller
    /// that has shown the state to a user, and must not act on another one.
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
    /// # app.execute(&order, CreateOrder { customer_id: "CUST-001".into(), total: 15000 }).await?;
    /// let seen = app.load(&order).await?.version;
    /// app.execute(&order, CancelOrder).await?;
    ///
    /// let error = app.execute(&order, CancelOrder).expect_version(seen).await.unwrap_err();
    /// assert!(matches!(error, ExecuteError::Conflict { actual, .. } if actual == Version::new(2)));
    /// # Ok(())
    /// # }
    /// ```
    pub fn expect_version(mut self, version: Version) -> Self {
        self.expected = Some(version);
        self
    }
}

impl<A: Aggregate, R, C> fmt::Debug for Execute<'_, A, R, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Execute")
            .field("stream", &self.stream)
            .field("command_id", &self.options.command_id)
            .finish_non_exhaustive()
    }
}

impl<'a, A: Aggregate, R: 'a, C> IntoFuture for Execute<'a, A, R, C>
where
    C: Send + Sync + 'a,
{
    type Output = Result<Committed<A>, ExecuteError<R>>;
    type IntoFuture = Running<'a, A, R>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let Self { caller, options, command, .. } = self;
            let unfit = |Unfit { option, reason }| ExecuteError::Option { option, reason };
            options.check(&caller.runtime.settings, caller.runtime.clock.now()).map_err(unfit)?;
            let stream = self.stream.map_err(ExecuteError::Key)?;
            let resolved = options.resolve(caller.cause.map(Arc::as_ref), caller.runtime.clock.now());
            let Resolved { metadata, identity, traced, own_clock } = resolved;
            let intent = Intent {
                stream,
                metadata,
                identity,
                traced,
                own_clock,
                expected: self.expected,
                timer: None,
            };
            (self.run)(caller, intent, command).await
        })
    }
}
