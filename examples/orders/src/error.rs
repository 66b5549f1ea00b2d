//! Why a run stops.

use std::path::PathBuf;

use cqrs_core::app::QueryError;
use cqrs_core::delivery::DeliveryError;
use cqrs_core::replay::ReplayError;
use cqrs_core::{BuildError, StoreError};

use crate::file::FileError;

/// Why a run stops. What was executed before stays, and the next run continues after it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The file of commands cannot be read, or has lines that are not commands; nothing was executed.
    #[error(transparent)]
    File(#[from] FileError),
    /// This build is without the embedded database.
    #[error("this program was built without the embedded database; `cargo run -p orders` has it")]
    NoEmbedded,
    /// The database cannot be opened.
    #[error("cannot open the database `{}`", .path.display())]
    Database {
        /// Where it should be.
        path: PathBuf,
        /// What the store said.
        #[source]
        source: StoreError,
    },
    /// There is nothing that a console could show.
    #[error("there is no database `{}`; `cargo run -p orders` makes it, and `--db` names another one", .path.display())]
    NoDatabase {
        /// Where it should be.
        path: PathBuf,
    },
    /// This build is without the console.
    #[error("this program was built without the console; `cargo run -p orders -- console` has it")]
    NoConsole,
    /// The console cannot be opened.
    #[cfg(feature = "console")]
    #[error("the console cannot be opened")]
    Console(#[from] cqrs_console::ConsoleError),
    /// This build is for the embedded database alone.
    #[error("this program was built without AWS; `cargo run -p orders --features aws -- --aws …` has it")]
    NoAws,
    /// The tables cannot be used.
    #[error("the tables cannot be used")]
    Tables(#[source] StoreError),
    /// The topic and its queues cannot be used.
    #[cfg(feature = "aws")]
    #[error("the topic and its queues cannot be used; run again to go on")]
    Broker(#[from] cqrs_dynamo::BrokerError),
    /// The delivery has stopped, and no dead letter says why.
    #[cfg(feature = "aws")]
    #[error(
        "nothing has arrived for {} seconds, and the read models lack commits ({arrived} of {orders} orders are \
         complete); run again to go on, with `--replay` where messages were discarded",
        .patience.as_secs()
    )]
    Late {
        /// How many orders are correct in their read model.
        arrived: usize,
        /// How many orders there are.
        orders: usize,
        /// How long the run has waited.
        patience: std::time::Duration,
    },
    /// The program is wired wrongly.
    #[error(transparent)]
    Wiring(#[from] BuildError),
    /// The store failed at a line; the lines before it are executed.
    #[error("`{}`, line {line}: cannot be executed; run again to go on from here", .path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What the framework said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The delivery failed; the commands are executed.
    #[error("the events cannot be delivered; run again to go on")]
    Delivery(#[from] DeliveryError),
    /// The read models could not be rebuilt; the old ones are still there.
    #[error("the replay stopped; run again to go on")]
    Replay(#[from] ReplayError),
    /// What is stored cannot be read.
    #[error("the result cannot be read")]
    Read(#[from] StoreError),
    /// A list cannot be read.
    #[error("the orders cannot be listed")]
    List(#[from] QueryError),
}
