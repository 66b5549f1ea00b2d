use std::time::Duration;

/// From this many receives on, a message comes back after [`LONG_WAIT`] at least. The remaining receives then last longer than
/// the 14 days for which SQS keeps a message, so no message is lost by its receive count.
const MANY_RECEIVES: u32 = 400;
const LONG_WAIT: Duration = Duration::from_hours(1);

/// When a message comes back, so that its receives are not used up.
pub(crate) fn sparing(wait: Duration, receives: u32) -> Duration {
    if receives > MANY_RECEIVES { wait.max(LONG_WAIT) } else { wait }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::MAX_RECEIVES;

    #[test]
    fn no_message_is_received_as_often_as_sqs_counts_before_it_is_too_old_anyway() {
        let mut lived = Duration::ZERO;
        for receives in 1..MAX_RECEIVES {
            lived += sparing(Duration::ZERO, receives);
        }
        assert!(lived > Duration::from_hours(14 * 24), "{lived:?}");
    }
}
