use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::time::Duration;

use futures_util::future::{Either, join_all, select};
use futures_util::{FutureExt, StreamExt, stream};
use serde_json::Value;

use super::App;
use crate::commit::record::Record;
use crate::delivery::{DeliveryError, TIMERS};
use crate::engine::{Caller, FireError, Intent, Outcome};
use crate::event::upcaster::NEWER;
use crate::panic::panic_text;
use crate::registry::{TimerArm, timer_arm};
use crate::runtime::Runtime;
use crate::store::{DeadLetter, LetterId, StoreError, TIMER_SHARDS, Timer, TimerId, fail_timer};
use crate::supervisor::{Outage, Supervised, doubled};
use crate::timestamp::Timestamp;

/// How many streams of a partition a sweep works on at the same time.
const CONCURRENT_STREAMS: usize = 8;

/// A longer reason of a dead letter is cut, because people read it.
const REASON_BYTES: usize = 4096;

/// The result of a sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Swept {
    /// Commands and deadlines that were executed, including those that changed nothing.
    pub fired: u64,
    /// Those that became dead letters.
    pub failed: u64,
    /// Those that are due but have to wait for another sweep: a store was down or denied access, or other writers were faster.
    pub left: u64,
    /// Those that are due but wait for a newer program: only it knows them, or what their streams hold.
    pub newer: u64,
}

/// The result for one timer.
enum Fired {
    Done,
    /// Another sweep has fired it, or it was cancelled.
    Gone,
    Failed,
    Left,
    Newer,
}

impl App {
    /// Executes the commands whose time has come: those that were scheduled with [`Execute::due`](super::Execute::due).
    /// It makes one pass over everything that is due now. [`App::run`], [`App::run_until_idle`] and a worker call it by
    /// themselves, every [`Settings::timer_poll`](super::Settings::timer_poll).
    ///
    /// Several programs may sweep at the same time: the commit of a command and the removal of its timer are one write,
    /// so each command is executed once. It is executed after its time by the clock of the machine that sweeps: if that
    /// clock is fast by a minute, the command is a minute early. A command that is rejected, cannot be read any more,
    /// or panics becomes a dead letter of `@timers`, unless it was cancelled in the meantime. When that letter is
    /// redriven, the command waits again and is due at once.
    ///
    /// On DynamoDB, a sweep that finds nothing costs eight reads of half a unit. A command has its usual cost, with its
    /// commit and the timer in one transaction.
    ///
    /// ```rust,standalone_crate
    /// use std::convert::Infallible;
    /// use std::time::Duration;
    ///
    /// use cqrs_core::prelude::*;
    /// use cqrs_core::store::MemoryEventStore;
    /// use cqrs_core::testing::Clock;
    ///
    /// #[event]
    /// struct RoomReleased {
    ///     reason: String,
    /// }
    ///
    /// #[command]
    /// struct ReleaseRoom {
    ///     reason: String,
    /// }
    ///
    /// #[aggregate(entity = "ROOM")]
    /// #[derive(Default)]
    /// struct Room {
    ///     free: bool,
    /// }
    ///
    /// #[aggregate]
    /// impl Room {
    ///     #[command]
    ///     fn release(&self, command: &ReleaseRoom) -> Result<Option<RoomReleased>, Infallible> {
    ///         Ok((!self.free).then(|| RoomReleased { reason: command.reason.clone() }))
    ///     }
    ///
    ///     #[apply]
    ///     fn released(&mut self, _: &RoomReleased) {
    ///         self.free = true;
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let clock = Clock::at("2024-01-01T10:00:00Z".parse()?);
    /// let app = App::builder(MemoryEventStore::new()).clock(&clock).build()?;
    /// let room = RoomKey::new(&Tenant::new("TENANT001")?, "101");
    ///
    /// let in_a_quarter = clock.now() + Duration::from_secs(15 * 60);
    /// app.execute(&room, ReleaseRoom { reason: "unpaid".into() }).due(in_a_quarter).await?;
    /// assert_eq!(app.sweep().await?.fired, 0);
    ///
    /// clock.advance(Duration::from_secs(15 * 60));
    /// assert_eq!(app.sweep().await?.fired, 1);
    /// assert!(app.load(&room).await?.state.free);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`DeliveryError::Store`] if timers or dead letters cannot be read or written. Nothing is lost, and the next
    /// sweep continues.
    pub async fn sweep(&self) -> Result<Swept, DeliveryError> {
        let mut order: Vec<u8> = (0..TIMER_SHARDS).collect();
        // This order makes programs that sweep at the same time collide less. With a seed of the test kit, it is the
        // same each time.
        if self.delivery.runtime.probe.is_none() {
            fastrand::shuffle(&mut order);
        }
        let mut all = Swept::default();
        let mut failure = None;
        for swept in join_all(order.into_iter().map(|shard| self.sweep_partition(shard))).await {
            match swept {
                Ok(swept) => all.add(swept),
                Err(source) => failure = Some(source),
            }
        }
        match failure {
            Some(source) => {
                Err(DeliveryError::Store { subscriber: TIMERS.to_owned(), source: Box::new(source) })
            }
            None => Ok(all),
        }
    }

