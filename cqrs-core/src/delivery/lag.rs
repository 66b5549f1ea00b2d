//! How far the projections are behind the store.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;

use super::relay::QUIET_READS;
use super::{Delivery, Subscriber, intake};
use crate::commit::Commit;
use crate::key::StreamKey;
use crate::projector::discards;
use crate::store::{DynBacklog, LetterId, Positions, StoreError, Waiting};
use crate::timestamp::Timestamp;

/// After this many commits the feed is not read further: nobody who is that far behind needs the exact number.
const MOST: usize = 10_000;

/// How far the views of a projection are behind the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Lag {
    /// How many commits are stored that the projection listens to and has not taken. In one process, the commits of the
    /// current page count until the whole page is done. Behind a broker, it is the approximate number of messages in
    /// its queue, whichever subscriber of the queue they are for, and of commits that the relay has not published, if
    /// that is known.
    pub commits: u64,
    /// Whether there may be more than `commits` says: the feed is read no further than 10,000 commits.
    pub more: bool,
    /// When the oldest of them was recorded. `None` if nothing is outstanding, and if messages wait in a queue: SQS
    /// does not report when they were sent.
    pub oldest: Option<Timestamp>,
    /// How many seconds ago that was, by the clock of this process; 0 if nothing is outstanding. `None` if it is
    /// unknown: messages wait in a queue, or it is unknown what the relay has not published.
    pub seconds: Option<u64>,
}

/// What a projection has outstanding, and its dead letters.
#[derive(Debug, Default)]
pub(crate) struct Outstanding {
    /// `None` if this process cannot know it.
    pub(crate) lag: Option<Lag>,
    /// How many messages are in the dead letters of its queue.
    pub(crate) dead_letters: u64,
}

/// The commits of a feed that one projection listens to.
#[derive(Debug, Default)]
struct Count {
    commits: u64,
    more: bool,
    oldest: Option<Timestamp>,
    /// The stream of the first one.
    first: Option<StreamKey>,
}

impl Count {
    fn add(&mut self, commit: &Commit) {
        let recorded = commit.metadata.recorded();
        self.commits += 1;
        self.oldest = Some(self.oldest.map_or(recorded, |oldest| oldest.min(recorded)));
        self.first.get_or_insert_with(|| commit.stream.clone());
    }

    fn lag(&self) -> Lag {
        let seconds = self.oldest.map_or(0, |oldest| Timestamp::now().since(oldest).as_secs());
        Lag { commits: self.commits, more: self.more, oldest: self.oldest, seconds: Some(seconds) }
    }

    /// The lag with what waits in the queue behind the relay. `before` is `None` if it is unknown what is in front of
    /// the relay.
    fn behind(before: Option<&Self>, waiting: Waiting) -> Lag {
        let before = before.map(Self::lag);
        let at_relay = before.filter(|_| waiting.messages == 0);
        Lag {
            commits: waiting.messages + before.map_or(0, |before| before.commits),
            more: before.is_some_and(|before| before.more),
            oldest: at_relay.and_then(|before| before.oldest),
            seconds: at_relay.and_then(|before| before.seconds),
        }
    }
}

