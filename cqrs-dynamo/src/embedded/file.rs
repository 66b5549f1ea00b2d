use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// How every SQLite file begins.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// Sees to it that SQLite finds a file that it can open, and makes one where there is none. SQLite itself would tell a
/// folder, a missing folder and a missing right by one code, and would take some names for something else.
///
/// A new file is readable and writable for its owner alone; SQLite gives its companions the same mode.
///
/// # Errors
/// What is wrong, and what to do.
pub(super) fn prepare(path: &Path) -> Result<&str, String> {
    let text = path.to_str().ok_or("its path is not UTF-8; name another one")?;
    if text.is_empty() {
        return Err("its path is empty; name a file".to_owned());
    }
    if text == ":memory:" {
        return Err("it is no path; `Dynamo::embedded_in_memory` makes a database in memory".to_owned());
    }
    if text.starts_with("file:") {
        return Err("it is a URI; name the file by its path".to_owned());
    }
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => Err("it is a folder; name a file in it".to_owned()),
        Ok(metadata) if !metadata.is_file() => Err("it is no regular file; name another one".to_owned()),
        // Root could write to it; but a file that nobody may write to is kept as it is for a reason.
        Ok(metadata) if metadata.permissions().readonly() => Err(READ_ONLY.to_owned()),
        Ok(_) => check(path),
        Err(error) if error.kind() == ErrorKind::NotFound => make(path),
        Err(error) => Err(wrong(path, &error)),
    }?;
    Ok(text)
}

const READ_ONLY: &str = "it is read-only for this program, or its folder is; see that the program's user may write to both \
                         (SQLite keeps files beside it), or copy it to another place and name that";

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
    "it is no database that this crate made; name another file, or one that is not there yet";

fn make(path: &Path) -> Result<(), String> {
    match private().open(path) {
        Ok(File { .. }) => Ok(()),
        // Another process made it meanwhile.
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

/// What the system's answer means for a file that is to be opened or made.
fn wrong(path: &Path, error: &io::Error) -> String {
    let folder = path.parent().unwrap_or(path).display();
    match error.kind() {
        ErrorKind::NotFound => format!("there is no folder `{folder}`; make it, or name another one"),
        ErrorKind::NotADirectory => format!("`{folder}` is no folder; name another one"),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => READ_ONLY.to_owned(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => FULL.to_owned(),
        _ => format!("the system refuses it ({error}); check the path and the disk"),
    }
}

const FULL: &str = "the disk is full, or the file has reached its limit; nothing of this request is stored; make room and \
                    try again";

/// What SQLite says, as dynoxide passes it on, and what that means. At run time only the text of an error arrives.
const SAID: [(&str, &str); 12] = [
    ("is full", FULL),
    (LOCKED, "another program holds a lock on it; wait until that program is done, or end it, and try again"),
    ("readonly", READ_ONLY),
    ("read-only", READ_ONLY),
    ("access permission denied", READ_ONLY),
    (
        "unable to open",
        "its folder, or a file that SQLite keeps beside it, cannot be opened; see that they are there, and that \
                        the program's user may read and write them",
    ),
    ("not a valid", NO_DATABASE),
    ("not a database", NO_DATABASE),
    ("malformed", DAMAGED),
    ("corrupt", DAMAGED),
    ("I/O error", "the disk refuses to read or write; check that it has room and no fault, and try again"),
    ("newer", "a newer version of this crate wrote it; open it with that version, or name another file"),
];

const DAMAGED: &str = "it is damaged; restore it from a copy";

const LOCKED: &str = "is locked";

/// Whether another process has what this one needs.
pub(super) fn is_locked(said: &str) -> bool {
    said.contains(LOCKED)
}

/// What an error of the storage says about the file; `None` where it is about something else.
pub(super) fn explained(said: &str) -> Option<&'static str> {
    SAID.iter().find(|(part, _)| said.contains(part)).map(|(_, meaning)| *meaning)
}