    async fn sweep_partition(&self, shard: u8) -> Result<Swept, StoreError> {
        let runtime = &self.delivery.runtime;
        let (partition, until) = (TimerId::partition(shard), runtime.clock.now());
        let mut swept = Swept::default();
        let mut after = None;
        loop {
            let page = runtime.event_store().timers(&partition, until, after.as_ref()).await?;
            let last = page.timers.iter().rev().find_map(TimerId::of_record);
            // The commands to one stream run one after another, in the order of their times. The stream that has waited
            // longest comes first.
            let (mut places, mut streams) = (HashMap::new(), Vec::<Vec<Record>>::new());
            for record in page.timers {
                let part = |name: &str| record.get(name).cloned().unwrap_or_default();
                let place = *places.entry((part("streamPk"), part("streamSk"))).or_insert(streams.len());
                if place == streams.len() {
                    streams.push(Vec::new());
                }
                streams[place].push(record);
            }
            let mut swept_streams = stream::iter(streams)
                .map(|records| sweep_stream(runtime, records))
                .buffer_unordered(CONCURRENT_STREAMS);
            while let Some(done) = swept_streams.next().await {
                swept.add(done?);
            }
            match last {
                Some(_) if page.more => after = last,
                _ => return Ok(swept),
            }
        }
    }
}

impl Swept {
    fn add(&mut self, other: Self) {
        self.fired += other.fired;
        self.failed += other.failed;
        self.left += other.left;
        self.newer += other.newer;
    }
}

async fn sweep_stream(runtime: &Runtime, records: Vec<Record>) -> Result<Swept, StoreError> {
    let mut swept = Swept::default();
    for record in records {
        match fire(runtime, record).await? {
            Fired::Done => swept.fired += 1,
            Fired::Gone => {}
            Fired::Failed => swept.failed += 1,
            Fired::Left => swept.left += 1,
            Fired::Newer => swept.newer += 1,
        }
    }
    Ok(swept)
}

async fn fire(runtime: &Runtime, record: Record) -> Result<Fired, StoreError> {
    let timer = match Timer::decode(&record) {
        Ok(timer) => timer,
        Err(reason) => match TimerId::of_record(&record) {
            // No program that reads the timer as this one does executes it.
            Some(id) => return leave_letter(runtime, &id, record, &reason).await,
            None => {
                tracing::error!(reason, ?record, "the timers have an item that is not a timer; remove it");
                return Ok(Fired::Left);
            }
        },
    };
    // An earlier sweep crashed before it wrote the letter.
    if timer.failed.is_some() {
        return leave_letter_of(runtime, timer).await;
    }
    let Timer { id, entity, command, .. } = &timer;
    let Some(arm) = timer_arm(entity, &command.name) else {
        let reason = format!(
            "no aggregate or process `{entity}` has a stored command or a deadline `{}`{NEWER}",
            command.name
        );
        return wait_or_give_up(runtime, timer, reason).await;
    };
    let caller = Caller { runtime, cause: None };
    let intent = Intent::of_timer(&timer, runtime.clock.now());
    let (fire, takes_timer) = match arm {
        TimerArm::Command(fire) => (fire, true),
        TimerArm::Deadline(fire) => (fire, false),
    };
    let executed = AssertUnwindSafe(fire(caller, intent, command)).catch_unwind().await;
    if let (Some(probe), Ok(Ok(fired)), true) = (&runtime.probe, &executed, takes_timer) {
        probe.note_executed(&timer.metadata.command_id, fired.outcome != Outcome::Unchanged);
    }
    let reason = match executed {
        Ok(Ok(fired)) if takes_timer && fired.outcome == Outcome::Committed => return Ok(Fired::Done),
        // No commit has removed the timer.
        Ok(Ok(_)) => {
            let was_there = runtime.event_store().remove_timer(id).await?;
            return Ok(if was_there { Fired::Done } else { Fired::Gone });
        }
        Ok(Err(error @ (FireError::Contended(_) | FireError::Passing(_)))) => {
            tracing::warn!(timer = %id, %error, "what is due has to wait");
            return Ok(if error.is_newer() { Fired::Newer } else { Fired::Left });
        }
        Ok(Err(error)) if error.is_newer() => {
            return wait_or_give_up(runtime, timer, error.to_string()).await;
        }
        Ok(Err(error)) => error.to_string(),
        Err(panic) => format!("it panicked: {}", panic_text(&*panic)),
    };
    give_up(runtime, timer, reason).await
}

