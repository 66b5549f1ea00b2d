use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tracing::Instrument;

use super::intake;
use super::queue::{Page, Placed, Queue};
use super::{Change, DeliveryError, DynChangeFeed, Positions};
use crate::app::App;

/// How many pages a slow subscriber may fall behind before the relay waits for it.
const QUEUED_PAGES: usize = 4;

/// What a run of the delivery did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Delivered {
    /// How many commits were read from the feed and handed to the subscribers.
    pub commits: u64,
}

/// Reads the feed and hands every commit to every subscriber's queue.
pub(crate) struct Relay {
    app: App,
    feed: Box<dyn DynChangeFeed>,
    positions: Positions,
    queues: Queues,
}

impl Relay {
    /// Starts where the slowest subscriber stopped.
    pub(crate) async fn open(app: &App) -> Result<Self, DeliveryError> {
        let mut open = Vec::new();
        for subscriber in app.subscribers() {
            open.push(Queue::open(app, Arc::clone(subscriber)).await?);
        }
        let positions = earliest(open.iter().map(Queue::positions));
        Ok(Self { app: app.clone(), feed: app.event_store().feed(), positions, queues: Queues::start(open) })
    }

    /// Delivers until nothing is left, what handlers append included.
    pub(crate) async fn run_until_idle(mut self) -> Result<Delivered, DeliveryError> {
        let mut delivered = Delivered::default();
        loop {
            let read = self.step().await?;
            delivered.commits += read;
            if read > 0 {
                continue;
            }
            // Only when every queue is empty can no handler append any more.
            self.queues.drain().await?;
            let read = self.step().await?;
            if read == 0 {
                break;
            }
            delivered.commits += read;
        }
        self.queues.finish().await?;
        Ok(delivered)
    }

    /// Delivers until `shutdown`, then finishes what the queues hold; counts in `delivered`.
    pub(crate) async fn run(
        mut self,
        mut shutdown: Pin<&mut (impl Future<Output = ()> + Send)>,
        poll: Duration,
        delivered: &mut Delivered,
    ) -> Result<(), DeliveryError> {
        loop {
            let stopped = {
                let step = pin!(async {
                    let read = self.step().await?;
                    if read == 0 {
                        self.queues.check().await?;
                        tokio::time::sleep(poll).await;
                    }
                    Ok::<_, DeliveryError>(read)
                });
                match select(shutdown.as_mut(), step).await {
                    Either::Left(((), _)) => true,
                    Either::Right((read, _)) => {
                        delivered.commits += read?;
                        false
                    }
                }
            };
            if stopped {
                return self.queues.finish().await;
            }
        }
    }

    /// Reads one page and queues it; returns how many commits it had.
    async fn step(&mut self) -> Result<u64, DeliveryError> {
        if self.queues.is_empty() {
            return Ok(0);
        }
        let page =
            self.feed.read(&self.positions).await.map_err(|error| DeliveryError::Feed(Box::new(error)))?;
        if page.changes.is_empty() {
            return Ok(0);
        }
        let read = page.changes.len() as u64;
        let mut ends = Positions::new();
        let mut commits = Vec::with_capacity(page.changes.len());
        for change in page.changes {
            ends.insert(change.shard.clone(), change.position.clone());
            if let Some(placed) = place(&self.app, change).await? {
                commits.push(placed);
            }
        }
        self.queues.send(Arc::new(Page { commits, ends: ends.clone() })).await?;
        // A step that is dropped before this line reads the same page again, and the queues skip it.
        self.positions.extend(ends);
        Ok(read)
    }
}

/// Decodes a change. What cannot be decoded, or holds a type that this program does not know, is kept as a
/// dead letter of the relay.
async fn place(app: &App, change: Change) -> Result<Option<Placed>, DeliveryError> {
    let Change { shard, position, record } = change;
    let Some(commit) = intake::take_in(app, &record).await? else { return Ok(None) };
    let span = intake::span_of(&commit);
    let unknown = commit.events.iter().find(|event| !app.knows(&event.name));
    if let Some(event) = unknown {
        let reason = format!(
            "unknown event type `{}` (schema {}): no aggregate of this program applies it",
            event.name, event.schema
        );
        intake::keep(app, record, reason).instrument(span).await?;
    }
    Ok(Some(Placed { commit, shard, position }))
}

/// Per shard the position that every subscriber has passed; no entry where one has not begun.
fn earliest<'a>(mut all: impl Iterator<Item = &'a Positions>) -> Positions {
    let Some(mut earliest) = all.next().cloned() else { return Positions::new() };
    for positions in all {
        earliest.retain(|shard, position| match positions.get(shard) {
            Some(other) => {
                if other < position {
                    position.clone_from(other);
                }
                true
            }
            None => false,
        });
    }
    earliest
}

/// The running queues, a task each.
struct Queues {
    senders: Vec<mpsc::Sender<Arc<Page>>>,
    tasks: JoinSet<Result<(), DeliveryError>>,
    /// How many pages have been sent, and per queue how many are done.
    sent: u64,
    done: Vec<watch::Receiver<u64>>,
}

impl Queues {
    fn start(open: Vec<Queue>) -> Self {
        let mut queues = Self { senders: Vec::new(), tasks: JoinSet::new(), sent: 0, done: Vec::new() };
        for mut queue in open {
            let (sender, mut pages) = mpsc::channel::<Arc<Page>>(QUEUED_PAGES);
            let (finished, done) = watch::channel(0);
            queues.senders.push(sender);
            queues.done.push(done);
            queues.tasks.spawn(async move {
                while let Some(page) = pages.recv().await {
                    queue.take(&page).await?;
                    finished.send_modify(|count| *count += 1);
                }
                Ok(())
            });
        }
        queues
    }

    fn is_empty(&self) -> bool {
        self.senders.is_empty()
    }

    async fn send(&mut self, page: Arc<Page>) -> Result<(), DeliveryError> {
        for index in 0..self.senders.len() {
            if self.senders[index].send(Arc::clone(&page)).await.is_err() {
                return Err(self.failure().await);
            }
        }
        self.sent += 1;
        Ok(())
    }

    /// Waits until every queue has worked off what it was sent.
    async fn drain(&mut self) -> Result<(), DeliveryError> {
        let sent = self.sent;
        for index in 0..self.done.len() {
            if self.done[index].wait_for(|done| *done >= sent).await.is_err() {
                return Err(self.failure().await);
            }
        }
        Ok(())
    }

    /// Fails where a queue has stopped.
    async fn check(&mut self) -> Result<(), DeliveryError> {
        if self.senders.iter().any(mpsc::Sender::is_closed) {
            return Err(self.failure().await);
        }
        Ok(())
    }

    /// Lets the queues finish what they hold.
    async fn finish(mut self) -> Result<(), DeliveryError> {
        self.senders.clear();
        while let Some(ended) = self.tasks.join_next().await {
            ended.map_err(|_| DeliveryError::Stopped)??;
        }
        Ok(())
    }

    /// Why a queue stopped.
    async fn failure(&mut self) -> DeliveryError {
        while let Some(ended) = self.tasks.join_next().await {
            match ended {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return error,
                Err(_) => return DeliveryError::Stopped,
            }
        }
        DeliveryError::Stopped
    }
}
