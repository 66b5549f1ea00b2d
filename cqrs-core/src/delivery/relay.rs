use std::future::{Future, ready};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;

use super::beginning::{Beginnings, Calm};
use super::builds::Builds;
use super::intake::{self, RELAY};
use super::queue::{IdleAfter, Load, Page, Placed, Progress, Queue};
use super::subscriber::keep_decoded;
use super::{Delivery, DeliveryError, StoredLetters};
use crate::store::{Change, DynChangeFeed, Positions, limits};

/// What a run of the delivery did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Delivered {
    /// How many commits were read from the feed and handed to the subscribers.
    pub commits: u64,
}

/// After this many empty reads, nothing more is assumed to be on its way: shards of DynamoDB Streams in which little
/// happens sometimes return nothing although there is more.
pub(crate) const QUIET_READS: u32 = 40;

/// Reads the feed and hands every commit to every subscriber's queue.
pub(crate) struct Relay {
    delivery: Arc<Delivery>,
    feed: Box<dyn DynChangeFeed>,
    positions: Positions,
    queues: Queues,
    beginnings: Beginnings,
    builds: Builds,
}

impl Relay {
    /// Starts where the slowest subscriber stopped.
    pub(crate) async fn open(delivery: &Arc<Delivery>) -> Result<Self, DeliveryError> {
        // Before the positions are read: everything that they have passed is in the store then.
        let builds = Builds::alone(delivery, &delivery.subscribers);
        builds.begin(delivery).await?;
        StoredLetters::new(delivery).redrive_newer().await?;
        let mut open = Vec::new();
        for subscriber in &delivery.subscribers {
            open.push(Queue::open(delivery, Arc::clone(subscriber)).await?);
        }
        let positions = earliest(open.iter().map(Queue::positions));
        let beginnings = Beginnings::of(delivery, &delivery.subscribers);
        Ok(Self {
            delivery: delivery.clone(),
            feed: open_feed(delivery)?,
            positions,
            queues: Queues::start(delivery, open)?,
            beginnings,
            builds,
        })
    }

    /// Delivers until nothing is left, including what handlers append, and counts in `delivered`. Returns `false` if
    /// something may be left: a stream that waited for the end of a fault elsewhere continued at the last moment.
    ///
    /// # Errors
    /// Such a fault, if no other work is left.
    pub(crate) async fn run_until_idle(mut self, delivered: &mut Delivered) -> Result<bool, DeliveryError> {
        let mut quiet = 0;
        loop {
            // Handlers can append nothing more only if every queue was empty before the feed was read.
            let (settled, resting) = (self.queues.are_settled(), self.queues.are_resting());
            let step = self.step().await?;
            delivered.commits += step.commits;
            if step.read {
                quiet = 0;
                continue;
            }
            if settled {
                let calm = if quiet < QUIET_READS { Calm::Perhaps } else { Calm::Yes };
                self.builds.finish(&self.delivery).await?;
                if quiet % QUIET_READS == 0 && !self.beginnings.watch(&self.delivery, ready(calm)).await {
                    break;
                }
                quiet += 1;
                tokio::time::sleep(self.delivery.runtime.settings.poll).await;
                continue;
            }
            if resting {
                self.queues.finish().await?;
                return Ok(false);
            }
            // A queue that was passed over has room, and its feed had nothing at present: nobody wakes it.
            match self.queues.may_read_on() {
                true => tokio::time::sleep(self.delivery.runtime.settings.poll).await,
                false => self.queues.moved().await?,
            }
        }
        self.queues.finish().await?;
        Ok(true)
    }

