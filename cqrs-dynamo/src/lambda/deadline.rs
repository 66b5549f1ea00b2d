use std::time::{Duration, SystemTime};

use lambda_runtime::Context;

/// What is left for the answer when the work is given up.
const MARGIN: Duration = Duration::from_secs(2);

/// How long an invocation may work: up to its deadline, less what the answer takes, and at least half of what there is.
pub(super) fn time_left(context: &Context) -> Duration {
    let left = context.deadline().duration_since(SystemTime::now()).unwrap_or_default();
    left.saturating_sub(MARGIN).max(left / 2)
}
