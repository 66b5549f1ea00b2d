use std::io;
use std::path::PathBuf;

use cqrs_core::StoreError;

/// Why an export stopped. What is written so far counts: the same call continues from there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The events could not be read.
    #[error("the events cannot be read: {source}")]
    Store {
        /// Why.
        r#source: StoreError,
    },
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file or the folder.
        path: PathBuf,
        /// Why.
        r#source: io::Error,
    },
    /// A Parquet file could not be written.
    #[error("{}: {source}", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// Why.
        r#source: parquet::errors::ParquetError,
    },
    /// The manifest cannot be read.
    #[error("{} is not the manifest of an export ({reason}): restore it, or export into another folder", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The folder has an export that was begun with other options.
    #[error("{} has an export with other options ({options}): run it with those, or export into another folder", path.display())]
    OtherOptions {
        /// The folder.
        path: PathBuf,
        /// The options that it was begun with.
        options: String,
    },
    /// The folder has files, but no manifest.
    #[error("{} is not empty, and has no export: export into another folder", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// A file that the manifest names is missing, or is not as it was written.
    #[error("{} is missing, or has another length than it was written with: restore it, or export into another folder", path.display())]
    Altered {
        /// The file.
        path: PathBuf,
    },
    /// Another program exports to the folder.
    #[error("another program exports to {} now", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// No aggregate and no process of this program has the entity.
    #[error("no aggregate and no process of this program has the entity `{entity}`")]
    UnknownEntity {
        /// The entity.
        entity: String,
    },
}

impl From<StoreError> for ExportError {
    fn from(source: StoreError) -> Self {
        Self::Store { source }
    }
}

impl ExportError {
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        |source| Self::File { path, source }
    }
}
