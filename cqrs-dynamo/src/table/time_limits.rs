//! How long a request may take, if the configuration of the SDK sets no limit.
//!
//! The SDK limits the time to connect, and how slowly a body may arrive, but it waits forever for an answer that never
//! begins.
//! The command then waits too, and so do all later commands on the same key.

use std::time::Duration;

use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;

/// A connection to a service of the same region takes milliseconds.
const CONNECT: Duration = Duration::from_secs(3);

/// One attempt. A page of 1 MB over a slow line, or the longest throttled write, takes far less.
const ATTEMPT: Duration = Duration::from_secs(10);

/// A request with all its attempts and the pauses between them: three attempts, the SDK's standard.
const OPERATION: Duration = Duration::from_secs(35);

/// How long SQS itself may hold a receive (Amazon SQS API Reference, "ReceiveMessage").
#[cfg(feature = "broker")]
const LONG_POLL: Duration = Duration::from_secs(20);

/// The same configuration, with a limit for each one that it leaves unset. Disabled limits stay disabled.
pub(crate) fn limited(conf: &SdkConfig) -> SdkConfig {
    fill(conf, Duration::ZERO)
}

/// The same for SQS, where each attempt may wait for messages.
#[cfg(feature = "broker")]
pub(crate) fn limited_for_long_polls(conf: &SdkConfig) -> SdkConfig {
    fill(conf, LONG_POLL)
}

fn fill(conf: &SdkConfig, longer: Duration) -> SdkConfig {
    let limits = TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(ATTEMPT + longer)
        .operation_timeout(OPERATION + longer)
        .build();
    let mut own = conf.timeout_config().cloned().unwrap_or_else(|| TimeoutConfig::builder().build());
    own.take_defaults_from(&limits);
    conf.to_builder().timeout_config(own).build()
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;

    use super::*;

    fn conf(limits: TimeoutConfig) -> SdkConfig {
        SdkConfig::builder().behavior_version(BehaviorVersion::v2026_01_12()).timeout_config(limits).build()
    }

    #[test]
    fn what_a_configuration_says_about_time_stays_and_the_rest_is_limited() {
        let half = TimeoutConfig::builder().operation_timeout(Duration::from_secs(90)).build();
        let limited = limited(&conf(half));
        let limits = limited.timeout_config().unwrap();
        assert_eq!(limits.operation_timeout(), Some(Duration::from_secs(90)));
        assert_eq!(limits.operation_attempt_timeout(), Some(ATTEMPT));
        assert_eq!(limits.connect_timeout(), Some(CONNECT));
    }

    #[test]
    fn limits_that_are_switched_off_stay_off() {
        let limited = limited(&conf(TimeoutConfig::disabled()));
        assert!(!limited.timeout_config().unwrap().has_timeouts());
    }
}