impl Delivery {
    /// What the projections have outstanding, by name.
    pub(crate) async fn outstanding(
        self: &Arc<Self>,
    ) -> Result<BTreeMap<&'static str, Outstanding>, StoreError> {
        let projections: Vec<_> = self.projections().collect();
        match self.runtime.stores.backlog.as_deref() {
            Some(backlog) => self.behind_broker(backlog, &projections).await,
            None if self.runtime.stores.feed.is_some() => self.behind_feed(&projections).await,
            None => Ok(BTreeMap::new()),
        }
    }

    pub(crate) fn projections(&self) -> impl Iterator<Item = &Arc<Subscriber>> {
        self.subscribers.iter().filter(|subscriber| subscriber.is_projection())
    }

    /// How many dead letters are in the delivery store under a name.
    pub(crate) async fn count_letters(&self, name: &str) -> Result<u64, StoreError> {
        let mut count = 0;
        let mut after: Option<LetterId> = None;
        loop {
            let page = self.runtime.delivery_store().letters(name, after.as_ref()).await?;
            count += page.len() as u64;
            match page.into_iter().next_back() {
                Some(last) => after = Some(last.id),
                None => return Ok(count),
            }
        }
    }

    /// How many discarded commits a projection has.
    pub(crate) async fn count_discarded(&self, projection: &str) -> Result<u64, StoreError> {
        self.count_letters(&discards::pile(projection)).await
    }

    async fn behind_broker(
        self: &Arc<Self>,
        backlog: &dyn DynBacklog,
        projections: &[&Arc<Subscriber>],
    ) -> Result<BTreeMap<&'static str, Outstanding>, StoreError> {
        let before = match backlog.relayed().await? {
            Some(relayed) => Some(self.count(&relayed, projections).await?),
            None => None,
        };
        let mut queues = BTreeMap::new();
        for queue in projections.iter().map(|one| one.queue).collect::<BTreeSet<_>>() {
            queues.insert(queue, backlog.waiting(queue).await?);
        }
        let outstanding = projections.iter().enumerate().map(|(nth, projection)| {
            let waiting = queues.get(projection.queue).copied().unwrap_or_default();
            let before = before.as_ref().and_then(|before| before.get(nth));
            let lag = Some(Count::behind(before, waiting));
            (projection.name, Outstanding { lag, dead_letters: waiting.dead_letters })
        });
        Ok(outstanding.collect())
    }

    async fn behind_feed(
        self: &Arc<Self>,
        projections: &[&Arc<Subscriber>],
    ) -> Result<BTreeMap<&'static str, Outstanding>, StoreError> {
        // Usually all are at one place, and the feed is read once.
        let mut places: BTreeMap<Positions, Vec<&Arc<Subscriber>>> = BTreeMap::new();
        for projection in projections {
            let positions = self.runtime.delivery_store().positions(projection.name).await?;
            places.entry(positions).or_default().push(projection);
        }
        let mut found = BTreeMap::new();
        for (positions, projections) in places {
            let counts = self.count(&positions, &projections).await?;
            for (projection, count) in projections.iter().zip(counts) {
                let is_elsewhere = match count.first.as_ref().filter(|_| positions.is_empty()) {
                    // It has no position in the feed, and yet it has taken commits of it: a broker delivers them.
                    Some(first) => projection.has_seen(self, first).await?,
                    None => false,
                };
                let lag = (!is_elsewhere).then(|| count.lag());
                found.insert(projection.name, Outstanding { lag, dead_letters: 0 });
            }
        }
        Ok(found)
    }

    /// Counts the commits that some projections listen to, in a separate feed, so that a running delivery is not
    /// disturbed.
    async fn count(
        &self,
        after: &Positions,
        projections: &[&Arc<Subscriber>],
    ) -> Result<Vec<Count>, StoreError> {
        let mut feed = self.runtime.open_feed()?;
        let mut reached = after.clone();
        let mut counts: Vec<Count> = projections.iter().map(|_| Count::default()).collect();
        let (mut read, mut quiet) = (0, 0);
        while quiet < QUIET_READS {
            let page = feed.read(&reached).await?;
            quiet = if page.changes.is_empty() { quiet + 1 } else { 0 };
            read += page.changes.len();
            for change in page.changes {
                // The relay reports what is not a commit.
                if let Ok(commit) = intake::decode(&change.record) {
                    let listening = projections.iter().zip(&mut counts);
                    listening.filter(|(one, _)| one.wants(&commit)).for_each(|(_, count)| count.add(&commit));
                }
                reached.insert(change.shard, change.position);
            }
            if read >= MOST {
                counts.iter_mut().for_each(|count| count.more = true);
                break;
            }
        }
        Ok(counts)
    }
}
