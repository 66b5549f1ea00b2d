//! The configuration that the environment describes. Nothing is built before the first request that needs it.
//!
//! The SDK builds a TLS client for each of its own clients and for the sources of credentials, and reads the certificates of the
//! system for them, before the first request. In a Lambda function this takes most of the start. Here all clients share one HTTP
//! client, which sets up TLS for the first request that needs it. The SDK's loader reads all settings.

use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::ProvideRegion;
use aws_config::{BehaviorVersion, ConfigLoader};
use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_types::SdkConfig;

use super::credentials::Credentials;
use super::http::SharedClient;

/// The standard configuration of the SDK; `None` if it names no region.
pub(crate) async fn configuration() -> Option<SdkConfig> {
    let http = SharedHttpClient::new(SharedClient::default());
    let mut loader = loader(http.clone());
    // The SDK asks it first. If it answers, the clients for the other sources are not needed.
    if let Some(region) = EnvironmentVariableRegionProvider::new().region().await {
        loader = loader.credentials_provider(Credentials::new(http, region.clone())).region(region);
    }
    let conf = loader.load().await;
    conf.region().is_some().then_some(conf)
}

/// The SDK's loader with our HTTP client.
pub(super) fn loader(http: SharedHttpClient) -> ConfigLoader {
    aws_config::defaults(BehaviorVersion::v2026_01_12()).http_client(http)
}
