//! Files that exist completely or not at all.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::error::ExportError;

/// The suffix of a file until it is complete.
pub(crate) const UNFINISHED: &str = "tmp";

/// The name of a file until it is complete.
pub(crate) fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(UNFINISHED);
    name.into()
}

/// Gives a complete file its name.
pub(crate) fn finish(file: &File, path: &Path) -> Result<(), ExportError> {
    file.sync_all().map_err(ExportError::file(path))?;
    fs::rename(unfinished(path), path).map_err(ExportError::file(path))?;
    sync_folder(path)
}

/// Replaces a small file.
pub(crate) fn put(path: &Path, content: &[u8]) -> Result<(), ExportError> {
    let mut file = File::create(unfinished(path)).map_err(ExportError::file(path))?;
    file.write_all(content).map_err(ExportError::file(path))?;
    finish(&file, path)
}

/// The name of a file is in its folder, and folders are synced like files.
#[cfg(unix)]
fn sync_folder(path: &Path) -> Result<(), ExportError> {
    let Some(folder) = path.parent() else { return Ok(()) };
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(ExportError::file(folder))
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> Result<(), ExportError> {
    Ok(())
}