/// Leaves a command that only a newer program knows to that program, which may be on its way.
async fn wait_or_give_up(runtime: &Runtime, timer: Timer, reason: String) -> Result<Fired, StoreError> {
    if runtime.clock.now().since(timer.id.due()) < runtime.settings.unknown_kept {
        // Each sweep meets it until it is done.
        tracing::debug!(timer = %timer.id, reason, "what is due waits for a newer program");
        return Ok(Fired::Newer);
    }
    give_up(runtime, timer, reason).await
}

/// Makes a timer a dead letter, unless it was executed or cancelled in the meantime. Timers and dead letters may be in
/// two stores. So the timer is first marked as failed, in one step, and no program executes or cancels it then.
async fn give_up(runtime: &Runtime, timer: Timer, mut reason: String) -> Result<Fired, StoreError> {
    reason.truncate(reason.floor_char_boundary(REASON_BYTES));
    match fail_timer(runtime.event_store(), timer, reason).await? {
        Some(failed) => leave_letter_of(runtime, failed).await,
        None => Ok(Fired::Gone),
    }
}

async fn leave_letter_of(runtime: &Runtime, mut failed: Timer) -> Result<Fired, StoreError> {
    let reason = failed.failed.take().unwrap_or_default();
    leave_letter(runtime, &failed.id, failed.record(), &reason).await
}

/// After a crash in between, this is tried again, and the letter is the same.
async fn leave_letter(
    runtime: &Runtime,
    id: &TimerId,
    record: Record,
    reason: &str,
) -> Result<Fired, StoreError> {
    tracing::error!(timer = %id, reason, "a command that was due is a dead letter");
    let letter = LetterId::new(TIMERS, id.pk(), id.sk());
    let letter = DeadLetter::new(letter, reason, Timestamp::now(), Value::Object(record)).with_attempts(1);
    runtime.delivery_store().put_letter(&letter).await?;
    let was_there = runtime.event_store().remove_timer(id).await?;
    Ok(if was_there { Fired::Failed } else { Fired::Gone })
}

/// Sweeps until it is told to stop.
pub(super) struct Sweeping<'a> {
    pub(super) app: &'a App,
    fired: u64,
    begun: bool,
}

impl<'a> Sweeping<'a> {
    pub(super) fn new(app: &'a App) -> Self {
        Self { app, fired: 0, begun: false }
    }
}

impl Supervised for Sweeping<'_> {
    type Error = DeliveryError;
    const NAME: &'static str = "timers";

    async fn work<S: Future<Output = ()> + Send>(
        &mut self,
        mut stop: Pin<&mut S>,
    ) -> Result<(), DeliveryError> {
        loop {
            self.fired += self.app.sweep().await?.fired;
            self.begun = true;
            let pause = pin!(tokio::time::sleep(self.app.settings().timer_poll));
            if let Either::Left(_) = select(stop.as_mut(), pause).await {
                return Ok(());
            }
        }
    }

    fn outage(&self, error: &DeliveryError) -> Option<Outage> {
        let transient = error.is_transient();
        (transient || self.begun && error.is_outage()).then(|| Outage::of(transient))
    }

    fn progress(&self) -> u64 {
        self.fired
    }

    fn pause(&self, failures: u32) -> Duration {
        doubled(self.app.settings().timer_poll, failures)
    }
}
