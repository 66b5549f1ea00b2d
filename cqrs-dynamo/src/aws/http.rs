use std::fmt;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use aws_sdk_dynamodb::config::RuntimeComponents;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{HttpClient, HttpConnectorSettings, SharedHttpConnector};

use super::connector::Connector;

/// The SDK's HTTP client, shared by all clients, with the same environment proxies, pools and time limits. Only the trusted roots
/// differ: see [`trust`](super::trust).
///
/// The SDK's own client builds a TLS client for each service client before any request, to load the certificates, and drops it.
#[derive(Default)]
pub(super) struct SharedClient {
    connectors: RwLock<Vec<(Limits, SharedHttpConnector)>>,
}

/// What a connector is made for: the connect timeout and the read timeout.
type Limits = (Option<Duration>, Option<Duration>);

impl SharedClient {
    fn made(&self, limits: Limits) -> Option<SharedHttpConnector> {
        let connectors = self.connectors.read().unwrap_or_else(PoisonError::into_inner);
        connectors.iter().find(|(of, _)| *of == limits).map(|(_, connector)| connector.clone())
    }
}

impl HttpClient for SharedClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let limits = (settings.connect_timeout(), settings.read_timeout());
        if let Some(connector) = self.made(limits) {
            return connector;
        }
        let mut connectors = self.connectors.write().unwrap_or_else(PoisonError::into_inner);
        // Another thread may have been faster.
        if let Some((_, connector)) = connectors.iter().find(|(of, _)| *of == limits) {
            return connector.clone();
        }
        let connector = SharedHttpConnector::new(Connector::new(settings, components.sleep_impl()));
        connectors.push((limits, connector.clone()));
        connector
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        // What the SDK says about the same client.
        Some(ConnectorMetadata::new("hyper", Some("1.x".into())))
    }
}

impl fmt::Debug for SharedClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedClient")
    }
}
