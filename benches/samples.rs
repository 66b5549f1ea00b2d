//! Times of one operation, repeated many times.

use std::fmt;
use std::time::{Duration, Instant};

/// Times of one operation.
#[derive(Debug, Default)]
pub struct Samples(Vec<Duration>);

impl Samples {
    /// Times one call.
    pub async fn time<T>(&mut self, call: impl Future<Output = T>) -> T {
        let start = Instant::now();
        let done = call.await;
        self.0.push(start.elapsed());
        done
    }

    /// The time that `percent` of the calls do not exceed, in microseconds.
    #[must_use]
    pub fn percentile(&self, percent: usize) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let index = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
        sorted.get(index).map_or(0.0, |time| time.as_secs_f64() * 1e6)
    }
}

impl fmt::Display for Samples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>8.0} {:>8.0}", self.percentile(50), self.percentile(99))
    }
}
