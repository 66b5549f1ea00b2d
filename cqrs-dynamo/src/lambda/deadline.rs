use std::time::{Duration, SystemTime};

use lambda_runtime::Context;

/// The time that is left for the answer when the work is abandoned.
const MARGIN: Duration = Duration::from_secs(2);

/// How long an invocation may work: up to its deadline, less the time for the answer, and at least half of the time left.
pub(super) fn time_left(context: &Context) -> Duration {
    let left = context.deadline().duration_since(SystemTime::now()).unwrap_or_default();
    left.saturating_sub(MARGIN).max(left / 2)
}
