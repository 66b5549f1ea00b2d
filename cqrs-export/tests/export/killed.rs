use std::path::Path;
use std::process::Command;

use cqrs_export::{Export, ExportError, Format};

use crate::shop::Shop;
use crate::{PART_BYTES, export, lines};

const FOLDER: &str = "EXPORT_FOLDER";
const STEP: &str = "EXPORT_ABORTS_AT";

/// This is not a test: it is the process that dies in the middle of an export.
#[tokio::test]
async fn child() {
    let (Ok(folder), Ok(step)) = (std::env::var(FOLDER), std::env::var(STEP)) else { return };
    let mut left: u32 = step.parse().unwrap();
    let shop = Shop::open().await;
    let export = Export::new(&shop.app, folder).format(Format::JsonLines).part_bytes(PART_BYTES);
    let exported = export.run(|_| {
        left -= 1;
        if left == 0 {
            // None of the process's code runs any more, as with `kill -9`.
            std::process::abort();
        }
    });
    exported.await.unwrap();
}

/// Whether the child completed.
fn run_child(folder: &Path, step: u32) -> bool {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "killed::child"]).env(FOLDER, folder).env(STEP, step.to_string());
    child.output().unwrap().status.success()
}

#[tokio::test]
async fn an_export_that_is_killed_at_any_step_continues() {
    let shop = Shop::open().await;
    let expected = shop.lines();
    let mut step = 0;
    loop {
        step += 1;
        let folder = tempfile::tempdir().unwrap();
        let ended = run_child(folder.path(), step);
        let exported = export(&shop, folder.path(), Format::JsonLines).await;
        assert_eq!(lines(folder.path(), &exported), expected, "killed at step {step}");
        if ended {
            break;
        }
    }
    assert!(step > 15, "only {step} steps");
}

/// One export that is killed many times.
#[tokio::test]
async fn an_export_that_is_killed_again_and_again_comes_to_an_end() {
    let (shop, folder) = (Shop::open().await, tempfile::tempdir().unwrap());
    let mut deaths = 0;
    // A part has a page, up to four files, and the manifest: seven steps are one more than a part.
    while !run_child(folder.path(), 7) {
        deaths += 1;
        assert!(deaths < 50, "it does not get on");
    }
    assert!(deaths > 0);
    let exported = export(&shop, folder.path(), Format::JsonLines).await;
    assert_eq!(lines(folder.path(), &exported), shop.lines());
}

#[tokio::test]
async fn what_an_interrupted_run_left_behind_is_removed() {
    let (shop, folder) = (Shop::open().await, tempfile::tempdir().unwrap());
    assert!(!run_child(folder.path(), 5));
    for leftover in ["Ordered/v2/000009.jsonl", "Ordered/v2/000009.jsonl.tmp"] {
        let path = folder.path().join(leftover);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "{}").unwrap();
    }
    let exported = export(&shop, folder.path(), Format::JsonLines).await;
    assert_eq!(lines(folder.path(), &exported), shop.lines());
}

#[tokio::test]
async fn a_dropped_export_continues() {
    let (shop, folder) = (Shop::open().await, tempfile::tempdir().unwrap());
    let run = Export::new(&shop.app, folder.path()).format(Format::JsonLines).part_bytes(PART_BYTES);
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let mut stop = Some(stop);
    let run = run.run(move |progress| {
        if progress.files == 2 {
            stop.take().map(|stop| stop.send(()));
        }
    });
    tokio::select! {
        biased;
        _ = stopped => {}
        exported = run => panic!("{exported:?}"),
    }
    // A file may still be being written.
    let exported = loop {
        let run = Export::new(&shop.app, folder.path()).format(Format::JsonLines).part_bytes(PART_BYTES);
        match run.run(|_| {}).await {
            Err(ExportError::InUse { .. }) => tokio::task::yield_now().await,
            exported => break exported.unwrap(),
        }
    };
    assert_eq!(lines(folder.path(), &exported), shop.lines());
}
