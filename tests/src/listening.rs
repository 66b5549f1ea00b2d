//! Subscribers of one thread, as far as tests that run side by side let them be.

use std::sync::OnceLock;

use tracing::subscriber::DefaultGuard;
use tracing::{Dispatch, Subscriber};

/// Sets the subscriber of this thread until the guard is dropped.
///
/// As long as a process has one subscriber, tracing asks that of the current thread alone whether it wants a line of code, and
/// remembers the answer for all threads. A test that has none, and comes to the line first, would silence it for the test
/// that listens. So there is always another one, which wants everything and keeps nothing.
pub fn listen(subscriber: impl Subscriber + Send + Sync + 'static) -> DefaultGuard {
    static ANOTHER: OnceLock<Dispatch> = OnceLock::new();
    ANOTHER.get_or_init(|| Dispatch::new(tracing_subscriber::registry()));
    let guard = tracing::subscriber::set_default(subscriber);
    // What was asked before there were two.
    tracing::callsite::rebuild_interest_cache();
    guard
}
