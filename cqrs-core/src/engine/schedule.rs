use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Execute;
use super::intent::Identity;
use super::options::{Resolved, Unfit};
use crate::aggregate::{Aggregate, AggregateKey};
use crate::command::{CommandDigest, StoredCommand};
use crate::commit::StoredEvent;
use crate::key::{KeyError, StreamKey};
use crate::runtime::Naming;
use crate::store::{StoreError, Timer, TimerId, set_timer};
use crate::timestamp::Timestamp;
use crate::trace;

/// A command on its way into the store, where it waits for its time; `.await` puts it there. The options of [`Execute`] come before
/// [`due`](Execute::due).
#[must_use = "a command is not scheduled until this is awaited"]
pub struct Schedule<'a, A: Aggregate, R, C> {
    execute: Execute<'a, A, R, C>,
    due: Timestamp,
}

/// A command that was scheduled: what identifies it, so that it can be cancelled.
///
/// It can be serialized, and made again from its parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Scheduled {
    /// The stream that it goes to, as partition key and sort key.
    pub stream: (String, String),
    /// Its id.
    pub command_id: String,
    /// When it is due.
    pub due: Timestamp,
}

/// Why a command was not scheduled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// The key of the aggregate cannot be stored.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// An option cannot be stored, or has no meaning for a command that waits.
    #[error("the command's `{option}` {reason}")]
    Option {
        /// The method that set it.
        option: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The store has not taken it. After an [outage](StoreError::is_transient) it may have: scheduling it again under the same id is
    /// safe.
    #[error("the command `{command_id}` cannot be scheduled: {source}")]
    Store {
        /// The command's id.
        command_id: String,
        /// What the store said.
        r#source: StoreError,
    },
}

impl ScheduleError {
    /// The status of an HTTP answer to the request that scheduled the command: 400 for a key or an option, otherwise
    /// that of the store's error.
    #[must_use]
    pub fn http_status(&self) -> u16 {
        match self {
            Self::Key(error) => error.http_status(),
            Self::Option { .. } => 400,
            Self::Store { source, .. } => source.http_status(),
        }
    }

    /// The store's error, if the store failed.
    pub(crate) fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl Scheduled {
    /// The command with this id, for the aggregate at `key`, due at this time.
    ///
    /// # Errors
    /// [`KeyError`] for a key that cannot be stored.
    pub fn new<K: AggregateKey>(
        key: &K,
        command_id: impl Into<String>,
        due: Timestamp,
    ) -> Result<Self, KeyError> {
        Ok(Self::of(&key.stream()?, command_id.into(), due))
    }

    fn of(stream: &StreamKey, command_id: String, due: Timestamp) -> Self {
        Self { stream: (stream.pk().to_owned(), stream.sk().to_owned()), command_id, due }
    }

    /// The timer as which it waits.
    pub(crate) fn timer(&self) -> Result<TimerId, KeyError> {
        let (pk, sk) = &self.stream;
        Ok(TimerId::of_command(self.due, &StreamKey::new(pk.as_str(), sk.as_str())?, &self.command_id))
    }
}

impl<'a, A: Aggregate, R, C: StoredCommand> Execute<'a, A, R, C> {
    /// Stores the command, a [`#[command]`](macro@crate::command), and executes it when its time has come: once, after that time, and
    /// no matter how often the program was down. A time in the past is due at once.
    ///
    /// A program that runs [`App::run`](crate::App::run), a worker or the function of the template looks for what is due: see
    /// [`App::sweep`](crate::App::sweep), which has an example. Waiting costs nothing. The command is decided on the
    /// state at that time. If it is rejected then, it becomes a dead letter of `@timers`.
    ///
    /// The command keeps its id: sent again under the same id for the same time, it is one command. In a handler its id follows from the
    /// event, its content and the time. [`at`](Self::at) and [`expect_version`](Self::expect_version) are refused: a
    /// command happens when it is executed.
    pub fn due(self, when: Timestamp) -> Schedule<'a, A, R, C> {
        Schedule { execute: self, due: when }
    }
}

impl<A: Aggregate, R, C: StoredCommand> Schedule<'_, A, R, C> {
    async fn run(self) -> Result<Scheduled, ScheduleError> {
        let Self { execute: Execute { caller, stream, command, options, expected, named, .. }, due } = self;
        let now = caller.runtime.clock.now();
        let unfit = |Unfit { option, reason }| ScheduleError::Option { option, reason };
        options.check(&caller.runtime.settings, now).map_err(unfit)?;
        for (option, is_given) in [("at", options.at.is_some()), ("expect_version", expected.is_some())] {
            if is_given {
                let reason = "is for a command that is executed now, and this one is scheduled; leave it out";
                return Err(ScheduleError::Option { option, reason: reason.to_owned() });
            }
        }
        let stream = stream?;
        let cause = caller.cause.map(Arc::as_ref);
        let Resolved { mut metadata, identity, traced, .. } = options.resolve(cause, now);
        let digest = (named.digest)(&command);
        if let (Identity::Derived { name }, Some(cause)) = (identity, cause) {
            let what = name.unwrap_or_else(|| {
                let content = digest.as_ref().map(CommandDigest::content);
                format!("{} {:016x}", (named.command)(), content.unwrap_or_default())
            });
            // The same command executed now, or due at another time, is a different one.
            metadata.command_id = cause.command_id(&stream, &Naming::Name(format!("{what} due {due}")), 1);
        }
        metadata.command_digest = digest.as_ref().map(ToString::to_string);
        if !traced && let Some(current) = trace::current() {
            metadata.trace_context = Some(current);
        }
        let command_id = metadata.command_id.clone();
        let failed = |source| ScheduleError::Store { command_id: command_id.clone(), source };
        let stored = StoredEvent::encode(&*command).map_err(|error| failed(error.into()))?;
        let scheduled = Scheduled::of(&stream, command_id.clone(), due);
        let timer = Timer::new(scheduled.timer()?, stream, A::ENTITY, stored, metadata);
        if let (Some(probe), Some(cause)) = (&caller.runtime.probe, caller.cause) {
            let place = probe.note_command(cause, &command, &timer.stream);
            probe.note_due(place, &timer.metadata, due);
        }
        set_timer(caller.runtime.event_store(), timer).await.map_err(failed)?;
        Ok(scheduled)
    }
}

impl<'a, A: Aggregate, R: 'a, C: StoredCommand> IntoFuture for Schedule<'a, A, R, C> {
    type Output = Result<Scheduled, ScheduleError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<A: Aggregate, R, C> fmt::Debug for Schedule<'_, A, R, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Schedule")
            .field("execute", &self.execute)
            .field("due", &self.due)
            .finish_non_exhaustive()
    }
}
