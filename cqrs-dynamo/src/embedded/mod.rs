//! An embedded DynamoDB that replaces the SDK's HTTP client.
//!
//! ```text
//! SDK ─ request ─ turns ─ dispatch ─ database ─┬─ file       errors of the file, in words
//!                                              ├─ half_made  leftovers of a killed process
//!                                              ├─ indexes    look-ups as cheap as in an empty file
//!                                              ├─ described  tables and streams, without counting
//!                                              ├─ pages      the size of one answer
//!                                              └─ retention  which stream records may be removed
//! ```

mod database;
mod described;
mod dispatch;
mod file;
mod half_made;
mod indexes;
mod pages;
mod retention;
mod tokens;
mod transaction;
mod turns;

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region, StalledStreamProtectionConfig};
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_types::SdkConfig;
use dynoxide::DynoxideError;
use dynoxide::storage::Storage;

use database::{Database, OPENING};
use turns::Turns;

/// The name that identifies this connector in the SDK's configuration.
const CONNECTOR: &str = "cqrs-embedded";

/// The place of a database without a file.
const IN_MEMORY: &str = "in memory";

/// The pause before retrying a file that others are opening.
const AGAIN: Duration = Duration::from_millis(5);

/// An embedded DynamoDB: a SQLite file, or memory, instead of the SDK's HTTP client.
///
/// The SDK serializes its requests as usual; they are answered in this process instead of over a socket. Clones share the
/// database. [`Dynamo::embedded`](crate::Dynamo::embedded) is the short way to use it; with this type you can put something in
/// between, for example faults. The [crate's page](crate#the-embedded-database) lists how it differs from DynamoDB.
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
    turns: Arc<Turns>,
}

/// An embedded database that cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("the embedded database {place} cannot be opened: {reason}")]
pub struct EmbeddedError {
    place: String,
    reason: String,
}

impl Embedded {
    /// Opens a file, or makes it. Several processes may open it at once.
    ///
    /// Only their owner may read and write a new file and the files that SQLite keeps next to it (`-wal`, `-shm`; mode 0600 on
    /// Unix). An existing file keeps its mode.
    ///
    /// A file of an earlier version of this crate gets its indexes now, once: this takes some seconds per million commits. This
    /// call blocks; [`Dynamo::embedded`](crate::Dynamo::embedded) does not.
    ///
    /// # Errors
    /// [`EmbeddedError`] if the file cannot be opened or made, is not writable, is locked for more than 30 seconds, or is not a
    /// database. The error says what to do. SQLite's URIs and `:memory:` are refused.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, EmbeddedError> {
        let path = path.as_ref();
        let place = format!("`{}`", path.display());
        let refused = |reason: String| EmbeddedError { place: place.clone(), reason };
        let storage = opened(file::prepare(path).map_err(refused)?).map_err(|error| {
            let said = error.to_string();
            refused(file::explained(&said).map_or(said, str::to_owned))
        })?;
        Ok(Self::of(storage, place))
    }

    /// A database that lives as long as its clones.
    ///
    /// # Errors
    /// [`EmbeddedError`] if SQLite does not work at all.
    pub fn in_memory() -> Result<Self, EmbeddedError> {
        let refused =
            |error: DynoxideError| EmbeddedError { place: IN_MEMORY.to_owned(), reason: error.to_string() };
        Ok(Self::of(Storage::memory().map_err(refused)?, IN_MEMORY.to_owned()))
    }

    fn of(storage: Storage, place: String) -> Self {
        Self { turns: Arc::new(Turns::new(Database::prepare(storage, place))) }
    }

    /// A configuration of the SDK that uses this database. It has no time limits: no network can fail to answer, and a request
    /// that waits always gets its turn.
    #[must_use]
    pub fn sdk_config(&self) -> SdkConfig {
        let credentials = Credentials::from_keys("embedded", "embedded", None);
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::from_static("local"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .timeout_config(TimeoutConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .http_client(self.clone())
            .build()
    }
}

/// Opens an existing file. If several processes open a new one at once, SQLite lets one of them set up the journal and refuses
/// the others, in spite of its busy timeout.
fn opened(path: &str) -> Result<Storage, DynoxideError> {
    let begun = Instant::now();
    loop {
        match Storage::new(path) {
            Err(error) if file::is_locked(&error.to_string()) && begun.elapsed() < OPENING => {
                thread::sleep(AGAIN);
            }
            opened => return opened,
        }
    }
}

/// Whether a configuration leads to an embedded database, with nothing in between.
pub(crate) fn leads_here(conf: &SdkConfig) -> bool {
    let client = conf.http_client();
    client.and_then(|client| client.connector_metadata()).is_some_and(|it| it.name() == CONNECTOR)
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

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        Some(ConnectorMetadata::new(CONNECTOR, None))
    }
}

