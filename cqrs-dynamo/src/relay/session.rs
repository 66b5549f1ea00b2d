use std::collections::BTreeMap;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;

use cqrs_core::delivery::{DeliveryError, Publisher};
use cqrs_core::{StoreError, Timestamp};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep};

use super::lease::{Board, Lease, Life, Segment};
use super::plan::{self, Findings};
use super::process::{Shared, failed, unread};
use super::scan::Scan;
use super::source::{Endpoint, Source};
use super::worker::{End, Worked, Worker};
use crate::stream::{Shard, TableStream};

/// The workers of one relay, from a start until something interrupts them.
pub(super) struct Session<P> {
    shared: Arc<Shared<P>>,
    workers: JoinSet<Worked>,
    /// By the lease's id: tells the worker to hand it back.
    stops: BTreeMap<String, watch::Sender<bool>>,
    published: u64,
    /// It has seen leases and shards.
    begun: bool,
    /// Some lease has an owner that may be dead.
    doubtful: bool,
    /// The shards of the last listing.
    listed: Vec<Shard>,
    /// The shards that were read to their end since then.
    ended: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// The leases are shared with the other relays, and kept while there is nothing new.
    Service,
    /// Every free lease is worked off, and handed back.
    UntilIdle,
}

impl<P: Publisher> Session<P> {
    pub(super) fn new(shared: Arc<Shared<P>>) -> Self {
        Self {
            shared,
            workers: JoinSet::new(),
            stops: BTreeMap::new(),
            published: 0,
            begun: false,
            doubtful: false,
            listed: Vec::new(),
            ended: Vec::new(),
        }
    }

    /// How many records are done.
    pub(super) fn published(&self) -> u64 {
        self.published
    }

    /// Whether it could see leases and shards.
    pub(super) fn has_begun(&self) -> bool {
        self.begun
    }

    /// Works until `shutdown`.
    pub(super) async fn serve(
        &mut self,
        shutdown: Pin<&mut (impl Future<Output = ()> + Send)>,
    ) -> Result<(), DeliveryError> {
        let served = self.serve_until(shutdown).await;
        let stopped = self.stop().await;
        served.and(stopped)
    }

    /// Works off only the segments of the current catch-up.
    pub(super) async fn catch_up(&mut self) -> Result<(), DeliveryError> {
        let caught_up = self.drain_segments().await;
        let stopped = self.stop().await;
        caught_up.and(stopped)
    }

    /// Works until there is nothing new.
    pub(super) async fn drain(&mut self) -> Result<(), DeliveryError> {
        let drained = self.drain_all().await;
        let stopped = self.stop().await;
        drained.and(stopped)
    }

    async fn serve_until(
        &mut self,
        mut shutdown: Pin<&mut (impl Future<Output = ()> + Send)>,
    ) -> Result<(), DeliveryError> {
        loop {
            self.deal(Mode::Service).await?;
            self.begun = true;
            let mut pause = pin!(sleep(self.shared.renewal()));
            loop {
                tokio::select! {
                    () = shutdown.as_mut() => return Ok(()),
                    () = pause.as_mut() => break,
                    Some(worked) = self.workers.join_next() => {
                        if self.settle(worked).await? {
                            break;
                        }
                    }
                }
            }
        }
    }

    async fn drain_segments(&mut self) -> Result<(), DeliveryError> {
        let shared = Arc::clone(&self.shared);
        loop {
            let board = shared.board().await?;
            if board.segments.is_empty() {
                return Ok(());
            }
            for seen in board.segments.values().filter(|segment| !segment.is_taken(shared.leases.me())) {
                let taken = shared.leases.take(seen, shared.until()).await.map_err(failed)?;
                let Some((lease, segment)) = taken.zip(Segment::parse(&seen.id)) else { continue };
                let source = self.segment(segment, &lease);
                self.start(lease, source, Mode::UntilIdle);
            }
            if self.workers.is_empty() {
                // Other relays have them.
                sleep(shared.renewal()).await;
            }
            while let Some(worked) = self.workers.join_next().await {
                self.settle(worked).await?;
            }
        }
    }

    async fn drain_all(&mut self) -> Result<(), DeliveryError> {
        loop {
            let before = self.published;
            let mut moved = self.deal(Mode::UntilIdle).await?;
            while let Some(worked) = self.workers.join_next().await {
                moved |= self.settle(worked).await?;
            }
            if moved || self.published > before {
                continue;
            }
            if !self.doubtful {
                return Ok(());
            }
            sleep(self.shared.renewal()).await;
        }
    }

    /// Lets the workers finish what they have begun.
    async fn stop(&mut self) -> Result<(), DeliveryError> {
        for stop in self.stops.values() {
            stop.send_replace(true);
        }
        let mut stopped = Ok(());
        while let Some(worked) = self.workers.join_next().await {
            stopped = stopped.and(self.settle(worked).await.map(|_| ()));
        }
        stopped
    }

