//! Queues that keep only one promise of a broker: at least once.

use std::collections::{BTreeMap, HashMap, HashSet};

use fastrand::Rng;

use crate::app::App;
use crate::commit::Commit;
use crate::delivery::{Message, Received, Subscriber, Verdict};
use crate::key::StreamKey;
use crate::store::CommitKey;
use crate::version::Version;

/// The most messages of one batch (Amazon SQS API Reference, "ReceiveMessage").
const BATCH: usize = 10;
/// How often a message comes before its subscriber is said never to take it.
const RECEIVES: u32 = 1_000;

pub(super) fn chance(rng: &mut Rng, percent: u32) -> bool {
    rng.u32(..100) < percent
}

/// All queues of an app.
#[derive(Default)]
pub(super) struct Broker {
    queues: BTreeMap<&'static str, Vec<Pending>>,
    published: HashSet<CommitKey>,
    /// How many messages were lost for good.
    pub(super) lost: u64,
}

/// A message in its queue.
#[derive(Clone)]
pub(super) struct Pending {
    pub(super) received: Received,
    stream: StreamKey,
    version: Version,
}

impl Broker {
    /// Fills every queue with the new commits that a subscriber there listens to, some of them twice. If a projection
    /// has its own queue, some are lost. The last commit of a stream is never lost, because only a later one can bring
    /// a lost one back.
    pub(super) fn publish(&mut self, app: &App, commits: &[Commit], rng: &mut Rng, percent: u32) {
        let new: Vec<&Commit> =
            commits.iter().filter(|commit| self.published.insert(CommitKey::of(commit))).collect();
        let mut subscribers: BTreeMap<&'static str, Vec<&Subscriber>> = BTreeMap::new();
        for subscriber in &app.delivery().subscribers {
            subscribers.entry(subscriber.queue).or_default().push(subscriber);
        }
        for (queue, listening) in subscribers {
            let wanted = new.iter().filter(|commit| listening.iter().any(|one| one.wants(commit)));
            let wanted: Vec<&Commit> = wanted.copied().collect();
            let last: HashMap<&StreamKey, Version> =
                wanted.iter().map(|commit| (&commit.stream, commit.version)).collect();
            let may_lose = matches!(listening[..], [one] if one.is_projection());
            let messages = self.queues.entry(queue).or_default();
            for commit in wanted {
                if may_lose && last.get(&commit.stream) > Some(&commit.version) && chance(rng, percent) {
                    self.lost += 1;
                    continue;
                }
                let pending = Pending {
                    received: Received { body: Message::of(app, commit).body, receives: 0, sent_at: None },
                    stream: commit.stream.clone(),
                    version: commit.version,
                };
                let copies = 1 + usize::from(chance(rng, percent));
                messages.extend(std::iter::repeat_n(pending, copies));
            }
        }
    }

    /// A queue that has messages; `None` when all is done.
    pub(super) fn any_queue(&self, rng: &mut Rng) -> Option<&'static str> {
        let left: Vec<&'static str> =
            self.queues.iter().filter(|(_, messages)| !messages.is_empty()).map(|(name, _)| *name).collect();
        rng.choice(left)
    }

    /// Some messages of a queue, in no order.
    pub(super) fn receive(&mut self, queue: &str, rng: &mut Rng) -> Vec<Pending> {
        let Some(messages) = self.queues.get_mut(queue) else { return Vec::new() };
        rng.shuffle(messages);
        let left = messages.len().saturating_sub(rng.usize(1..=BATCH));
        let mut batch = messages.split_off(left);
        batch.iter_mut().for_each(|message| message.received.receives += 1);
        batch
    }

    /// Messages that were not acknowledged come again.
    pub(super) fn put_back(&mut self, queue: &'static str, batch: impl IntoIterator<Item = Pending>) {
        self.queues.entry(queue).or_default().extend(batch);
    }

    /// Takes the verdicts, some of which get lost on the way.
    ///
    /// # Errors
    /// A commit that a subscriber will never take.
    pub(super) fn settle(
        &mut self,
        queue: &'static str,
        batch: Vec<Pending>,
        verdicts: Vec<Verdict>,
        rng: &mut Rng,
        percent: u32,
    ) -> Result<(), String> {
        for (message, verdict) in batch.into_iter().zip(verdicts) {
            let Pending { stream, version, received } = &message;
            match verdict {
                Verdict::Done if !chance(rng, percent) => {}
                Verdict::Retry { reason, .. } | Verdict::Wait { reason, .. }
                    if received.receives >= RECEIVES =>
                {
                    return Err(format!(
                        "queue `{queue}` has received version {version} of stream {stream} {RECEIVES} times, and still \
                         would try again: {reason}"
                    ));
                }
                Verdict::Done | Verdict::Retry { .. } | Verdict::Wait { .. } => {
                    self.put_back(queue, [message]);
                }
                Verdict::Dead { reason } => {
                    return Err(format!(
                        "queue `{queue}` made a dead letter of version {version} of stream {stream}: {reason}"
                    ));
                }
            }
        }
        Ok(())
    }
}
