use std::time::Duration;

use crate::handler::OwnRetry;

/// How often, and after which waits, something is retried: exponential, with full jitter (Marc Brooker, "Exponential Backoff And
/// Jitter", AWS Architecture Blog, 2015).
///
/// After n failures the wait is random, between zero and `base` · 2ⁿ⁻¹, or `cap` if that is less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The number of attempts in all, at least one.
    pub attempts: u32,
    /// The longest wait before the second attempt; it doubles with every attempt.
    pub base: Duration,
    /// The longest wait of all.
    pub cap: Duration,
}

impl RetryPolicy {
    /// The policy with the values that a handler sets itself. A cap that it does not set is at least its base, and a
    /// base is at most its cap.
    pub(crate) fn with(self, own: OwnRetry) -> Self {
        let OwnRetry { attempts, base, cap } = own;
        let cap = cap.unwrap_or(self.cap.max(base.unwrap_or_default()));
        Self { attempts: attempts.unwrap_or(self.attempts), base: base.unwrap_or(self.base).min(cap), cap }
    }

    /// Waits before the attempt after `failed` failures: a random time up to the doubled base.
    pub async fn pause(&self, failed: u32) {
        let wait = self.wait(failed);
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }

    /// How long to wait before the attempt after `failed` failures, random for each call.
    #[must_use]
    pub fn wait(&self, failed: u32) -> Duration {
        let longest = self.base.saturating_mul(1 << failed.saturating_sub(1).min(20)).min(self.cap);
        longest.mul_f64(fastrand::f64())
    }
}
