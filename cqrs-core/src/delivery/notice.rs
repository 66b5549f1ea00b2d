use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often a lasting state is logged.
const EVERY: Duration = Duration::from_secs(60);

/// When a lasting state was logged last: logged for every message, it would drown the rest of the log.
#[derive(Debug, Default)]
pub(crate) struct Notice {
    told: Mutex<Option<Instant>>,
}

impl Notice {
    /// Whether it is to be logged now.
    pub(crate) fn is_due(&self) -> bool {
        self.is_due_at(Instant::now())
    }

    fn is_due_at(&self, now: Instant) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = told.is_none_or(|told| now.saturating_duration_since(told) >= EVERY);
        if is_due {
            *told = Some(now);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_once_a_minute() {
        let (notice, start) = (Notice::default(), Instant::now());
        let due =
            [0, 1, 59, 60, 61, 119, 120].map(|second| notice.is_due_at(start + Duration::from_secs(second)));
        assert_eq!(due, [true, false, false, true, false, false, true]);
    }
}
