//! Faults of a file are reported in our own words, with the file's name and a way out; a new file belongs to its owner
//! alone.

use std::fs;
use std::path::Path;
use std::sync::Barrier;
use std::thread;

use cqrs_dynamo::{Dynamo, Embedded};
use cqrs_tests::bank::{self, Open};
use dynoxide::storage::Storage;
use tempfile::TempDir;
use tokio::runtime::Builder;

/// The error names the file, says what is wrong and what to do, and none of it is another crate's advice.
fn is_refused(path: &Path, wrong: &str, way_out: &str) {
    let said = Embedded::open(path).expect_err(wrong).to_string();
    assert!(said.contains(&format!("`{}`", path.display())), "{said}");
    assert!(said.contains(wrong) && said.contains(way_out), "{said}");
    assert!(!said.contains("encryption") && !said.contains("Error"), "{said}");
}

#[test]
fn a_folder_is_no_file() {
    let folder = TempDir::new().unwrap();
    is_refused(folder.path(), "it is a folder", "name a file");
}

#[test]
fn a_folder_that_is_not_there_is_not_made() {
    let folder = TempDir::new().unwrap();
    is_refused(&folder.path().join("none/bank.db"), "there is no folder", "make it");
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    is_refused(&file.join("bank.db"), "is not a folder", "name another");
}

#[test]
fn a_file_that_is_no_database_is_left_as_it_is() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("notes.txt");
    for text in ["x", "no database at all, but some text of more than a header's length"] {
        fs::write(&path, text).unwrap();
        is_refused(&path, "it is not a database", "name another");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
    // The magic of SQLite, and then nothing that it understands.
    let forged = [b"SQLite format 3\0".as_slice(), &[7; 4096]].concat();
    fs::write(&path, &forged).unwrap();
    is_refused(&path, "it is not a database", "name another");
    assert_eq!(fs::read(&path).unwrap(), forged);
}

#[test]
fn a_name_that_sqlite_would_take_for_something_else_is_refused() {
    is_refused(Path::new(""), "its path is empty", "name a file");
    is_refused(Path::new(":memory:"), "it is not a path", "embedded_in_memory");
    is_refused(Path::new("file:bank.db?mode=memory"), "it is a URI", "name the file");
}

#[cfg(unix)]
#[test]
fn a_read_only_file_is_refused_even_to_a_user_who_may_do_everything() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("bank.db");
    drop(Embedded::open(&path).unwrap());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    is_refused(&path, "it is read-only", "make both writable");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o444);
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_file_and_its_companions_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("bank.db");
    let dynamo = Dynamo::embedded(&path).await.unwrap();
    let app = bank::app(dynamo.event_store()).unwrap();
    app.execute(&bank::account("1"), Open { owner: "Ada".into() }).await.unwrap();
    let mut names = Vec::new();
    for entry in fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        names.push(entry.file_name().into_string().unwrap());
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{names:?}");
    }
    names.sort();
    assert_eq!(names, ["bank.db", "bank.db-shm", "bank.db-wal"]);
}

#[cfg(unix)]
#[tokio::test]
async fn the_mode_of_a_file_that_is_there_stays() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("bank.db");
    fs::write(&path, "").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let _dynamo = Dynamo::embedded(&path).await.unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
}

/// Requests wait five seconds for a lock; the test waits as long.
#[tokio::test]
async fn a_lock_of_another_program_is_named_with_the_file() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("bank.db");
    let dynamo = Dynamo::embedded(&path).await.unwrap();
    let app = bank::app(dynamo.event_store()).unwrap();
    let other = Storage::new(path.to_str().unwrap()).unwrap();
    other.conn().execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = app.execute(&bank::account("1"), Open { owner: "Ada".into() }).await.unwrap_err();
    let said = format!("{refused:?}");
    assert!(said.contains(&format!("`{}`", path.display())), "{said}");
    assert!(said.contains("another program holds a lock on it"), "{said}");
    other.conn().execute_batch("ROLLBACK").unwrap();
    app.execute(&bank::account("1"), Open { owner: "Ada".into() }).await.unwrap();
}

#[test]
fn all_who_start_at_once_on_a_new_file_find_its_tables() {
    const STARTERS: usize = 4;
    for _ in 0..10 {
        let folder = TempDir::new().unwrap();
        let path = &folder.path().join("bank.db");
        let start = &Barrier::new(STARTERS);
        thread::scope(|scope| {
            for number in 0..STARTERS {
                scope.spawn(move || {
                    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
                    start.wait();
                    let dynamo = runtime.block_on(Dynamo::embedded(path)).unwrap();
                    let app = bank::app(dynamo.event_store()).unwrap();
                    let key = bank::account(&number.to_string());
                    let open = app.execute(&key, Open { owner: "Ada".into() }).into_future();
                    runtime.block_on(open).unwrap();
                });
            }
        });
    }
}
