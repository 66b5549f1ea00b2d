use std::any::Any;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Runtime;
use super::cause::Cause;
use crate::command::Command;
use crate::event::RawEvent;
use crate::key::StreamKey;
use crate::metadata::Metadata;
use crate::store::InboxId;
use crate::timestamp::Timestamp;

/// What the test kit learns about the handlers of an app. Production has no probe.
#[derive(Debug, Default)]
pub(crate) struct Probe {
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) sent: Vec<Sent>,
    pub(crate) runs: Vec<HandlerRun>,
    /// Events that the inbox has as handled.
    pub(crate) finished: HashSet<InboxId>,
    /// The commands of processes and due commands, by id: whether each has a commit.
    pub(crate) executed: HashMap<String, bool>,
}

/// A command that a handler sent.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) command: Arc<dyn Any + Send + Sync>,
    pub(crate) name: &'static str,
    pub(crate) stream: StreamKey,
    pub(crate) command_id: String,
    /// What distinguishes it from other commands; `None` for an opaque type.
    pub(crate) digest: Option<String>,
    /// It has a commit, its own or the first one.
    pub(crate) committed: bool,
    /// When it is to be executed, if it was scheduled.
    pub(crate) due: Option<Timestamp>,
    /// The run of the handler that sent it.
    pub(crate) cause: Arc<Cause>,
}

/// The least and the greatest number of commits of a command because of one commit.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Due {
    pub(crate) least: usize,
    pub(crate) most: usize,
}

/// A stream, the command id of the commit that caused it, and the digest of the command.
pub(crate) type Told = (StreamKey, String, String);

impl Seen {
    /// For all runs of a handler for one event, a command has as many commits as in the run that sent it most often.
    pub(crate) fn due(&self) -> HashMap<Told, Due> {
        let mut by_run: HashMap<_, Due> = HashMap::new();
        for sent in &self.sent {
            let Some(digest) = &sent.digest else { continue };
            let run = (Arc::as_ptr(&sent.cause), sent.cause.event(), sent.stream.clone(), digest.clone());
            let due = by_run.entry(run).or_default();
            due.least += usize::from(sent.committed);
            due.most += 1;
        }
        let mut by_event: HashMap<_, Due> = HashMap::new();
        for ((_, event, stream, digest), one) in by_run {
            let due: &mut Due = by_event.entry((event, stream, digest)).or_default();
            *due = Due { least: due.least.max(one.least), most: due.most.max(one.most) };
        }
        let mut due: HashMap<Told, Due> = HashMap::new();
        for ((event, stream, digest), one) in by_event {
            let all = due.entry((stream, event.causation, digest)).or_default();
            *all = Due { least: all.least + one.least, most: all.most + one.most };
        }
        due
    }
}

/// One finished run of a handler.
#[derive(Debug, Clone)]
pub(crate) struct HandlerRun {
    pub(crate) id: InboxId,
    /// It succeeded.
    pub(crate) done: bool,
    /// The inbox already had the event as handled.
    pub(crate) needless: bool,
}

impl Probe {
    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        // Every change is one insertion, so a panicking holder leaves consistent data behind.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a command of a handler before it is executed; returns its index.
    pub(crate) fn note_command<C: Command>(
        &self,
        cause: &Arc<Cause>,
        command: &Arc<C>,
        stream: &StreamKey,
    ) -> usize {
        let mut seen = self.seen();
        seen.sent.push(Sent {
            command: Arc::clone(command) as Arc<dyn Any + Send + Sync>,
            name: std::any::type_name::<C>(),
            stream: stream.clone(),
            command_id: String::new(),
            digest: None,
            committed: false,
            due: None,
            cause: Arc::clone(cause),
        });
        seen.sent.len() - 1
    }

    /// Notes that it was scheduled.
    pub(crate) fn note_due(&self, place: usize, metadata: &Metadata, due: Timestamp) {
        self.note_answer(place, metadata, false);
        if let Some(sent) = self.seen().sent.get_mut(place) {
            sent.due = Some(due);
        }
    }

    /// Notes that a command of a process, or a due command, was executed.
    pub(crate) fn note_executed(&self, command_id: &str, is_committed: bool) {
        *self.seen().executed.entry(command_id.to_owned()).or_default() |= is_committed;
    }

    /// Notes its result, and whether its events are in the stream.
    pub(crate) fn note_answer(&self, place: usize, metadata: &Metadata, committed: bool) {
        if let Some(sent) = self.seen().sent.get_mut(place) {
            metadata.command_id.clone_into(&mut sent.command_id);
            sent.digest.clone_from(&metadata.command_digest);
            sent.committed = committed;
        }
    }
}

impl Runtime {
    /// Notes a run of a handler when it is over.
    #[inline]
    pub(crate) fn note_run(&self, handler: &str, raw: &RawEvent<'_>, done: bool) {
        if let Some(probe) = &self.probe {
            probe.note_run(handler, raw, done);
        }
    }
}

impl Probe {
    fn note_run(&self, handler: &str, raw: &RawEvent<'_>, done: bool) {
        let commit = raw.commit();
        let id = InboxId {
            handler: handler.to_owned(),
            stream: commit.stream.clone(),
            version: commit.version,
            index: raw.index(),
            digest: commit.digest(),
        };
        let mut seen = self.seen();
        let needless = seen.finished.contains(&id);
        seen.runs.push(HandlerRun { id, done, needless });
    }
}