    /// Lists the shards, and takes and hands back leases; true if there is different work now.
    async fn deal(&mut self, mode: Mode) -> Result<bool, DeliveryError> {
        let shared = Arc::clone(&self.shared);
        let now = shared.now();
        if mode == Mode::Service {
            shared.leases.announce(shared.until()).await.map_err(failed)?;
        }
        // In this order: a shard whose lease was read did not appear after the listing.
        let mut board = shared.board().await?;
        let mut stream = shared.events.stream();
        self.list_shards(&mut stream, &board).await.map_err(unread)?;
        let findings = plan::survey(&board, &self.listed, now, shared.settings.margin);
        let changed = findings != Findings::default() || !board.begun;
        if changed {
            self.write_down(&findings, &board).await?;
            board = shared.board().await?;
        }
        let me = shared.leases.me();
        let readable = plan::readable(&board, &self.listed);
        self.doubtful = readable.iter().filter_map(|lease| lease.holder.as_ref()).any(|holder| {
            let unknown = holder.relay != me && holder.life == Life::Unknown;
            unknown && holder.sign.is_odd(now, shared.settings.lease)
        });
        let held = self.stops.keys().map(String::as_str);
        let others = match mode {
            Mode::Service => board.others(me),
            Mode::UntilIdle => 0,
        };
        let share = plan::share(&readable, held, others, me);
        for id in &share.hand_back {
            if let Some(stop) = self.stops.get(id) {
                stop.send_replace(true);
            }
        }
        let endpoint = Arc::new(Endpoint {
            client: stream.client.clone(),
            table: stream.table.name.clone(),
            arn: stream.arn().await.map_err(unread)?,
        });
        for seen in &share.take {
            let taken = shared.leases.take(seen, shared.until()).await.map_err(failed)?;
            if let Some(lease) = taken {
                let source = match Segment::parse(&seen.id) {
                    Some(segment) => self.segment(segment, &lease),
                    None => {
                        Source::Shard { shard: Shard::new(&seen.id, None), stream: Arc::clone(&endpoint) }
                    }
                };
                self.start(lease, source, mode);
            }
        }
        Ok(findings.hole.is_some())
    }

    /// Reads the list of shards. If shards have ended since, only their children are read now, and the rest next time: a list has
    /// a page for each 100 shards, and DynamoDB answers ten such requests a second.
    async fn list_shards(&mut self, stream: &mut TableStream, board: &Board) -> Result<(), StoreError> {
        let ended = std::mem::take(&mut self.ended);
        let mut new = Vec::new();
        for parent in &ended {
            let children = stream.children(parent).await?;
            if children.is_empty() {
                new.clear();
                break;
            }
            new.extend(children);
        }
        if new.is_empty() {
            self.listed = stream.shards().await?;
            return Ok(());
        }
        // If a lease is gone, its shard is no longer listed: another relay has noticed that in the meantime.
        self.listed.retain(|shard| board.shards.contains_key(shard.id()));
        for shard in new {
            if self.listed.iter().all(|known| known.id() != shard.id()) {
                self.listed.push(shard);
            }
        }
        Ok(())
    }

    /// Stores everything that must not be forgotten, the catch-up first: the later steps hide the hole.
    async fn write_down(&self, findings: &Findings, board: &Board) -> Result<(), DeliveryError> {
        let leases = &self.shared.leases;
        let now = self.shared.now();
        if let Some(since) = findings.hole {
            self.lost();
            self.open_catch_up(since).await?;
        }
        for lease in &findings.new {
            leases.register(lease).await.map_err(failed)?;
        }
        if !board.begun {
            leases.begin().await.map_err(failed)?;
        }
        for id in &findings.lost {
            leases.give_up(id).await.map_err(failed)?;
        }
        for late in findings.late.iter().filter_map(|id| board.shards.get(id)) {
            leases.restart(late, now).await.map_err(failed)?;
        }
        for id in &findings.over {
            leases.forget(id).await.map_err(failed)?;
        }
        for relay in &findings.silent {
            leases.forget_relay(relay).await.map_err(failed)?;
        }
        Ok(())
    }

    fn lost(&self) {
        let table = &self.shared.events.table.name;
        tracing::error!(table, "the stream lost records before they were published");
    }

    /// Has the table read for what was recorded since a time.
    pub(super) async fn open_catch_up(&self, since: Timestamp) -> Result<(), DeliveryError> {
        let Shared { leases, settings, events, .. } = &*self.shared;
        let now = self.shared.now();
        // A running catch-up may have to go back further.
        let board = leases.board().await.map_err(failed)?;
        let under_way = board.segments.values().map(|segment| segment.acknowledged_at);
        let since = under_way.fold(since - settings.margin, Timestamp::min);
        tracing::warn!(table = events.table.name, %since, "publishing from the table what was recorded since");
        for segment in Segment::all(settings.segments.max(1)) {
            let fresh = now - settings.margin;
            leases.open_segment(segment, since, now, fresh).await.map_err(failed)?;
        }
        Ok(())
    }

    fn segment(&self, segment: Segment, lease: &Lease) -> Source {
        Source::Segment(Scan::new(self.shared.events.table.clone(), segment, lease.acknowledged_at))
    }

    fn start(&mut self, lease: Lease, source: Source, mode: Mode) {
        let (stop, stopped) = watch::channel(false);
        self.stops.insert(lease.id.clone(), stop);
        let worker = Worker {
            shared: Arc::clone(&self.shared),
            lease,
            source,
            stop: stopped,
            until_idle: mode == Mode::UntilIdle,
            renewed: Instant::now(),
            published: 0,
        };
        self.workers.spawn(worker.run());
    }

    /// Takes in the result of a worker; true if there is different work now.
    async fn settle(&mut self, worked: Result<Worked, JoinError>) -> Result<bool, DeliveryError> {
        let Worked { lease, published, end } = worked.map_err(|_| DeliveryError::Stopped)?;
        self.stops.remove(&lease.id);
        self.published += published;
        let leases = &self.shared.leases;
        match end? {
            End::HandedBack | End::TakenOver => return Ok(false),
            End::Done if Segment::parse(&lease.id).is_none() => self.ended.push(lease.id),
            End::Done => {}
            End::Trimmed => {
                self.lost();
                self.open_catch_up(lease.acknowledged_at).await?;
                leases.restart(&lease, self.shared.now()).await.map_err(failed)?;
            }
            End::Gone => {
                self.lost();
                self.open_catch_up(lease.acknowledged_at).await?;
                leases.give_up(&lease.id).await.map_err(failed)?;
            }
        }
        Ok(true)
    }
}
