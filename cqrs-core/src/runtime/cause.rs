use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use super::answers::{self, Failed};
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
    pub(crate) fn note_failed(&self, failed: Failed) {
        self.run().failed.push(failed);
    }

    /// Notes that a command was done. A handler may still return the answer to an earlier one, but not make an error of its own
    /// that is taken for that answer because it reads alike.
    pub(crate) fn note_done(&self) {
        self.run().failed.iter_mut().for_each(Failed::forget_text);
    }

    /// The result of the run: a command's error that the handler returns names the command and its target, and is not retried if
    /// the result would be the same.
    pub(crate) fn judge(&self, error: HandlerError) -> HandlerError {
        answers::judge(&self.run().failed, error)
    }

    fn run(&self) -> MutexGuard<'_, Run> {
        // Every change is one insertion, so a panicking holder leaves consistent data behind.
        self.run.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
