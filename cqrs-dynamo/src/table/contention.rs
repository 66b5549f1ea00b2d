//! Requests that met a transaction on the same item: neither a conflict nor a fault.

use std::time::Duration;

use cqrs_core::delivery::RetryPolicy;

/// The code of a single write that met a transaction.
pub(crate) const CONTENDED: &str = "TransactionConflictException";

/// What is left after so many attempts is no chance meeting any more.
const POLICY: RetryPolicy =
    RetryPolicy { attempts: 6, base: Duration::from_millis(20), cap: Duration::from_millis(500) };

/// Counts the attempts of one request.
#[derive(Debug, Default)]
pub(crate) struct Contention {
    failed: u32,
}

impl Contention {
    /// Waits before the next attempt; false where there is none left.
    pub(crate) async fn wait(&mut self) -> bool {
        self.failed += 1;
        if self.failed >= POLICY.attempts {
            return false;
        }
        POLICY.pause(self.failed).await;
        true
    }
}
