use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::timestamp::Timestamp;

/// The clock of an app: it gives the time of commands, and decides what is due.
///
/// By default it is the machine's clock. A test sets one, and moves it:
///
/// ```
/// use std::time::Duration;
///
/// use cqrs_core::App;
/// use cqrs_core::store::MemoryEventStore;
/// use cqrs_core::testing::Clock;
///
/// let clock = Clock::at("2024-01-01T10:00:00Z".parse()?);
/// let app = App::builder(MemoryEventStore::new()).clock(&clock).build()?;
/// clock.advance(Duration::from_secs(15 * 60));
/// assert_eq!(clock.now().to_string(), "2024-01-01T10:15:00.000Z");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Clones are the same clock. Leases, pauses and time limits use the machine's clock in any case.
#[derive(Debug, Clone, Default)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// A clock that stands still at a time until it is moved.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self(Some(Arc::new(AtomicI64::new(now.unix_millis()))))
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Some(set) => Timestamp::from_unix_millis(set.load(Ordering::SeqCst)),
            None => Timestamp::now(),
        }
    }

    /// Advances a clock of a test. The machine's clock is not moved.
    pub fn advance(&self, time: Duration) {
        self.set(self.now() + time);
    }

    /// Sets a clock of a test. The machine's clock is not set.
    pub fn set(&self, now: Timestamp) {
        if let Some(set) = &self.0 {
            set.store(now.unix_millis(), Ordering::SeqCst);
        }
    }
}
