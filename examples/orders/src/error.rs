//! Why a run stops.

use std::path::PathBuf;

use cqrs_core::delivery::DeliveryError;
use cqrs_core::{BuildError, StoreError};

use crate::file::FileError;

/// Why a run stops. What was executed before stays, and the next run goes on after it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The file of commands cannot be read, or holds lines that are no commands; nothing was executed.
    #[error(transparent)]
    File(#[from] FileError),
    /// The database cannot be opened.
    #[error("cannot open the database `{}`", .path.display())]
    Database {
        /// Where it should be.
        path: PathBuf,
        /// What the store said.
        #[source]
        source: StoreError,
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
    /// What is stored cannot be read.
    #[error("the result cannot be read")]
    Read(#[from] StoreError),
}
