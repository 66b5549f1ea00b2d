//! Subscribers of one thread, as far as tests that run in parallel allow them.

use std::sync::OnceLock;

use tracing::subscriber::DefaultGuard;
use tracing::{Dispatch, Subscriber};

/// Sets the subscriber of this thread until the guard is dropped.
///
/// As long as a process has one subscriber, tracing asks only the subscriber of the current thread whether it wants a
/// line of code, and remembers the answer for all threads. A test without a subscriber that reaches the line first
/// would silence it for the test that listens. So there is always another subscriber, which wants everything and keeps
/// nothing.
pub fn listen(subscriber: impl Subscriber + Send + Sync + 'static) -> DefaultGuard {
    static ANOTHER: OnceLock<Dispatch> = OnceLock::new();
    ANOTHER.get_or_init(|| Dispatch::new(tracing_subscriber::registry()));
    let guard = tracing::subscriber::set_default(subscriber);
    // The answers from before there were two.
    tracing::callsite::rebuild_interest_cache();
    guard
}
