use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use crate::command::{Command, Decide, ExecuteError, TransactionError};
use crate::commit::Commit;
use crate::digest::CommandDigest;
use crate::handler::HandlerError;
use crate::key::StreamKey;
use crate::metadata::Metadata;
use crate::version::Version;

/// The event that causes a handler to send commands, in one run of the handler.
///
/// The id of such a command follows from the event, the handler, the target stream and its content. So another run has the same
/// id for the same command, whatever else that run sends. Of equal commands, each takes the first id whose commit no other
/// command of this run has claimed.
#[derive(Debug)]
pub(crate) struct Cause {
    handler: &'static str,
    stream: StreamKey,
    version: Version,
    index: usize,
    metadata: Arc<Metadata>,
    run: Mutex<Run>,
}

#[derive(Debug, Default)]
struct Run {
    /// The commits that are the outcome of a command of this run.
    claimed: HashSet<(StreamKey, Version)>,
    /// How many commands went to a stream.
    sent: HashMap<StreamKey, u32>,
    failed: Vec<Failed>,
}

/// One event, as one handler has it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct CausingEvent {
    handler: &'static str,
    stream: StreamKey,
    version: Version,
    index: usize,
    pub(crate) causation: String,
}

/// A command that was answered with an error.
#[derive(Debug)]
struct Failed {
    find: fn(&(dyn Error + 'static)) -> Option<Answer>,
    answer: Answer,
    /// Its text: a transparent error hides the type of the inner one.
    text: Option<String>,
    /// The answer.
    what: String,
}

/// Whether the same command may get another answer next time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Final,
    Passing,
}

/// How the commands of a handler are distinguished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Naming {
    /// By a name that the handler gave.
    Name(String),
    /// By their content.
    Content { command: &'static str, digest: Option<CommandDigest> },
}

impl Cause {
    /// Every call of a handler has a cause, but few send commands, so the texts are made only when one is sent.
    pub(crate) fn new(handler: &'static str, commit: &Commit, index: usize) -> Self {
        Self {
            handler,
            stream: commit.stream.clone(),
            version: commit.version,
            index,
            metadata: Arc::clone(&commit.metadata),
            run: Mutex::default(),
        }
    }

    /// The event and its handler, for the test kit.
    pub(crate) fn event(&self) -> CausingEvent {
        CausingEvent {
            handler: self.handler,
            stream: self.stream.clone(),
            version: self.version,
            index: self.index,
            causation: self.causation_id().to_owned(),
        }
    }

    pub(crate) fn causation_id(&self) -> &str {
        &self.metadata.command_id
    }

    pub(crate) fn correlation_id(&self) -> &str {
        &self.metadata.correlation_id
    }

    pub(crate) fn trace_context(&self) -> Option<&str> {
        self.metadata.trace_context.as_deref()
    }

    /// The id of the `ordinal`th of equal commands to `target`, from 1 on.
    pub(crate) fn command_id(&self, target: &StreamKey, naming: &Naming, ordinal: u32) -> String {
        let what = match naming {
            Naming::Name(name) => format!("name {name}"),
            Naming::Content { command, digest: Some(digest) } => {
                format!("{command} {:016x} {ordinal}", digest.content())
            }
            Naming::Content { command, digest: None } => format!("{command} {ordinal}"),
        };
        self.id_of(target, &what)
    }

    /// The ids that an earlier release gave: the nth command to `target`.
    pub(crate) fn counted_id(&self, target: &StreamKey, count: u32) -> String {
        self.id_of(target, &count.to_string())
    }

    /// A name-based UUID (RFC 9562, version 5).
    fn id_of(&self, target: &StreamKey, what: &str) -> String {
        let Self { handler, stream, version, index, .. } = self;
        let (pk, sk) = (stream.pk(), stream.commit_sk(*version));
        let name = format!("{handler}\n{pk}\n{sk}\n{index}\n{}\n{}\n{what}", target.pk(), target.sk());
        Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()).to_string()
    }

    /// Counts a command to `target`; the first is 1.
    pub(crate) fn count(&self, target: &StreamKey) -> u32 {
        let mut run = self.run();
        let count = run.sent.entry(target.clone()).or_default();
        *count += 1;
        *count
    }

    /// Claims a commit for a command of this run; false if another command has claimed it.
    pub(crate) fn claim(&self, target: &StreamKey, version: Version) -> bool {
        self.run().claimed.insert((target.clone(), version))
    }

    pub(crate) fn is_claimed(&self, target: &StreamKey, version: Version) -> bool {
        self.run().claimed.contains(&(target.clone(), version))
    }

    /// Remembers how to recognize an error answer if the handler returns it.
    pub(crate) fn note_failed<A: Decide<C>, C: Command>(
        &self,
        target: &StreamKey,
        error: &ExecuteError<A::Rejection>,
    ) {
        let find = |error: &(dyn Error + 'static)| A::find_error(error).map(Answer::of);
        let (answer, text) = (Answer::of(error), A::error_text(error));
        let what = format!("command `{}` to stream {target}", A::command_name());
        self.run().failed.push(Failed { find, answer, text, what });
    }

    /// The same for the answer to a transaction.
    pub(crate) fn note_failed_transaction(&self, streams: &[StreamKey], error: &TransactionError) {
        let find = |error: &(dyn Error + 'static)| error.downcast_ref().map(Answer::of_transaction);
        let streams: Vec<_> = streams.iter().map(ToString::to_string).collect();
        let what = format!("transaction on streams {}", streams.join(", "));
        let (answer, text) = (Answer::of_transaction(error), Some(error.to_string()));
        self.run().failed.push(Failed { find, answer, text, what });
    }

    /// The result of the run: a command's error that the handler returns names the command and its target, and is not retried if
    /// the result would be the same.
    pub(crate) fn judge(&self, error: HandlerError) -> HandlerError {
        let run = self.run();
        for failed in run.failed.iter().rev() {
            if let Some(answer) = failed.among(error.source()) {
                return error.answered(failed.what.clone(), answer == Answer::Final);
            }
        }
        error
    }

    fn run(&self) -> MutexGuard<'_, Run> {
        // Every change is one insertion, so a panicking holder leaves consistent data behind.
        self.run.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Failed {
    /// The answer, if it is this error or one of its sources.
    fn among(&self, error: &(dyn Error + 'static)) -> Option<Answer> {
        let mut found = Some(error);
        while let Some(error) = found {
            if let Some(answer) = (self.find)(error) {
                return Some(answer);
            }
            found = error.source();
        }
        (self.text.as_ref() == Some(&error.to_string())).then_some(self.answer)
    }
}

impl Answer {
    fn of<R>(error: &ExecuteError<R>) -> Self {
        match error {
            ExecuteError::Conflict { .. } | ExecuteError::Store { .. } => Self::Passing,
            _ => Self::Final,
        }
    }

    fn of_transaction(error: &TransactionError) -> Self {
        if error.is_passing() { Self::Passing } else { Self::Final }
    }
}
