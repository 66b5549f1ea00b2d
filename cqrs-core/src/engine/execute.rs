use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::sync::Arc;

use uuid::Uuid;

use super::execution::Execution;
use super::intent::{Identity, Intent};
use super::{Caller, Committed, Outcome};
use crate::aggregate::{Aggregate, AggregateKey};
use crate::command::{Command, Decide, ExecuteError};
use crate::key::{KeyError, StreamKey};
use crate::metadata::Metadata;
use crate::timestamp::Timestamp;
use crate::version::Version;

/// The most bytes that an id takes, the name of who sends a command, or a trace context.
const LONGEST_TEXT: usize = 1024;

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
/// | [`by`](Execute::by) | the commit does not say |
/// | [`at`](Execute::at) | the machine's clock, but never earlier than the stream's last commit without one |
/// | [`command_id`](Execute::command_id) | a new one; in a handler one that follows from the event and the command |
/// | [`named`](Execute::named) | a handler's command is known by what it holds |
/// | [`correlation_id`](Execute::correlation_id) | the command id; in a handler the event's correlation id |
/// | [`causation_id`](Execute::causation_id) | none; in a handler the command id of the event's commit |
/// | [`trace_context`](Execute::trace_context) | that of its own span, with the feature `opentelemetry`; else none, and in a handler that of the event's commit |
/// | [`expect_version`](Execute::expect_version) | any version; conflicts are tried again |
///
/// An id, a name or a trace context takes 1 to 1,024 bytes; any other is an [`ExecuteError::Option`].
#[must_use = "a command does nothing until it is awaited"]
pub struct Execute<'a, A: Aggregate, R> {
    caller: Caller<'a>,
    stream: Result<StreamKey, KeyError>,
    run: Run<'a, A, R>,
    by: Option<String>,
    at: Option<Timestamp>,
    command_id: Option<String>,
    name: Option<String>,
    correlation_id: Option<String>,
    causation_id: Option<String>,
    trace_context: Option<String>,
    expected: Option<Version>,
}

type Running<'a, A, R> = Pin<Box<dyn Future<Output = Result<Committed<A>, ExecuteError<R>>> + Send + 'a>>;
/// The command is in here instead of in a type parameter: where an aggregate does not decide on it, that is the
/// one error, and not one more about a future that is none.
type Run<'a, A, R> = Box<dyn FnOnce(Caller<'a>, Intent) -> Running<'a, A, R> + Send + Sync + 'a>;

/// The command, before it is awaited.
pub(crate) fn execute<'a, K, C>(
    caller: Caller<'a>,
    key: &K,
    command: C,
) -> Execute<'a, K::Aggregate, <K::Aggregate as Decide<C>>::Rejection>
where
    K: AggregateKey<Aggregate: Decide<C>>,
    C: Command,
{
    Execute {
        caller,
        stream: key.stream(),
        run: Box::new(move |caller, intent| {
            Box::pin(async move {
                let Caller { runtime, cause } = caller;
                let command = Arc::new(command);
                let probe = runtime.probe.as_ref().zip(cause);
                let noted =
                    probe.map(|(probe, cause)| (probe, probe.note_command(cause, &command, &intent.stream)));
                let stream = cause.map(|_| intent.stream.clone());
                let mut execution = Execution::new::<K::Aggregate, C>(caller, intent, &command);
                let done = execution.execute(&*command).await;
                if let Some((probe, place)) = noted {
                    let committed = |done: &Committed<K::Aggregate>| done.outcome != Outcome::Unchanged;
                    probe.note_answer(place, execution.metadata(), done.as_ref().is_ok_and(committed));
                }
                if let (Err(error), Some(cause), Some(stream)) = (&done, cause, &stream) {
                    cause.note_failed::<K::Aggregate, C>(stream, error);
                }
                done
            })
        }),
        by: None,
        at: None,
        command_id: None,
        name: None,
        correlation_id: None,
        causation_id: None,
        trace_context: None,
        expected: None,
    }
}

