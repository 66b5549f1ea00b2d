use std::path::Path;

use cqrs_core::store::{CommitKey, Extent};
use cqrs_core::{StreamKey, Timestamp, Version};
use serde::{Deserialize, Serialize};

use crate::error::ExportError;
use crate::export::Format;
use crate::file;

/// The name of the manifest.
pub(crate) const MANIFEST: &str = "manifest.json";

/// The version of the layout of files and columns. An export of another layout is not continued.
const LAYOUT: u32 = 2;

/// The options of an export, how far it has come, and the files that count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Manifest {
    pub(crate) options: Options,
    pub(crate) extents: Vec<Place>,
    /// How many parts are written; their numbers are in the names of the files.
    pub(crate) parts: u64,
    /// How many commits were read, including those that were not requested.
    pub(crate) commits: u64,
    /// How many of them were left out because it is not known whose they are; missing in an earlier layout.
    #[serde(default)]
    pub(crate) unowned: u64,
    pub(crate) files: Vec<ExportedFile>,
}

/// The options that distinguish one export from another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Options {
    pub(crate) layout: u32,
    pub(crate) format: Format,
    pub(crate) entity: Option<String>,
    pub(crate) tenant: Option<String>,
    pub(crate) from: Option<Timestamp>,
    pub(crate) to: Option<Timestamp>,
}

impl Default for Options {
    fn default() -> Self {
        Self { layout: LAYOUT, format: Format::Parquet, entity: None, tenant: None, from: None, to: None }
    }
}

/// How far an extent has been read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Place {
    /// The partition; `None` for the whole table.
    partition: Option<String>,
    after: Option<Key>,
    pub(crate) ended: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Key {
    pk: String,
    sk: String,
    version: Version,
}

/// A finished file of an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ExportedFile {
    /// Its path below the folder, with `/`.
    pub path: String,
    /// The stored type name of its events.
    pub event: String,
    /// Their schema.
    pub schema: u32,
    /// The number of its events.
    pub events: u64,
    /// Its length.
    pub bytes: u64,
}

impl Place {
    pub(crate) fn of(extent: &Extent) -> Self {
        let partition = match extent {
            Extent::Partition(pk) => Some(pk.clone()),
            Extent::Segment { .. } => None,
        };
        Self { partition, after: None, ended: false }
    }

    pub(crate) fn extent(&self) -> Extent {
        match &self.partition {
            Some(pk) => Extent::Partition(pk.clone()),
            None => Extent::Segment { number: 0, of: 1 },
        }
    }

    /// The commit after which the next page begins; an error for keys that are not those of a commit.
    pub(crate) fn after(&self) -> Result<Option<CommitKey>, String> {
        let key = |key: &Key| {
            let stream = StreamKey::new(&*key.pk, &*key.sk).map_err(|error| error.to_string())?;
            Ok(CommitKey::new(stream, key.version))
        };
        self.after.as_ref().map(key).transpose()
    }

    /// A page was read. The next one begins at this place, if there is one.
    pub(crate) fn read_to(&mut self, next: Option<&CommitKey>) {
        self.ended = next.is_none();
        self.after = next.map(|next| Key {
            pk: next.stream.pk().to_owned(),
            sk: next.stream.sk().to_owned(),
            version: next.version,
        });
    }
}

impl Manifest {
    pub(crate) fn new(options: Options, extents: &[Extent]) -> Self {
        let extents = extents.iter().map(Place::of).collect();
        Self { options, extents, parts: 0, commits: 0, unowned: 0, files: Vec::new() }
    }

    /// The manifest of a folder; `None` if there is none yet.
    pub(crate) fn read(folder: &Path) -> Result<Option<Self>, ExportError> {
        let path = folder.join(MANIFEST);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(ExportError::File { path, source }),
        };
        let manifest: Self = serde_json::from_str(&text)
            .map_err(|error| ExportError::Manifest { path, reason: error.to_string() })?;
        Ok(Some(manifest))
    }

    /// Replaces the earlier manifest, completely or not at all.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), ExportError> {
        let path = folder.join(MANIFEST);
        let refused = |error: serde_json::Error| ExportError::Manifest {
            path: path.clone(),
            reason: error.to_string(),
        };
        let text = serde_json::to_vec_pretty(self).map_err(refused)?;
        file::put(&path, &text)
    }

    pub(crate) fn events(&self) -> u64 {
        self.files.iter().map(|file| file.events).sum()
    }
}