    /// Delivers until `shutdown`, then finishes what the queues hold, as far as the grace goes; counts in `delivered`,
    /// and sets `begun` when it has begun.
    pub(crate) async fn run(
        mut self,
        mut shutdown: Pin<&mut (impl Future<Output = ()> + Send)>,
        poll: Duration,
        delivered: &mut Delivered,
        begun: &mut bool,
    ) -> Result<(), DeliveryError> {
        let mut quiet: u32 = 0;
        loop {
            let stopped = {
                let step = pin!(async {
                    self.builds.tend(&self.delivery).await;
                    let step = self.step().await?;
                    let settled = self.queues.are_settled();
                    quiet = if step.read || !settled { 0 } else { quiet.saturating_add(1) };
                    if !step.read {
                        self.queues.check().await?;
                        let calm = match quiet {
                            0 => Calm::No,
                            1..QUIET_READS => Calm::Perhaps,
                            QUIET_READS.. => Calm::Yes,
                        };
                        // Between the first and the last quiet read nothing new can be reported.
                        if calm != Calm::Perhaps || quiet == 1 {
                            self.beginnings.watch(&self.delivery, ready(calm)).await;
                        }
                        // A queue that was passed over may have room before there is anything new.
                        let waiting = self.queues.are_behind();
                        let moved = pin!(async {
                            match waiting {
                                true => self.queues.moved().await,
                                false => std::future::pending().await,
                            }
                        });
                        if let Either::Left((moved, _)) = select(moved, pin!(tokio::time::sleep(poll))).await
                        {
                            moved?;
                        }
                    }
                    Ok::<_, DeliveryError>(step.commits)
                });
                match select(shutdown.as_mut(), step).await {
                    Either::Left(((), _)) => true,
                    Either::Right((read, _)) => {
                        delivered.commits += read?;
                        *begun = true;
                        false
                    }
                }
            };
            if stopped {
                let grace = self.delivery.runtime.settings.grace;
                return match tokio::time::timeout(grace, self.queues.finish()).await {
                    Ok(finished) => finished,
                    Err(_) => {
                        tracing::warn!(?grace, "delivery stopped before it was done; the next run continues");
                        Ok(())
                    }
                };
            }
        }
    }

    /// Reads one page for all, and one for each queue that was passed over and has room again.
    async fn step(&mut self) -> Result<Step, DeliveryError> {
        let mut step = Step::default();
        if self.queues.have_room() {
            let page = self.feed.read(&self.positions).await;
            let page = page.map_err(|error| DeliveryError::Feed(Box::new(error)))?;
            if !page.changes.is_empty() {
                step.commits = page.changes.len() as u64;
                step.read = true;
                let page = placed(&self.delivery, page.changes).await?;
                let ends = page.ends.clone();
                self.queues.send(Arc::new(page), &self.positions).await?;
                // If a step is dropped before this line, the same page is read again, and the queues skip it.
                self.positions.extend(ends);
            }
        }
        for feeder in self.queues.feeders.iter_mut().filter(|feeder| feeder.load.has_room()) {
            step.read |= feeder.read_on(&self.delivery, &self.positions).await?;
        }
        Ok(step)
    }
}

/// What one step did.
#[derive(Debug, Default)]
struct Step {
    /// How many commits were read for all.
    commits: u64,
    /// Whether anything was read.
    read: bool,
}

async fn placed(delivery: &Arc<Delivery>, changes: Vec<Change>) -> Result<Page, DeliveryError> {
    let mut ends = Positions::new();
    let mut commits = Vec::with_capacity(changes.len());
    for change in changes {
        ends.insert(change.shard.clone(), change.position.clone());
        if let Some(placed) = place(delivery, change).await? {
            commits.push(placed);
        }
    }
    Ok(Page { commits, ends })
}

/// Decodes a change. A record that cannot be decoded, or has a type that this program does not know, is kept as a
/// dead letter of the relay.
async fn place(delivery: &Arc<Delivery>, change: Change) -> Result<Option<Placed>, DeliveryError> {
    let Change { shard, position, record } = change;
    let bytes = record.as_object().map_or(0, limits::size);
    let taken_in = intake::take_in_known(&delivery.runtime, &record, RELAY).await?;
    let Some(mut commit) = taken_in.commit else { return Ok(None) };
    keep_decoded(&mut commit, &delivery.subscribers);
    Ok(Some(Placed { commit, shard, position, bytes }))
}

/// For each shard, the position that every subscriber has passed; no entry if one has not begun.
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

fn open_feed(delivery: &Delivery) -> Result<Box<dyn DynChangeFeed>, DeliveryError> {
    delivery.runtime.open_feed().map_err(|error| DeliveryError::Feed(Box::new(error)))
}

/// The running queues, a task each.
struct Queues {
    feeders: Vec<Feeder>,
    tasks: JoinSet<Result<(), DeliveryError>>,
    /// Notified when a queue has got on, or stopped.
    moved: Arc<Notify>,
}

/// The sending end of one queue.
struct Feeder {
    pages: mpsc::UnboundedSender<Arc<Page>>,
    load: Arc<Load>,
    /// How many pages have been sent.
    sent: u64,
    idle_after: watch::Receiver<IdleAfter>,
    /// How far the queue has been fed, if it had no room for what the others got.
    behind: Option<Positions>,
    /// Reads what it missed.
    feed: Box<dyn DynChangeFeed>,
}