impl<A: Aggregate, R> Execute<'_, A, R> {
    /// Who sends the command.
    pub fn by(mut self, who: impl Into<String>) -> Self {
        self.by = Some(who.into());
        self
    }

    /// When it happened, where that is not now: for imports. The time now is kept beside it, as `recordedAt`. Later commands
    /// have their own time, whatever this one is.
    ///
    /// A time further in the future than [`Settings::furthest_ahead`](crate::app::Settings::furthest_ahead) is an
    /// [`ExecuteError::Option`].
    pub fn at(mut self, when: Timestamp) -> Self {
        self.at = Some(when);
        self
    }

    /// Makes the command idempotent: sent again under the same id, on the same key, it is not executed again, and
    /// the answer is the first outcome as [`Outcome::Duplicate`](super::Outcome::Duplicate). Ids are text of any
    /// form, of 1 to 1,024 bytes.
    ///
    /// Another command under the same id is [`ExecuteError::CommandIdTaken`]: the commit keeps a digest of the command. See
    /// [`Command`] for what the digest sees.
    ///
    /// What was rejected or unchanged left no trace: it is decided again. So is what is older than the ids that a
    /// snapshot keeps, on a stream that has one: see
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
        self.command_id = Some(id.into());
        self
    }

    /// Names the command among those that a handler sends to one stream because of one event. Its id follows from the name
    /// then, and not from what the command holds: a name says which command it is where two are alike, or where the type
    /// lets nobody look into it. Sent again under the same name with another content, it is
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
        self.name = Some(name.into());
        self
    }

    /// The id of everything that one outside request causes; by default the command's own id.
    pub fn correlation_id(mut self, id: impl Into<String>) -> Self {
        self.correlation_id = Some(id.into());
        self
    }

    /// The command id of what caused this command.
    pub fn causation_id(mut self, id: impl Into<String>) -> Self {
        self.causation_id = Some(id.into());
        self
    }

    /// The W3C `traceparent` of the caller's span; see [`trace`](crate::trace).
    pub fn trace_context(mut self, traceparent: impl Into<String>) -> Self {
        self.trace_context = Some(traceparent.into());
        self
    }

    /// Executes only if the stream is at this version; a conflict is returned instead of tried again. For a caller
    /// who has shown the state to somebody, and must not act on another one.
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

impl<A: Aggregate, R> Execute<'_, A, R> {
    /// What could not be stored, or would be a mistake for as long as it is.
    fn check_options(&self) -> Result<(), ExecuteError<R>> {
        let texts = [
            ("by", &self.by),
            ("command_id", &self.command_id),
            ("named", &self.name),
            ("correlation_id", &self.correlation_id),
            ("causation_id", &self.causation_id),
            ("trace_context", &self.trace_context),
        ];
        for (option, text) in texts {
            let reason = match text.as_deref().map(str::len) {
                Some(0) => "is empty; leave it out, or give it a text".to_owned(),
                Some(bytes) if bytes > LONGEST_TEXT => {
                    format!(
                        "takes {bytes} bytes, and at most {LONGEST_TEXT} are stored; shorten it, or give a digest of it"
                    )
                }
                _ => continue,
            };
            return Err(ExecuteError::Option { option, reason });
        }
        let furthest = Timestamp::now() + self.caller.runtime.settings.furthest_ahead;
        match self.at {
            Some(at) if at > furthest => {
                let reason = format!(
                    "is {at}, further in the future than `Settings::furthest_ahead` allows ({furthest} at the most); is \
                     the year right?"
                );
                Err(ExecuteError::Option { option: "at", reason })
            }
            _ => Ok(()),
        }
    }
}

impl<A: Aggregate, R> fmt::Debug for Execute<'_, A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Execute")
            .field("stream", &self.stream)
            .field("command_id", &self.command_id)
            .finish_non_exhaustive()
    }
}

impl<'a, A: Aggregate, R: 'a> IntoFuture for Execute<'a, A, R> {
    type Output = Result<Committed<A>, ExecuteError<R>>;
    type IntoFuture = Running<'a, A, R>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            self.check_options()?;
            let stream = self.stream.map_err(ExecuteError::Key)?;
            let cause = self.caller.cause;
            let identity = match (&self.command_id, cause) {
                (Some(_), _) => Identity::Given,
                (None, Some(_)) => Identity::Derived { name: self.name },
                (None, None) => Identity::New,
            };
            let command_id = match (self.command_id, &identity) {
                (Some(id), _) => id,
                // The engine derives it.
                (None, Identity::Derived { .. }) => String::new(),
                (None, _) => Uuid::now_v7().to_string(),
            };
            let mut metadata = Metadata::new(command_id, self.at.unwrap_or_else(Timestamp::now));
            if let Some(id) =
                self.correlation_id.or_else(|| cause.map(|cause| cause.correlation_id().to_owned()))
            {
                metadata.correlation_id = id;
            }
            metadata.recorded_at = self.at.map(|_| Timestamp::now());
            metadata.created_by = self.by;
            metadata.causation_id =
                self.causation_id.or_else(|| cause.map(|cause| cause.causation_id().to_owned()));
            let traced = self.trace_context.is_some();
            metadata.trace_context = self.trace_context.or_else(|| cause?.trace_context().map(str::to_owned));
            let own_clock = self.at.is_none();
            let intent = Intent { stream, metadata, identity, traced, own_clock, expected: self.expected };
            (self.run)(self.caller, intent).await
        })
    }
}
