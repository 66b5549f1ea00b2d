//! An embedded DynamoDB behind a loopback port: the SDK's own HTTP stack is in the path.

use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use cqrs_dynamo::Dynamo;
use dynoxide::Database;
use tokio::net::TcpListener;

/// A server that lives as long as the runtime it was started on.
#[derive(Debug)]
pub struct Loopback {
    /// `http://127.0.0.1:…`
    pub endpoint: String,
}

impl Loopback {
    /// Starts one, in memory, on a free port.
    ///
    /// # Panics
    /// If no port is free.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(dynoxide::server::serve_on(listener, Database::memory().unwrap()));
        Self { endpoint }
    }

    /// A DynamoDB behind it, with its tables.
    ///
    /// # Panics
    /// If the tables cannot be made.
    pub async fn dynamo(&self) -> Dynamo {
        let conf = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::from_static("local"))
            .credentials_provider(Credentials::from_keys("test", "test", None))
            .endpoint_url(&self.endpoint)
            .load()
            .await;
        let dynamo = Dynamo::from_conf(&conf);
        dynamo.create_tables().await.unwrap();
        dynamo
    }
}
