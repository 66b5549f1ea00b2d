use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::ExportError;
use crate::file::UNFINISHED;
use crate::manifest::{MANIFEST, Manifest, Options};

/// The lock that an exporting program holds on a folder.
const LOCK: &str = "export.lock";

/// The folder of an export that no other program writes to.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    path: PathBuf,
    _lock: Arc<Lock>,
}

/// The lock, which ends with this value. Closing the file is not enough: a process that is being started also has it
/// open for a moment.
#[derive(Debug)]
struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // If this fails, closing the file unlocks it.
        let _ = self.0.unlock();
    }
}

impl Folder {
    /// Creates the folder if it does not exist, and locks it.
    pub(crate) fn open(path: &Path) -> Result<Self, ExportError> {
        fs::create_dir_all(path).map_err(ExportError::file(path))?;
        let lock_path = path.join(LOCK);
        let lock = File::options().create(true).truncate(false).write(true).open(&lock_path);
        let lock = lock.map_err(ExportError::file(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: Arc::new(Lock(lock)) }),
            Err(TryLockError::WouldBlock) => Err(ExportError::InUse { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => Err(ExportError::File { path: lock_path, source }),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The manifest of an export with the same options that was begun here, if there is one. Everything that was
    /// written after it is removed.
    pub(crate) fn resume(&self, options: &Options) -> Result<Option<Manifest>, ExportError> {
        let Some(manifest) = Manifest::read(&self.path)? else {
            self.check_empty()?;
            return Ok(None);
        };
        if manifest.options != *options {
            let options = serde_json::to_string(&manifest.options).unwrap_or_default();
            return Err(ExportError::OtherOptions { path: self.path.clone(), options });
        }
        for file in &manifest.files {
            let path = self.path.join(&file.path);
            if !fs::metadata(&path).is_ok_and(|found| found.len() == file.bytes) {
                return Err(ExportError::Altered { path });
            }
        }
        self.clean(&manifest)?;
        Ok(Some(manifest))
    }

    fn check_empty(&self) -> Result<(), ExportError> {
        for entry in read(&self.path)? {
            let ours = entry.file_name().is_some_and(|name| {
                name == LOCK || name.to_str().is_some_and(|name| name == format!("{MANIFEST}.{UNFINISHED}"))
            });
            if !ours {
                return Err(ExportError::NotEmpty { path: self.path.clone() });
            }
        }
        Ok(())
    }

    /// Removes the files of a part that was not finished.
    fn clean(&self, manifest: &Manifest) -> Result<(), ExportError> {
        for event in read(&self.path)?.iter().filter(|path| path.is_dir()) {
            for schema in read(event)?.iter().filter(|path| path.is_dir()) {
                for file in read(schema)? {
                    if part_of(&file).is_some_and(|part| part > manifest.parts) {
                        fs::remove_file(&file).map_err(ExportError::file(file))?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// The number of the part that a file belongs to: `000003.parquet`, `000003.jsonl.tmp`.
fn part_of(path: &Path) -> Option<u64> {
    let (number, kind) = path.file_name()?.to_str()?.split_once('.')?;
    let kind = kind.strip_suffix(&format!(".{UNFINISHED}")).unwrap_or(kind);
    matches!(kind, "parquet" | "jsonl").then(|| number.parse().ok()).flatten()
}

fn read(folder: &Path) -> Result<Vec<PathBuf>, ExportError> {
    let entries = fs::read_dir(folder).map_err(ExportError::file(folder))?;
    entries.map(|entry| entry.map(|entry| entry.path()).map_err(ExportError::file(folder))).collect()
}
