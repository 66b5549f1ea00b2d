//! The configuration that the environment describes, made without what no request has asked for yet.
//!
//! The SDK builds a TLS client for each of its own clients and for the sources of credentials, and reads the certificates of
//! the system for them, before the first request. In a function on Lambda that is most of its start. Here all share one HTTP
//! client, which makes its TLS for the first request that needs it. All settings are read by the SDK's loader.

use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::ProvideRegion;
use aws_config::{BehaviorVersion, ConfigLoader};
use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_types::SdkConfig;

use super::credentials::Credentials;
use super::http::SharedClient;

/// The standard configuration of the SDK; none where it names no region.
pub(crate) async fn configuration() -> Option<SdkConfig> {
    let http = SharedHttpClient::new(SharedClient::default());
    let mut loader = loader(http.clone());
    // It is what the SDK asks first. Where it answers, the clients for the other sources need not be made.
    if let Some(region) = EnvironmentVariableRegionProvider::new().region().await {
        loader = loader.credentials_provider(Credentials::new(http, region.clone())).region(region);
    }
    let conf = loader.load().await;
    conf.region().is_some().then_some(conf)
}

/// The SDK's loader with an HTTP client of ours.
pub(super) fn loader(http: SharedHttpClient) -> ConfigLoader {
    aws_config::defaults(BehaviorVersion::v2026_01_12()).http_client(http)
}
