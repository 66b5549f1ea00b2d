use std::path::{Path, PathBuf};

use cqrs_core::contract::Contracts;
use cqrs_core::store::{CommitScan, Extent};
use cqrs_core::{App, Commit, Tenant, Timestamp};
use serde::{Deserialize, Serialize};

use crate::error::ExportError;
use crate::folder::Folder;
use crate::manifest::{ExportedFile, MANIFEST, Manifest, Options};
use crate::part::{Part, Set};
use crate::row::Row;

/// The format of the files of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Format {
    /// One JSON object on each line: `.jsonl`.
    JsonLines,
    /// Apache Parquet, compressed with Snappy: `.parquet`.
    Parquet,
}

impl Format {
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::JsonLines => "jsonl",
            Self::Parquet => "parquet",
        }
    }
}

/// An export of events into a folder; [`run`](Self::run) starts it, or continues it.
#[derive(Debug)]
#[must_use = "an export is made when it is run"]
pub struct Export<'a> {
    app: &'a App,
    folder: PathBuf,
    options: Options,
    tenant: Option<Tenant>,
    part_bytes: usize,
}

/// The progress of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Progress {
    /// How many commits were read, including earlier runs.
    pub commits: u64,
    /// About how many commits the table has; `None` if the store does not know.
    pub of: Option<u64>,
    /// How many events are in finished files.
    pub events: u64,
    /// How many files are finished.
    pub files: u64,
}

/// The result of a complete export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Exported {
    /// How many events were exported.
    pub events: u64,
    /// How many commits were read, including those that were not requested.
    pub commits: u64,
    /// How many commits [`entity`](Export::entity) or [`tenant`](Export::tenant) has left out because it is not known
    /// whose they are: no aggregate and no process of this program has the key of their stream. 0 without these options. A
    /// program that has the key exports them, into another folder.
    pub unowned: u64,
    /// The files, in the order in which they were written.
    pub files: Vec<ExportedFile>,
}

impl<'a> Export<'a> {
    /// Exports all events of an app as Parquet into a folder: a new or empty one, or one that has the same export,
    /// finished or not.
    pub fn new(app: &'a App, folder: impl AsRef<Path>) -> Self {
        Self {
            app,
            folder: folder.as_ref().to_owned(),
            options: Options::default(),
            tenant: None,
            part_bytes: 64 * 1024 * 1024,
        }
    }

    /// The format of the files. Default [`Format::Parquet`].
    pub fn format(mut self, format: Format) -> Self {
        self.options.format = format;
        self
    }

    /// Only the events of one entity: `ORDER`.
    pub fn entity(mut self, entity: impl Into<String>) -> Self {
        self.options.entity = Some(entity.into());
        self
    }

    /// Only the events of one tenant. Together with [`entity`](Self::entity), it reads only the partitions of that
    /// tenant, if the keys of the entity determine them.
    pub fn tenant(mut self, tenant: &Tenant) -> Self {
        self.options.tenant = Some(tenant.as_str().to_owned());
        self.tenant = Some(tenant.clone());
        self
    }

    /// Only events that were recorded at this time, or later.
    pub fn from(mut self, time: Timestamp) -> Self {
        self.options.from = Some(time);
        self
    }

    /// Only events that were recorded before this time.
    pub fn to(mut self, time: Timestamp) -> Self {
        self.options.to = Some(time);
        self
    }

    /// About how many bytes of events are held in memory before they are written. Default 64 MiB. A file is at most
    /// this large, and smaller values make more files. The same export may continue with another value.
    pub fn part_bytes(mut self, bytes: usize) -> Self {
        self.part_bytes = bytes;
        self
    }

    /// Exports what the folder does not have yet, and reports its progress after each page, each file, and each step of
    /// the manifest. A finished export is not read again.
    ///
    /// If the future is dropped, the export stops. The file that is being written is still finished, but does not
    /// count.
    ///
    /// # Errors
    /// [`ExportError`]. The same call continues from where it stopped.
    pub async fn run(self, mut progress: impl FnMut(&Progress) + Send) -> Result<Exported, ExportError> {
        let inspect = self.app.inspect();
        if let Some(entity) = &self.options.entity
            && !inspect.knows_entity(entity)
        {
            return Err(ExportError::UnknownEntity { entity: entity.clone() });
        }
        let folder = Folder::open(&self.folder)?;
        let manifest = match folder.resume(&self.options)? {
            Some(manifest) => manifest,
            None => {
                let manifest = Manifest::new(self.options.clone(), &self.extents());
                manifest.write(folder.path())?;
                manifest
            }
        };
        let mut told = Progress { of: inspect.count().await?, ..Progress::default() };
        let contracts = self.app.contracts();
        let mut run = Run { export: &self, folder, manifest, contracts, part: Part::default() };
        for place in 0..run.manifest.extents.len() {
            run.extent(place, &mut told, &mut progress).await?;
        }
        let Manifest { commits, unowned, files, .. } = run.manifest;
        Ok(Exported { events: files.iter().map(|file| file.events).sum(), commits, unowned, files })
    }

