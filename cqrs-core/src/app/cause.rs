use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use uuid::Uuid;

use crate::commit::Commit;
use crate::key::StreamKey;

/// The event on whose behalf a handler sends commands.
///
/// The ids of those commands follow from the event, the handler, the stream they go to and their order on
/// it, so that a redelivered event sends the same ids again, and the engine recognizes them.
#[derive(Debug)]
pub(crate) struct Cause {
    handler: &'static str,
    event: String,
    command_id: String,
    correlation_id: String,
    trace_context: Option<String>,
    sent: Mutex<HashMap<StreamKey, u32>>,
}

impl Cause {
    pub(crate) fn new(handler: &'static str, commit: &Commit, index: usize) -> Self {
        Self {
            handler,
            event: format!("{}\n{}\n{index}", commit.stream.pk(), commit.stream.commit_sk(commit.version)),
            command_id: commit.metadata.command_id.clone(),
            correlation_id: commit.metadata.correlation_id.clone(),
            trace_context: commit.metadata.trace_context.clone(),
            sent: Mutex::default(),
        }
    }

    pub(crate) fn causation_id(&self) -> &str {
        &self.command_id
    }

    pub(crate) fn correlation_id(&self) -> &str {
        &self.correlation_id
    }

    pub(crate) fn trace_context(&self) -> Option<&str> {
        self.trace_context.as_deref()
    }

    /// The id of the next command to `target`: a name-based UUID (RFC 9562, version 5).
    pub(crate) fn next_command_id(&self, target: &StreamKey) -> String {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        let count = sent.entry(target.clone()).or_default();
        *count += 1;
        let name = format!("{}\n{}\n{}\n{}\n{count}", self.handler, self.event, target.pk(), target.sk());
        Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()).to_string()
    }
}
