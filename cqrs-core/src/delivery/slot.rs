use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};

use crate::runtime::Settings;
use crate::supervisor::doubled;

/// The longest wait between two tries, unless `Settings::delivery` has a longer cap. A stream that waits in memory holds the stored
/// position of its subscriber back, and what is done behind it is done again after a restart.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// The slots of one subscriber, for the streams that it works on at the same time, and how many streams wait for the end of a fault.
#[derive(Debug)]
pub(super) struct Slots {
    free: Arc<Semaphore>,
    settings: Settings,
    resting: AtomicUsize,
    changed: Notify,
    is_ending: watch::Sender<bool>,
}

/// The slot of a stream that is being worked on. A stream that waits for its next try gives it up until then.
#[derive(Debug)]
pub(crate) struct Slot<'a> {
    slots: &'a Slots,
    permit: Mutex<Option<OwnedSemaphorePermit>>,
}

impl Slots {
    pub(super) fn new(concurrency: usize, settings: Settings) -> Self {
        Self {
            free: Arc::new(Semaphore::new(concurrency)),
            settings,
            resting: AtomicUsize::default(),
            changed: Notify::new(),
            is_ending: watch::Sender::new(false),
        }
    }

    pub(super) async fn take(&self) -> Slot<'_> {
        let slot = Slot { slots: self, permit: Mutex::default() };
        slot.regain().await;
        slot
    }

    /// How many streams wait for the end of a fault.
    pub(super) fn resting(&self) -> usize {
        self.resting.load(Ordering::Relaxed)
    }

    /// Returns when one more stream waits for the end of a fault.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Lets no stream wait for the end of a fault any more.
    pub(super) fn end(&self) {
        self.is_ending.send_replace(true);
    }

    fn longest(&self) -> Duration {
        self.settings.delivery.cap.max(LONGEST_WAIT)
    }
}

impl Slot<'_> {
    /// Waits before the next try.
    pub(super) async fn pause(&self, wait: Duration) {
        if wait.is_zero() {
            return;
        }
        self.release();
        tokio::time::sleep(wait.min(self.slots.longest())).await;
        self.regain().await;
    }

    /// Waits for the end of a fault elsewhere that was met this number of times in a row. False where the run ends first: it
    /// waits for the first tries only.
    pub(super) async fn rest(&self, met: u32) -> bool {
        let Slots { settings, resting, changed, is_ending, .. } = self.slots;
        let pause = doubled(settings.poll, met).min(settings.delivery.cap);
        self.release();
        let goes_on = if met < settings.delivery.attempts {
            tokio::time::sleep(pause).await;
            true
        } else {
            resting.fetch_add(1, Ordering::Relaxed);
            changed.notify_one();
            // However short the pause is, the queue sees that the stream waits.
            tokio::task::yield_now().await;
            let mut ending = is_ending.subscribe();
            let ended = tokio::time::timeout(pause, ending.wait_for(|is_ending| *is_ending)).await;
            resting.fetch_sub(1, Ordering::Relaxed);
            ended.is_err()
        };
        if goes_on {
            self.regain().await;
        }
        goes_on
    }

    fn release(&self) {
        self.set(None);
    }

    async fn regain(&self) {
        // The semaphore is never closed.
        let permit = Arc::clone(&self.slots.free).acquire_owned().await.ok();
        self.set(permit);
    }

    fn set(&self, permit: Option<OwnedSemaphorePermit>) {
        // Nothing that holds it can panic.
        *self.permit.lock().unwrap_or_else(PoisonError::into_inner) = permit;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_in_memory_is_bounded() {
        let of = |cap| {
            let mut settings = Settings::default();
            settings.delivery.cap = cap;
            Slots::new(1, settings).longest()
        };
        assert_eq!(of(Duration::from_secs(5)), Duration::from_secs(60));
        assert_eq!(of(Duration::from_mins(10)), Duration::from_mins(10));
    }

    #[tokio::test]
    async fn a_stream_that_waits_has_no_slot_and_is_seen_to_wait() {
        let mut settings = Settings { poll: Duration::from_hours(1), ..Settings::default() };
        settings.delivery.attempts = 1;
        settings.delivery.cap = Duration::from_hours(1);
        let slots = Slots::new(1, settings);
        let slot = slots.take().await;
        let others = async {
            slots.changed().await;
            assert_eq!(slots.resting(), 1);
            drop(slots.take().await);
            slots.end();
        };
        let (goes_on, ()) = tokio::join!(slot.rest(1), others);
        assert!(!goes_on, "the run ends");
        assert_eq!((slots.resting(), slots.free.available_permits()), (0, 1));
    }
}
