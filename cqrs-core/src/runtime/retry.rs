use std::time::Duration;

/// How often, and after which waits, something is tried again: exponential, with full jitter
/// (Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
///
/// Before the try after n failures the wait is random, between nothing and `base` · 2ⁿ⁻¹, or `cap` where that is
/// less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How often it is tried in all; at least once.
    pub attempts: u32,
    /// The longest wait before the second try; it doubles with every try.
    pub base: Duration,
    /// The longest wait of all.
    pub cap: Duration,
}

impl RetryPolicy {
    /// Waits before the try after `failed` failures: a random time up to the doubled base.
    pub async fn pause(&self, failed: u32) {
        let wait = self.wait(failed);
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }

    /// How long to wait before the try after `failed` failures, drawn anew by each call.
    #[must_use]
    pub fn wait(&self, failed: u32) -> Duration {
        let longest = self.base.saturating_mul(1 << failed.saturating_sub(1).min(20)).min(self.cap);
        longest.mul_f64(fastrand::f64())
    }
}