impl Queues {
    fn start(delivery: &Arc<Delivery>, open: Vec<Queue>) -> Result<Self, DeliveryError> {
        let mut queues = Self { feeders: Vec::new(), tasks: JoinSet::new(), moved: Arc::default() };
        for queue in open {
            let (pages, received) = mpsc::unbounded_channel();
            let (idle_after, idle) = watch::channel(IdleAfter::default());
            queues.feeders.push(Feeder {
                pages,
                load: queue.load(),
                sent: 0,
                idle_after: idle,
                behind: None,
                feed: open_feed(delivery)?,
            });
            let progress = Progress { idle_after, moved: Arc::clone(&queues.moved) };
            queues.tasks.spawn(async move {
                let ended = queue.run(received, &progress).await;
                progress.moved.notify_one();
                ended
            });
        }
        Ok(queues)
    }

    /// Whether a queue that has everything that was read so far takes more.
    fn have_room(&self) -> bool {
        self.feeders.iter().any(|feeder| feeder.behind.is_none() && feeder.load.has_room())
    }

    /// Whether a queue that was passed over has room again.
    fn may_read_on(&self) -> bool {
        self.feeders.iter().any(|feeder| feeder.behind.is_some() && feeder.load.has_room())
    }

    fn are_behind(&self) -> bool {
        self.feeders.iter().any(|feeder| feeder.behind.is_some() || !feeder.load.has_room())
    }

    /// Whether every queue has done what it was sent, and was sent everything.
    fn are_settled(&self) -> bool {
        self.feeders
            .iter()
            .all(|feeder| feeder.behind.is_none() && feeder.idle_after.borrow().done >= feeder.sent)
    }

    /// The same, but for what waits for the end of a fault elsewhere.
    fn are_resting(&self) -> bool {
        self.feeders
            .iter()
            .all(|feeder| feeder.behind.is_none() && feeder.idle_after.borrow().resting >= feeder.sent)
    }

    /// Sends a page to the queues that have everything before it. A queue without room misses it, and the others do not
    /// wait.
    async fn send(&mut self, page: Arc<Page>, before: &Positions) -> Result<(), DeliveryError> {
        let mut closed = false;
        for feeder in self.feeders.iter_mut().filter(|feeder| feeder.behind.is_none()) {
            if feeder.load.has_room() {
                closed |= !feeder.send(Arc::clone(&page));
            } else {
                feeder.behind = Some(before.clone());
            }
        }
        if closed { Err(self.failure().await) } else { Ok(()) }
    }

    /// Waits until some queue gets on.
    async fn moved(&mut self) -> Result<(), DeliveryError> {
        self.moved.notified().await;
        self.check().await
    }

    /// Fails if a queue has stopped.
    async fn check(&mut self) -> Result<(), DeliveryError> {
        if self.feeders.iter().any(|feeder| feeder.pages.is_closed()) {
            return Err(self.failure().await);
        }
        Ok(())
    }

    /// Lets the queues finish what they hold, each of them, whatever becomes of the others.
    async fn finish(mut self) -> Result<(), DeliveryError> {
        self.feeders.clear();
        let mut finished = Ok(());
        while let Some(ended) = self.tasks.join_next().await {
            finished = finished.and(ended.unwrap_or(Err(DeliveryError::Stopped)));
        }
        finished
    }

    /// Why a queue stopped.
    async fn failure(&mut self) -> DeliveryError {
        // The others would continue until their pages end.
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

impl Feeder {
    fn send(&mut self, page: Arc<Page>) -> bool {
        self.sent += 1;
        page.commits.iter().for_each(|placed| self.load.add(placed.bytes));
        self.pages.send(page).is_ok()
    }

    /// Reads a page for this queue alone, if it was passed over; returns whether there was anything.
    async fn read_on(&mut self, delivery: &Arc<Delivery>, all: &Positions) -> Result<bool, DeliveryError> {
        let Some(behind) = &self.behind else { return Ok(false) };
        let page = self.feed.read(behind).await.map_err(|error| DeliveryError::Feed(Box::new(error)))?;
        let page = placed(delivery, page.changes).await?;
        if page.ends.is_empty() {
            // A feed may have nothing at present although there is more: only positions show it.
            return Ok(false);
        }
        let mut reached = behind.clone();
        reached.extend(page.ends.clone());
        let caught_up =
            all.iter().all(|(shard, position)| reached.get(shard).is_some_and(|reached| position <= reached));
        self.behind = Some(reached).filter(|_| !caught_up);
        // Whether it has stopped shows in `check`.
        self.send(Arc::new(page));
        Ok(true)
    }
}
