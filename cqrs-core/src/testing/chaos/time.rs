//! Time goes by, clocks differ, and what is due is swept.

use std::time::Duration;

use fastrand::Rng;
use futures_util::future::join;

use super::broker::chance;
use super::stopped_after;
use crate::app::App;
use crate::clock::Clock;
use crate::commit::record::Record;
use crate::delivery::DeliveryError;
use crate::store::{StoreError, TIMER_SHARDS, TimerId};
use crate::timestamp::Timestamp;

/// 9999-12-31T23:59:59.999Z, in milliseconds.
const END: i64 = 253_402_300_799_999;
/// How many minutes the clock of a machine may be wrong.
const SKEW: i64 = 5;
/// How many minutes go by between two batches at most.
const MINUTES: u64 = 10;
/// How often time leaps beyond everything that is due. By then, a deadline that sets itself again for ever has been
/// seen.
const LEAPS: u32 = 10;

/// The time of a chaos.
#[derive(Debug)]
pub(super) struct Time {
    pub(super) now: Timestamp,
    /// Whether something may wait for its time.
    pub(super) matters: bool,
    leaps: u32,
}

/// A program that runs, with a clock of its own.
pub(super) struct Program {
    pub(super) app: App,
    clock: Clock,
    skew: i64,
}

impl Time {
    pub(super) fn of(app: &App) -> Self {
        let runtime = &app.delivery().runtime;
        Self { now: runtime.clock.now(), matters: runtime.has_timers, leaps: 0 }
    }

    /// By how many minutes the clock of the next machine is wrong.
    pub(super) fn skew(&self, rng: &mut Rng) -> i64 {
        if self.matters { rng.i64(-SKEW..=SKEW) } else { 0 }
    }

    pub(super) fn pass(&mut self, rng: &mut Rng) {
        self.now = self.now + Duration::from_secs(60 * rng.u64(..MINUTES));
    }

    /// Leaps beyond everything that waits; false if nothing is left to wait for.
    ///
    /// # Errors
    /// The error of the store.
    pub(super) async fn leap(&mut self, app: &App) -> Result<bool, StoreError> {
        if !self.matters {
            return Ok(false);
        }
        if self.leaps == LEAPS {
            return Ok(!timers(app, self.now).await?.is_empty());
        }
        let waiting = timers(app, Timestamp::from_unix_millis(END)).await?;
        let Some(last) = waiting.iter().filter_map(id_of).map(|id| id.due()).max() else { return Ok(false) };
        self.leaps += 1;
        // Due by every clock.
        self.now = self.now.max(last + Duration::from_secs(60 * 2 * SKEW.unsigned_abs()));
        Ok(true)
    }
}

impl Program {
    pub(super) fn new(skew: i64, now: Timestamp, start: impl FnOnce(&Clock) -> App) -> Self {
        let clock = Clock::at(now);
        let program = Self { app: start(&clock), clock, skew };
        program.set(now);
        program
    }

    pub(super) fn set(&self, now: Timestamp) {
        self.clock.set(Timestamp::from_unix_millis(now.unix_millis() + self.skew * 60_000));
    }

    /// Sweeps once, with another program at the same time if there is one; true if both were killed during it.
    ///
    /// # Errors
    /// Errors that are not faults of a store.
    pub(super) async fn sweep(&self, other: Option<&Self>, steps: Option<u32>) -> Result<bool, String> {
        let both = async {
            match other {
                Some(other) => {
                    let (first, second) = join(self.app.sweep(), other.app.sweep()).await;
                    first.and(second)
                }
                None => self.app.sweep().await,
            }
        };
        match stopped_after(steps, both).await {
            None => Ok(true),
            Some(Ok(_)) => Ok(false),
            Some(Err(error)) if is_of_a_store(&error) => Ok(false),
            Some(Err(error)) => Err(error.to_string()),
        }
    }
}

fn is_of_a_store(error: &DeliveryError) -> bool {
    error.is_transient() || error.is_outage()
}

/// Whether another program sweeps at the same time.
pub(super) fn is_doubled(rng: &mut Rng) -> bool {
    chance(rng, 50)
}

/// What waits, and is due by then.
pub(super) async fn timers(app: &App, until: Timestamp) -> Result<Vec<Record>, StoreError> {
    let events = app.delivery().runtime.event_store();
    let mut found = Vec::new();
    for shard in 0..TIMER_SHARDS {
        let (partition, mut after) = (TimerId::partition(shard), None);
        loop {
            let page = events.timers(&partition, until, after.as_ref()).await?;
            let last = page.timers.iter().rev().find_map(id_of);
            found.extend(page.timers);
            if last.is_none() || !page.more {
                break;
            }
            after = last;
        }
    }
    Ok(found)
}

/// Everything that waits.
pub(super) async fn all_timers(app: &App) -> Result<Vec<Record>, StoreError> {
    match app.delivery().runtime.has_timers {
        true => timers(app, Timestamp::from_unix_millis(END)).await,
        false => Ok(Vec::new()),
    }
}

fn id_of(record: &Record) -> Option<TimerId> {
    TimerId::parse(record.get("pk")?.as_str()?, record.get("sk")?.as_str()?)
}
