use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OnceCell;

use super::Body;
use crate::key::StreamKey;
use crate::timestamp::Timestamp;
use crate::version::Version;

/// A message as a broker handed it over.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Received {
    /// Its body, out of any envelope.
    pub body: String,
    /// How often it has been received, this time included.
    pub receives: u32,
    /// When it was sent to the queue; `None` if that is unknown, and then it is as old as it can be.
    pub sent_at: Option<Timestamp>,
}

impl Received {
    /// A message that was received once, and sent at a time that is not known.
    ///
    /// ```
    /// use cqrs_core::Timestamp;
    /// use cqrs_core::delivery::Received;
    ///
    /// let received = Received::new("{}").with_receives(2).with_sent_at("2024-01-01T10:00:00Z".parse::<Timestamp>()?);
    /// # Ok::<(), cqrs_core::TimestampError>(())
    /// ```
    #[must_use]
    pub fn new(body: impl Into<String>) -> Self {
        Self { body: body.into(), receives: 1, sent_at: None }
    }

    /// How often it has been received, this time included.
    #[must_use]
    pub fn with_receives(mut self, receives: u32) -> Self {
        self.receives = receives;
        self
    }

    /// When it was sent to the queue.
    #[must_use]
    pub fn with_sent_at(mut self, sent_at: impl Into<Option<Timestamp>>) -> Self {
        self.sent_at = sent_at.into();
        self
    }
}

/// What is to become of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "it says whether the message may be deleted"]
pub enum Verdict {
    /// It is done, and may be deleted.
    Done,
    /// It failed, stays in its queue, and is received again.
    Retry {
        /// Why.
        reason: String,
        /// When it is to be received again, if the handler says so: `#[event_handler(…, retry(…))]`. Otherwise the
        /// worker or the queue decides.
        after: Option<Duration>,
    },
    /// It has to wait: it stays in its queue, and is received again. Another run has claimed its event for a handler
    /// with `once`, it is behind another commit, a store is down or denies access, or a newer program or another
    /// release has to take it. No number of such receives makes it a dead letter here, unless it has failed here and
    /// waits for another release; the queue's own `maxReceiveCount` counts them.
    Wait {
        /// Why.
        reason: String,
        /// When it is to be received again, if it is behind a commit that comes again then.
        after: Option<Duration>,
    },
    /// It goes to the queue's dead letters; then it may be deleted.
    Dead {
        /// Why.
        reason: String,
    },
}

impl Verdict {
    /// When the message is to be received again, if a handler says so.
    #[must_use]
    pub fn after(&self) -> Option<Duration> {
        match self {
            Self::Retry { after, .. } | Self::Wait { after, .. } => *after,
            Self::Done | Self::Dead { .. } => None,
        }
    }

    pub(super) fn wait(reason: impl Into<String>) -> Self {
        Self::Wait { reason: reason.into(), after: None }
    }
}

/// The messages of one stream out of a batch, or one message without a commit.
///
/// Each stream of a batch is taken separately, so that its messages can be deleted when they are done, while another
/// one hangs.
#[derive(Debug)]
pub struct StreamBatch {
    pub(super) stream: Option<StreamKey>,
    pub(super) messages: Vec<Opened>,
    pub(super) door: Door,
    pub(super) parked: Arc<Parked>,
}

/// A message whose body was read, or what is wrong with it.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) body: Result<Body, String>,
    pub(super) receives: u32,
    pub(super) sent_at: Option<Timestamp>,
}

/// Where a message comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    Queue,
    DeadLetters,
}

/// The streams of a batch that are parked, read once for all of them; or why they cannot be read.
#[derive(Debug, Default)]
pub(super) struct Parked {
    pub(super) among: Vec<StreamKey>,
    pub(super) known: OnceCell<Result<HashSet<StreamKey>, String>>,
}

impl Opened {
    /// What is wrong with it.
    pub(super) fn fault(self) -> String {
        self.body.err().unwrap_or_default()
    }
}

impl StreamBatch {
    /// Groups messages by the stream of their commits, and sorts them by version. Each group comes with the places of
    /// its messages in the batch.
    pub(super) fn sort(batch: &[Received], door: Door) -> Vec<(Vec<usize>, Self)> {
        let mut streams: BTreeMap<StreamKey, Vec<(Version, usize, Opened)>> = BTreeMap::new();
        let mut sorted = Vec::new();
        let no_commit = Arc::default();
        for (place, received) in batch.iter().enumerate() {
            let Received { body, receives, sent_at } = received;
            let opened = Opened { body: Body::parse(body), receives: *receives, sent_at: *sent_at };
            let (stream, version) = match &opened.body {
                Ok(Body::Commit(commit)) => (commit.stream.clone(), commit.version),
                Ok(Body::Reference(stream, version)) => (stream.clone(), *version),
                Err(_) => {
                    let parked = Arc::clone(&no_commit);
                    sorted.push((vec![place], Self { stream: None, messages: vec![opened], door, parked }));
                    continue;
                }
            };
            streams.entry(stream).or_default().push((version, place, opened));
        }
        let among = streams.keys().cloned().collect();
        let parked = Arc::new(Parked { among, known: OnceCell::new() });
        sorted.extend(streams.into_iter().map(|(stream, mut messages)| {
            messages.sort_by_key(|(version, _, _)| *version);
            let (places, messages) = messages.into_iter().map(|(_, place, opened)| (place, opened)).unzip();
            (places, Self { stream: Some(stream), messages, door, parked: Arc::clone(&parked) })
        }));
        sorted
    }

    /// The stream; `None` for a message without a commit.
    #[must_use]
    pub fn stream(&self) -> Option<&StreamKey> {
        self.stream.as_ref()
    }

    /// Puts more messages of the same stream behind these.
    pub fn append(&mut self, later: Self) {
        self.messages.extend(later.messages);
        // Only the later one knows what was parked between the two.
        self.parked = later.parked;
    }
}
