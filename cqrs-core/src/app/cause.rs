use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use uuid::Uuid;

use crate::commit::Commit;
use crate::key::StreamKey;
use crate::metadata::Metadata;
use crate::version::Version;

/// The event on whose behalf a handler sends commands.
///
/// The ids of those commands follow from the event, the handler, the stream they go to and their order on
/// it, so that a redelivered event sends the same ids again, and the engine recognizes them.
#[derive(Debug)]
pub(crate) struct Cause {
    handler: &'static str,
    stream: StreamKey,
    version: Version,
    index: usize,
    metadata: Arc<Metadata>,
    sent: Mutex<HashMap<StreamKey, u32>>,
}

impl Cause {
    /// Every call of a handler has one, and few send commands: so the texts are made when one is sent.
    pub(crate) fn new(handler: &'static str, commit: &Commit, index: usize) -> Self {
        Self {
            handler,
            stream: commit.stream.clone(),
            version: commit.version,
            index,
            metadata: Arc::clone(&commit.metadata),
            sent: Mutex::default(),
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

    /// The id of the next command to `target`: a name-based UUID (RFC 9562, version 5).
    pub(crate) fn next_command_id(&self, target: &StreamKey) -> String {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        let count = sent.entry(target.clone()).or_default();
        *count += 1;
        let Self { handler, stream, version, index, .. } = self;
        let (pk, sk) = (stream.pk(), stream.commit_sk(*version));
        let name = format!("{handler}\n{pk}\n{sk}\n{index}\n{}\n{}\n{count}", target.pk(), target.sk());
        Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()).to_string()
    }
}
