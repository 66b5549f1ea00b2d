//! The measured systems, behind one interface.

use std::error::Error;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::SharedAsyncSleep;
use aws_smithy_async::rt::sleep::TokioSleep;

use crate::adapter::Adapter;
use crate::cqrs_es_store::CqrsEs;
use crate::ours::Ours;

pub type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// The library gave up because another writer took the version: the caller may try again.
    Conflict,
}

/// A way to execute commands on DynamoDB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Ours,
    OursSnapshots,
    CqrsEs,
    CqrsEsSnapshots,
    Adapter,
    AdapterSnapshots,
    /// The program keeps the aggregates in memory.
    AdapterKept,
}

impl Kind {
    /// Each library in its first configuration.
    pub const PLAIN: [Self; 3] = [Self::Ours, Self::CqrsEs, Self::Adapter];
    pub const SNAPSHOTS: [Self; 3] = [Self::OursSnapshots, Self::CqrsEsSnapshots, Self::AdapterSnapshots];

    pub fn name(self) -> &'static str {
        match self {
            Self::Ours => "this project",
            Self::OursSnapshots => "this project, snapshots",
            Self::CqrsEs => "cqrs-es, event store",
            Self::CqrsEsSnapshots => "cqrs-es, snapshot store",
            Self::Adapter => "event-store-adapter",
            Self::AdapterSnapshots => "event-store-adapter, snapshots",
            Self::AdapterKept => "event-store-adapter, kept in memory",
        }
    }

    pub async fn create_tables(self, conf: &SdkConfig) -> Fallible<()> {
        match self {
            Self::Ours | Self::OursSnapshots => Ours::create_tables(conf).await,
            Self::CqrsEs | Self::CqrsEsSnapshots => CqrsEs::create_tables(conf).await,
            Self::Adapter | Self::AdapterSnapshots | Self::AdapterKept => Adapter::create_tables(conf).await,
        }
    }

    /// A new process.
    pub async fn open(self, conf: &SdkConfig) -> Fallible<System> {
        Ok(match self {
            Self::Ours => System::Ours(Ours::open(conf, false)?),
            Self::OursSnapshots => System::Ours(Ours::open(conf, true)?),
            Self::CqrsEs => System::CqrsEs(CqrsEs::open(conf, false)),
            Self::CqrsEsSnapshots => System::CqrsEs(CqrsEs::open(conf, true)),
            Self::Adapter => System::Adapter(Adapter::open(conf, false, false).await?),
            Self::AdapterSnapshots => System::Adapter(Adapter::open(conf, true, false).await?),
            Self::AdapterKept => System::Adapter(Adapter::open(conf, false, true).await?),
        })
    }
}

/// A process.
#[derive(Clone)]
pub enum System {
    Ours(Ours),
    CqrsEs(CqrsEs),
    Adapter(Adapter),
}

impl System {
    /// One command with this number of events, as the library does it; without retries here.
    pub async fn execute(&self, stream: &str, events: usize) -> Fallible<Outcome> {
        match self {
            Self::Ours(ours) => ours.execute(stream, events).await,
            Self::CqrsEs(cqrs_es) => cqrs_es.execute(stream, events).await,
            Self::Adapter(adapter) => adapter.execute(stream, events).await,
        }
    }

    /// Fills an empty stream with this number of commits, in the cheapest way.
    pub async fn fill(&self, stream: &str, commits: u64) -> Fallible<()> {
        match self {
            Self::Ours(ours) => ours.fill(stream, commits).await,
            Self::CqrsEs(cqrs_es) => cqrs_es.fill(stream, commits).await,
            Self::Adapter(adapter) => adapter.fill(stream, commits).await,
        }
    }
}

/// A client for a peer. event-store-adapter needs an explicit sleeper.
pub fn client(conf: &SdkConfig) -> Client {
    let conf = aws_sdk_dynamodb::config::Builder::from(conf);
    Client::from_conf(conf.sleep_impl(SharedAsyncSleep::new(TokioSleep::new())).build())
}
