use std::future::IntoFuture;
use std::pin::Pin;

use uuid::Uuid;

use super::engine::{Engine, Intent};
use super::{App, Committed, ExecuteError};
use crate::aggregate::{Command, Decide};
use crate::key::AggregateKey;
use crate::metadata::Metadata;
use crate::timestamp::Timestamp;
use crate::version::Version;

/// A command on its way; `.await` executes it.
#[must_use = "a command does nothing until it is awaited"]
#[derive(Debug)]
pub struct Execute<'a, K, C> {
    app: &'a App,
    key: K,
    command: C,
    by: Option<String>,
    at: Option<Timestamp>,
    command_id: Option<String>,
    correlation_id: Option<String>,
    causation_id: Option<String>,
    trace_context: Option<String>,
    expected: Option<Version>,
}

impl App {
    /// Executes a command on the aggregate at `key`: load, decide, append.
    ///
    /// Two requests on DynamoDB, one where the state is still in memory.
    pub fn execute<'a, K, C>(&'a self, key: &K, command: C) -> Execute<'a, K, C>
    where
        K: AggregateKey<Aggregate: Decide<C>>,
        C: Command,
    {
        Execute {
            app: self,
            key: key.clone(),
            command,
            by: None,
            at: None,
            command_id: None,
            correlation_id: None,
            causation_id: None,
            trace_context: None,
            expected: None,
        }
    }
}

impl<K, C> Execute<'_, K, C> {
    /// Who sends the command.
    pub fn by(mut self, who: impl Into<String>) -> Self {
        self.by = Some(who.into());
        self
    }

    /// When it happened, where that is not now: for imports. The time now is kept beside it, as `recordedAt`.
    pub fn at(mut self, when: Timestamp) -> Self {
        self.at = Some(when);
        self
    }

    /// Makes the command idempotent: sent again under the same id, on the same key, it is not executed again.
    pub fn command_id(mut self, id: impl Into<String>) -> Self {
        self.command_id = Some(id.into());
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

    /// The W3C `traceparent` of the caller's span.
    pub fn trace_context(mut self, traceparent: impl Into<String>) -> Self {
        self.trace_context = Some(traceparent.into());
        self
    }

    /// Executes only if the stream is at this version; a conflict is returned instead of tried again.
    pub fn expect_version(mut self, version: Version) -> Self {
        self.expected = Some(version);
        self
    }
}

impl<'a, K, C> IntoFuture for Execute<'a, K, C>
where
    K: AggregateKey<Aggregate: Decide<C>>,
    C: Command,
{
    type Output = Result<Committed<K::Aggregate>, ExecuteError<<K::Aggregate as Decide<C>>::Rejection>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let stream = self.key.stream().map_err(ExecuteError::Key)?;
            let cause = self.app.cause.as_deref();
            let given = self.command_id.or_else(|| cause.map(|cause| cause.next_command_id(&stream)));
            let idempotent = given.is_some();
            let command_id = given.unwrap_or_else(|| Uuid::now_v7().to_string());
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
            metadata.trace_context = self.trace_context;
            let intent = Intent {
                stream,
                metadata,
                idempotent,
                own_clock: self.at.is_none(),
                expected: self.expected,
            };
            Engine::new(self.app, intent).execute(&self.command).await
        })
    }
}
