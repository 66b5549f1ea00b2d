use std::fmt;
use std::path::Path;
use std::sync::Arc;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use dynoxide::actions::query::QueryRequest;
use dynoxide::actions::scan::ScanRequest;
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;

/// So many items are read for a page at most. Left alone, dynoxide 3.2 takes all that follow into memory, however many,
/// and cuts them at 1 MB afterwards: each page would cost the whole rest of the table. Items of 256 bytes fill 1 MB.
const PAGE_ITEMS: usize = 4_096;

/// So many requests are answered at a time: one by the database, which has a lock around it, and one whose JSON is read or
/// written meanwhile. More threads would only wait, and each keeps the memory of the largest page that it has read.
const TURNS: usize = 2;

/// An embedded DynamoDB: a SQLite file, or memory, in the place of the SDK's HTTP client.
///
/// The SDK serializes its requests as ever; they are answered in this process instead of on a socket. Clones share
/// the database. [`Dynamo::embedded`](crate::Dynamo::embedded) is the short way to it; the long way lets one put
/// something in between, faults for example. The [crate's page](crate#the-embedded-database) says in what it
/// differs from DynamoDB.
///
/// ```
/// use cqrs_dynamo::{Dynamo, Embedded};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let database = Embedded::in_memory()?;
/// let dynamo = Dynamo::from_conf(&database.sdk_config());
/// dynamo.create_tables().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Embedded {
    database: Database,
    turns: Arc<Semaphore>,
}

/// An embedded database that cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("the embedded database {place} cannot be opened: {reason}")]
pub struct EmbeddedError {
    place: String,
    reason: String,
}

impl Embedded {
    /// Opens a file, or makes it. Several processes may have it open at once.
    ///
    /// # Errors
    /// [`EmbeddedError`] where the file cannot be opened, or is something else.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, EmbeddedError> {
        let path = path.as_ref();
        let refused = |reason: String| EmbeddedError { place: format!("`{}`", path.display()), reason };
        let text = path.to_str().ok_or_else(|| refused("its path is not UTF-8".to_owned()))?;
        let database = Database::new(text).map_err(|error| refused(error.to_string()))?;
        Ok(Self::of(database))
    }

    /// A database that lives as long as its clones.
    ///
    /// # Errors
    /// [`EmbeddedError`] where SQLite does not work at all.
    pub fn in_memory() -> Result<Self, EmbeddedError> {
        let refused =
            |error: DynoxideError| EmbeddedError { place: "in memory".to_owned(), reason: error.to_string() };
        Ok(Self::of(Database::memory().map_err(refused)?))
    }

    fn of(database: Database) -> Self {
        Self { database, turns: Arc::new(Semaphore::new(TURNS)) }
    }

    /// A configuration of the SDK that leads here.
    #[must_use]
    pub fn sdk_config(&self) -> SdkConfig {
        let credentials = Credentials::from_keys("embedded", "embedded", None);
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::from_static("local"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(self.clone())
            .build()
    }
}

impl fmt::Debug for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Embedded")
    }
}

impl HttpClient for Embedded {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Embedded {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Self { database, turns } = self.clone();
        HttpConnectorFuture::new(async move {
            // Nobody closes it.
            let _turn = turns.acquire().await.ok();
            // SQLite blocks, for a lock of another process up to seconds.
            tokio::task::spawn_blocking(move || answer(&database, &request))
                .await
                .map_err(|error| ConnectorError::other(Box::new(error), None))?
        })
    }
}

fn answer(database: &Database, request: &HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    let operation = target.rsplit('.').next().unwrap_or_default();
    let body = request.body().bytes().unwrap_or_default();
    let (status, body) = match dispatch(database, operation, body) {
        Ok(body) => (200, body),
        Err(error) => (error.status_code(), error.to_json()),
    };
    let status = status.try_into().map_err(|error| ConnectorError::user(Box::new(error)))?;
    let mut response = HttpResponse::new(status, SdkBody::from(body));
    response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
    Ok(response)
}

/// The operations that this crate sends, and what its users may want beside them.
fn dispatch(database: &Database, operation: &str, body: &[u8]) -> Result<String, DynoxideError> {
    match operation {
        "PutItem" => run(body, |request| database.put_item(request)),
        "Query" => run(body, |mut request: QueryRequest| {
            request.limit.get_or_insert(PAGE_ITEMS);
            database.query(request)
        }),
        "GetItem" => run(body, |request| database.get_item(request)),
        "TransactWriteItems" => run(body, |request| database.transact_write_items(request)),
        "DeleteItem" => run(body, |request| database.delete_item(request)),
        "UpdateItem" => run(body, |request| database.update_item(request)),
        "Scan" => run(body, |mut request: ScanRequest| {
            request.limit.get_or_insert(PAGE_ITEMS);
            database.scan(request)
        }),
        "BatchGetItem" => run(body, |request| database.batch_get_item(request)),
        "BatchWriteItem" => run(body, |request| database.batch_write_item(request)),
        "TransactGetItems" => run(body, |request| database.transact_get_items(request)),
        "GetRecords" => run(body, |request| database.get_records(request)),
        "GetShardIterator" => run(body, |request| database.get_shard_iterator(request)),
        "DescribeStream" => run(body, |request| database.describe_stream(request)),
        "ListStreams" => run(body, |request| database.list_streams(request)),
        "CreateTable" => run(body, |request| database.create_table(request)),
        "DescribeTable" => run(body, |request| database.describe_table(request)),
        "UpdateTable" => run(body, |request| database.update_table(request)),
        "UpdateTimeToLive" => run(body, |request| database.update_time_to_live(request)),
        "DescribeTimeToLive" => run(body, |request| database.describe_time_to_live(request)),
        "DeleteTable" => run(body, |request| database.delete_table(request)),
        "ListTables" => run(body, |request| database.list_tables(request)),
        other => Err(DynoxideError::UnsupportedCapability(other.to_owned())),
    }
}

fn run<Request: DeserializeOwned, Response: Serialize>(
    body: &[u8],
    operation: impl FnOnce(Request) -> Result<Response, DynoxideError>,
) -> Result<String, DynoxideError> {
    let malformed = |error: serde_json::Error| DynoxideError::SerializationException(error.to_string());
    let request = serde_json::from_slice(body).map_err(malformed)?;
    serde_json::to_string(&operation(request)?).map_err(malformed)
}