    /// The extents to read.
    fn extents(&self) -> Vec<Extent> {
        let partitions = self.options.entity.as_ref().zip(self.tenant.as_ref());
        let partitions =
            partitions.and_then(|(entity, tenant)| self.app.inspect().partitions(entity, tenant));
        partitions.unwrap_or_else(|| vec![Extent::Segment { number: 0, of: 1 }])
    }

    /// Whether a commit was requested; `None` if that is not known. The events of a newer program belong to the same
    /// streams as the others, so the key of the stream decides.
    fn takes(&self, commit: &Commit) -> Option<bool> {
        let recorded = commit.metadata.recorded();
        if self.options.from.is_some_and(|from| recorded < from)
            || self.options.to.is_some_and(|to| recorded >= to)
        {
            return Some(false);
        }
        let inspect = self.app.inspect();
        let tenant = match &self.options.entity {
            None if self.tenant.is_none() => return Some(true),
            None => inspect.owner(commit)?.1,
            Some(entity) => match inspect.tenant_of(entity, &commit.stream) {
                Some(tenant) => tenant,
                None => return inspect.owner(commit).map(|_| false),
            },
        };
        Some(self.tenant.as_ref().is_none_or(|asked| *asked == tenant))
    }
}

/// After this number of pages without a file, the export records how far it has read the table.
const PAGES: usize = 256;

struct Run<'a> {
    export: &'a Export<'a>,
    folder: Folder,
    manifest: Manifest,
    contracts: Contracts,
    part: Part,
}

impl Run<'_> {
    /// Exports the rest of one extent.
    async fn extent(
        &mut self,
        place: usize,
        told: &mut Progress,
        progress: &mut (impl FnMut(&Progress) + Send),
    ) -> Result<(), ExportError> {
        let (mut commits, mut unowned) = (self.manifest.commits, self.manifest.unowned);
        // They advance with each page; the manifest advances with each part.
        let Some(mut reached) = self.manifest.extents.get(place).cloned() else { return Ok(()) };
        let extent = reached.extent();
        let mut pages = 0;
        while !reached.ended {
            let after = reached.after().map_err(|reason| ExportError::Manifest {
                path: self.folder.path().join(MANIFEST),
                reason,
            })?;
            let CommitScan { commits: page, next, .. } =
                self.export.app.inspect().scan(&extent, after.as_ref()).await?;
            commits += page.len() as u64;
            for commit in page {
                match self.export.takes(&commit) {
                    Some(true) => {
                        for (name, row) in Row::of(self.export.app.inspect(), commit) {
                            self.part.add(name, row);
                        }
                    }
                    Some(false) => {}
                    None => unowned += 1,
                }
            }
            reached.read_to(next.as_ref());
            pages += 1;
            *told = Progress { commits, events: self.manifest.events(), ..*told };
            progress(told);
            if self.part.bytes >= self.export.part_bytes || pages == PAGES || reached.ended {
                pages = 0;
                self.write_part(told, progress).await?;
                if let Some(entry) = self.manifest.extents.get_mut(place) {
                    entry.clone_from(&reached);
                }
                (self.manifest.commits, self.manifest.unowned) = (commits, unowned);
                self.manifest.write(self.folder.path())?;
                *told = Progress { events: self.manifest.events(), ..*told };
                progress(told);
            }
        }
        Ok(())
    }

    /// Writes the files of a part. They count once the manifest has them.
    async fn write_part(
        &mut self,
        told: &mut Progress,
        progress: &mut (impl FnMut(&Progress) + Send),
    ) -> Result<(), ExportError> {
        let part = std::mem::take(&mut self.part);
        if part.sets.is_empty() {
            return Ok(());
        }
        let number = self.manifest.parts + 1;
        let mut files = Vec::new();
        for ((event, schema), rows) in part.sets {
            let columns = self.contracts.columns(&event, schema).unwrap_or_default();
            let set = Set { event, schema, rows, columns };
            let (folder, format) = (self.folder.clone(), self.manifest.options.format);
            let written = tokio::task::spawn_blocking(move || set.write(&folder, number, format)).await;
            let written = written.map_err(|error| ExportError::File {
                path: self.folder.path().to_owned(),
                source: std::io::Error::other(error),
            })?;
            files.push(written?);
            told.files = (self.manifest.files.len() + files.len()) as u64;
            progress(told);
        }
        self.manifest.files.append(&mut files);
        self.manifest.parts = number;
        Ok(())
    }
}
