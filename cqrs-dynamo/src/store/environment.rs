use cqrs_core::StoreError;

use super::Dynamo;
use crate::aws;
use crate::table::not_set_up;

/// The variable by which the AWS SDKs direct DynamoDB to another endpoint, and the variable for its streams.
const ENDPOINT: &str = "AWS_ENDPOINT_URL_DYNAMODB";
const STREAMS_ENDPOINT: &str = "AWS_ENDPOINT_URL_DYNAMODB_STREAMS";

#[cfg_attr(docsrs, doc(cfg(feature = "aws")))]
impl Dynamo {
    /// The standard AWS configuration: environment, profile, container or instance.
    ///
    /// ```
    /// use cqrs_dynamo::{Dynamo, Tables};
    ///
    /// # async fn example() -> Result<(), cqrs_core::StoreError> {
    /// let dynamo = Dynamo::from_env().await?.with_tables(Tables::with_prefix("shop-prod-"));
    /// dynamo.create_tables().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// `AWS_ENDPOINT_URL_DYNAMODB` selects another endpoint. The streams use it too, unless
    /// `AWS_ENDPOINT_URL_DYNAMODB_STREAMS` selects another one. Nothing is sent yet, and no table is made: see
    /// [`Dynamo::create_tables`].
    ///
    /// A connection may take 3 seconds, an attempt 10, and a request with all its attempts 35. A command that reaches
    /// the last limit ends with [`ExecuteError::Store`](cqrs_core::ExecuteError), which has the command's id, and
    /// [`StoreError::Unavailable`]: the commit may have been written. Send the command again under its id. To use other
    /// limits, pass a configuration:
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use aws_config::BehaviorVersion;
    /// use aws_config::timeout::TimeoutConfig;
    /// use cqrs_dynamo::Dynamo;
    ///
    /// # async fn example() {
    /// let limits = TimeoutConfig::builder()
    ///     .operation_attempt_timeout(Duration::from_secs(1))
    ///     .operation_timeout(Duration::from_secs(3))
    ///     .build();
    /// let conf = aws_config::defaults(BehaviorVersion::v2026_01_12()).timeout_config(limits).load().await;
    /// let dynamo = Dynamo::from_conf(&conf);
    /// # }
    /// ```
    ///
    /// The settings are those that the SDK reads: endpoints, retries, dual stack, FIPS, account ids, proxies. A
    /// function on Lambda starts sooner than with the SDK's own configuration, because nothing is made before it is
    /// needed:
    ///
    /// * All clients share one HTTP client; its TLS is made for the first request. The SDK makes one for each of them
    ///   at once.
    /// * If the environment has credentials, no other source of credentials is made.
    /// * A connection to AWS trusts the roots of Amazon, and reads the certificates of the system only if those roots
    ///   are not enough, as behind a proxy that inspects TLS. It trusts these roots even if they were removed from the
    ///   system. Other hosts, including those of AWS in China, are checked against the certificates of the system
    ///   alone. If `SSL_CERT_FILE` and `SSL_CERT_DIR` are set, they alone count.
    ///
    /// Credentials of AWS SSO and of external processes need features of `aws-config` that this crate leaves off. Load
    /// the configuration yourself, and pass it to [`Dynamo::from_conf`].
    ///
    /// # Errors
    /// [`StoreError::Refused`] if no region is configured.
    pub async fn from_env() -> Result<Self, StoreError> {
        let conf = aws::configuration().await.ok_or_else(|| {
            not_set_up(
                "no AWS region is configured; set `AWS_REGION`, or a region in the profile of `AWS_PROFILE`",
            )
        })?;
        let endpoint = std::env::var(ENDPOINT).ok().filter(|_| std::env::var_os(STREAMS_ENDPOINT).is_none());
        Ok(Self::new(&conf, endpoint))
    }
}
