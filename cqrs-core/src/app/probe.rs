use std::any::Any;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::App;
use crate::aggregate::Command;
use crate::delivery::InboxId;
use crate::event::RawEvent;
use crate::key::StreamKey;

/// What the test kit learns about the handlers of an app. In production there is none.
#[derive(Debug, Default)]
pub(crate) struct Probe {
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) sent: Vec<Sent>,
    pub(crate) runs: Vec<HandlerRun>,
    /// What the inbox has as handled.
    pub(crate) finished: HashSet<InboxId>,
}

/// A command that a handler sent.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) command: Arc<dyn Any + Send + Sync>,
    pub(crate) name: &'static str,
    pub(crate) stream: StreamKey,
    pub(crate) command_id: String,
}

/// One run of a handler that came to its end.
#[derive(Debug, Clone)]
pub(crate) struct HandlerRun {
    pub(crate) id: InboxId,
    /// It did its work.
    pub(crate) done: bool,
    /// The inbox had the event as handled before.
    pub(crate) needless: bool,
}

impl Probe {
    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        // Every change is one insertion: what a panicking holder left behind is whole.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl App {
    /// Notes a command of a handler before it is executed.
    pub(super) fn note_command<C: Command>(&self, command: &Arc<C>, stream: &StreamKey) -> Option<usize> {
        let (Some(probe), Some(_)) = (&self.inner.probe, &self.cause) else { return None };
        let mut seen = probe.seen();
        seen.sent.push(Sent {
            command: Arc::clone(command) as Arc<dyn Any + Send + Sync>,
            name: std::any::type_name::<C>(),
            stream: stream.clone(),
            command_id: String::new(),
        });
        Some(seen.sent.len() - 1)
    }

    /// Notes the id that it had.
    pub(super) fn note_command_id(&self, place: Option<usize>, id: &str) {
        if let (Some(probe), Some(place)) = (&self.inner.probe, place)
            && let Some(sent) = probe.seen().sent.get_mut(place)
        {
            id.clone_into(&mut sent.command_id);
        }
    }

    /// Notes a run of a handler when it is over.
    pub(crate) fn note_run(&self, handler: &str, raw: &RawEvent<'_>, done: bool) {
        let Some(probe) = &self.inner.probe else { return };
        let commit = raw.commit();
        let id = InboxId {
            handler: handler.to_owned(),
            stream: commit.stream.clone(),
            version: commit.version,
            index: raw.index(),
        };
        let mut seen = probe.seen();
        let needless = seen.finished.contains(&id);
        seen.runs.push(HandlerRun { id, done, needless });
    }
}
