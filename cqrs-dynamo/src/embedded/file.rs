use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// The first bytes of every SQLite file.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// Makes sure that SQLite finds a file that it can open, and makes a missing one. SQLite itself reports a folder, a missing
/// folder and a missing right by one code, and gives some names another meaning.
///
/// Only its owner may read and write a new file; SQLite gives the files that belong to it the same mode.
///
/// # Errors
/// What is wrong, and what to do.
pub(super) fn prepare(path: &Path) -> Result<&str, String> {
    let text = path.to_str().ok_or("its path is not UTF-8; name another one")?;
    if text.is_empty() {
        return Err("its path is empty; name a file".to_owned());
    }
    if text == ":memory:" {
        return Err("it is not a path; `Dynamo::embedded_in_memory` makes a database in memory".to_owned());
    }
    if text.starts_with("file:") {
        return Err("it is a URI; name the file by its path".to_owned());
    }
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => Err("it is a folder; name a file in it".to_owned()),
        Ok(metadata) if !metadata.is_file() => Err("it is not a regular file; name another one".to_owned()),
        // Root could write to it, but a file without write permission is meant to stay as it is.
        Ok(metadata) if metadata.permissions().readonly() => Err(READ_ONLY.to_owned()),
        Ok(_) => check(path),
        Err(error) if error.kind() == ErrorKind::NotFound => make(path),
        Err(error) => Err(wrong(path, &error)),
    }?;
    Ok(text)
}

const READ_ONLY: &str = "it is read-only for this program, or its folder is; make both writable for the program's user \
                         (SQLite keeps files next to it), or copy it to another place and name that";

fn check(path: &Path) -> Result<(), String> {
    let mut file =
        OpenOptions::new().read(true).write(true).open(path).map_err(|error| wrong(path, &error))?;
    let mut start = Vec::with_capacity(MAGIC.len());
    Read::by_ref(&mut file)
        .take(MAGIC.len() as u64)
        .read_to_end(&mut start)
        .map_err(|error| wrong(path, &error))?;
    // An empty file is an empty database.
    if start.is_empty() || start == MAGIC { Ok(()) } else { Err(NO_DATABASE.to_owned()) }
}

const NO_DATABASE: &str =
    "it is not a database that this crate made; name another file, or one that does not exist yet";

fn make(path: &Path) -> Result<(), String> {
    match private().open(path) {
        Ok(File { .. }) => Ok(()),
        // Another process has made it meanwhile.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => check(path),
        Err(error) => Err(wrong(path, &error)),
    }
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// What the system's error means for a file that is to be opened or made.
fn wrong(path: &Path, error: &io::Error) -> String {
    let folder = path.parent().unwrap_or(path).display();
    match error.kind() {
        ErrorKind::NotFound => format!("there is no folder `{folder}`; make it, or name another one"),
        ErrorKind::NotADirectory => format!("`{folder}` is not a folder; name another one"),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => READ_ONLY.to_owned(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => FULL.to_owned(),
        _ => format!("the system refuses it ({error}); check the path and the disk"),
    }
}

const FULL: &str = "the disk is full, or the file has reached its limit; nothing of this request is stored; make room and \
                    try again";

/// Texts of SQLite, as dynoxide passes them on, and their meaning. At run time only the text of an error is available.
const SAID: [(&str, &str); 12] = [
    ("is full", FULL),
    (LOCKED, "another program holds a lock on it; wait until that program is done, or end it, and try again"),
    ("readonly", READ_ONLY),
    ("read-only", READ_ONLY),
    ("access permission denied", READ_ONLY),
    (
        "unable to open",
        "its folder, or a file that SQLite keeps next to it, cannot be opened; check that they exist, and that \
                        the program's user may read and write them",
    ),
    ("not a valid", NO_DATABASE),
    ("not a database", NO_DATABASE),
    ("malformed", DAMAGED),
    ("corrupt", DAMAGED),
    (
        "I/O error",
        "the disk cannot be read or written; check it for free space and for faults, and try again",
    ),
    ("newer", "a newer version of this crate wrote it; open it with that version, or name another file"),
];

const DAMAGED: &str = "it is damaged; restore it from a copy";

const LOCKED: &str = "is locked";

/// Whether another process holds the lock that this one needs.
pub(super) fn is_locked(said: &str) -> bool {
    said.contains(LOCKED)
}

/// What an error of the storage says about the file; `None` if it is about something else.
pub(super) fn explained(said: &str) -> Option<&'static str> {
    SAID.iter().find(|(part, _)| said.contains(part)).map(|(_, meaning)| *meaning)
}
