use cqrs_core::StoreError;

use super::Dynamo;
use crate::aws;
use crate::table::refused;

/// The variable by which the AWS SDKs lead DynamoDB somewhere else, and the one for its streams.
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
    /// `AWS_ENDPOINT_URL_DYNAMODB` leads to another endpoint, and its streams with it unless
    /// `AWS_ENDPOINT_URL_DYNAMODB_STREAMS` leads them elsewhere. Nothing is sent yet, and no table is made:
    /// see [`Dynamo::create_tables`].
    ///
    /// A connection may take 3 seconds, a try 10, and a request with all its tries 35. A command that meets the last one
    /// ends with [`ExecuteError::Store`](cqrs_core::ExecuteError), which has the command's id, and
    /// [`StoreError::Unavailable`]: the commit may have been written. Send the command again under its id. Other limits
    /// are a matter of the configuration:
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
    /// The settings are those that the SDK reads: endpoints, retries, dual stack, FIPS, account ids, proxies. A function on Lambda
    /// starts sooner with them than with the SDK's own configuration, because nothing is made before it is asked for:
    ///
    /// * All clients share one HTTP client; its TLS is made for the first request. The SDK makes one for each of them at once.
    /// * Where the environment has credentials, no other source of them is made.
    /// * A connection to AWS trusts the roots of Amazon, and reads the certificates of the system only where those are not enough, as
    ///   behind a proxy that looks into TLS. It trusts these roots also where they were removed from the system. Other hosts, also
    ///   those of AWS in China, are checked against the certificates of the system alone. `SSL_CERT_FILE` and `SSL_CERT_DIR` count
    ///   alone where they are set.
    ///
    /// Credentials of AWS SSO and of external processes need features of `aws-config` that this crate leaves
    /// off; load the configuration yourself and give it to [`Dynamo::from_conf`].
    ///
    /// # Errors
    /// [`StoreError::Refused`] where no region is configured.
    pub async fn from_env() -> Result<Self, StoreError> {
        let conf = aws::configuration().await.ok_or_else(|| {
            refused(
                "no AWS region is configured; set `AWS_REGION`, or a region in the profile of `AWS_PROFILE`",
            )
        })?;
        let endpoint = std::env::var(ENDPOINT).ok().filter(|_| std::env::var_os(STREAMS_ENDPOINT).is_none());
        Ok(Self::new(&conf, endpoint))
    }
}