impl HttpConnector for Embedded {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let turns = Arc::clone(&self.turns);
        HttpConnectorFuture::new(async move { turns.answer(request).await })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::Tables;
    use crate::table::creation;
    use aws_sdk_dynamodb::Client;
    use aws_sdk_dynamodb::config::retry::RetryConfig;
    use aws_sdk_dynamodb::error::DisplayErrorContext;
    use aws_sdk_dynamodb::types::AttributeValue;

    /// SQLite's own limit stands in for the disk's: it answers with the same code, `SQLITE_FULL`.
    #[tokio::test]
    async fn a_full_disk_is_named_and_the_database_continues_when_there_is_room() {
        let storage = Storage::memory().unwrap();
        let place = "`shop.db`".to_owned();
        let database = Embedded::of(storage, place);
        let client = Client::new(&database.sdk_config());
        creation::create(&client, &Tables::default(), 0, &[]).await.unwrap();
        limit(&database, 0);
        let put = |number: usize| {
            client
                .put_item()
                .table_name("views")
                .item("pk", AttributeValue::S(number.to_string()))
                .item("sk", AttributeValue::S("0".to_owned()))
                .item("text", AttributeValue::S("x".repeat(100_000)))
                .send()
        };
        let refused = put(1).await.unwrap_err();
        let said = DisplayErrorContext(&refused).to_string();
        assert!(said.contains("the embedded database `shop.db` cannot answer: the disk is full"), "{said}");
        assert!(said.contains("make room"), "{said}");
        limit(&database, 1_000_000);
        put(1).await.unwrap();
    }

    /// A disk that is full after some number of pages stands in for a process that is killed there: nothing more is written.
    #[tokio::test]
    async fn tables_are_made_whole_or_not_at_all() {
        let mut rooms = 0;
        loop {
            let database = Embedded::in_memory().unwrap();
            let config = aws_sdk_dynamodb::config::Builder::from(&database.sdk_config());
            let client = Client::from_conf(config.retry_config(RetryConfig::disabled()).build());
            limit(&database, pages(&database) + rooms);
            let made = creation::create(&client, &Tables::default(), 2, &[]).await;
            limit(&database, 1_000_000);
            creation::create(&client, &Tables::default(), 2, &[]).await.unwrap();
            let index = [("index1pk", "a"), ("index1sk", "b")];
            let keys = [("pk", "p"), ("sk", "s")].into_iter().chain(index);
            let item = keys.map(|(name, text)| (name.to_owned(), AttributeValue::S(text.to_owned())));
            client.put_item().table_name("views").set_item(Some(item.collect())).send().await.unwrap();
            if made.is_ok() {
                assert!(rooms > 10, "{rooms}");
                return;
            }
            rooms += 1;
        }
    }

    fn pages(database: &Embedded) -> u32 {
        let inner = database.turns.database().lock();
        inner.storage.conn().query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap()
    }

    /// Lets the file grow to some number of pages; SQLite accepts no limit below its current size.
    fn limit(database: &Embedded, pages: u32) {
        let inner = database.turns.database().lock();
        let pages = pages.max(1);
        let _: i64 = inner
            .storage
            .conn()
            .query_row(&format!("PRAGMA max_page_count = {pages}"), [], |row| row.get(0))
            .unwrap();
    }
}
