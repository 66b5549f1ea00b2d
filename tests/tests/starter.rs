//! The starter where its reader has it: outside of this workspace, with `foldline` as its one line of ours.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Mutex, PoisonError};
use std::{env, fs};

use tempfile::TempDir;

static TURN: Mutex<()> = Mutex::new(());

/// A copy of `examples/starter`.
struct Starter {
    folder: TempDir,
}

impl Starter {
    fn new() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap();
        let folder = TempDir::new().unwrap();
        copy(&root.join("examples/starter"), folder.path());
        // The versions that are here already.
        fs::copy(root.join("Cargo.lock"), folder.path().join("Cargo.lock")).unwrap();
        let manifest = folder.path().join("Cargo.toml");
        let text = fs::read_to_string(&manifest).unwrap();
        let (here, there) = ("\"../../cqrs\"", format!("{:?}", root.join("cqrs")));
        assert_eq!(text.matches(here).count(), 1, "one line is to be corrected");
        fs::write(&manifest, text.replace(here, &there)).unwrap();
        Self { folder }
    }

    fn cargo(&self, arguments: &[&str]) -> Output {
        let output = self.tried(arguments);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "cargo {arguments:?}\n{told}\n{}", text(&output));
        assert!(!told.contains("warning"), "cargo {arguments:?}\n{told}");
        output
    }

    fn tried(&self, arguments: &[&str]) -> Output {
        // Between building and running, another test would put its own program into the place of this one.
        let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        Command::new(env::var_os("CARGO").unwrap_or("cargo".into()))
            .args(arguments)
            .current_dir(self.folder.path())
            // What it depends on is built once.
            .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("../starter"))
            .env("CARGO_PROFILE_DEV_DEBUG", "false")
            .env("CARGO_INCREMENTAL", "0")
            .env("CARGO_TERM_COLOR", "never")
            .output()
            .unwrap()
    }
}

/// Copies a folder without what a build or a run has left in it.
fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let (path, to) = entry.map(|entry| (entry.path(), to.join(entry.file_name()))).unwrap();
        match path.extension().and_then(|extension| extension.to_str()) {
            _ if path.ends_with("target") || path.ends_with("Cargo.lock") => {}
            _ if path.is_dir() => {
                fs::create_dir(&to).unwrap();
                copy(&path, &to);
            }
            Some("rs" | "toml" | "lock" | "md") => {
                fs::copy(&path, &to).unwrap();
            }
            _ => {}
        }
    }
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

const REFUSED: &str = "refused: Ben has the book\n";
const MENDED: &str = "to be mended: LIBRARY#BOOK BOOK#978-0140449136\n";
const VIEWS: &str = "The Odyssey: lent 2 times, now to Ben\nAda: 0 books\nBen: 1 books\n";

#[test]
fn the_starter_runs_in_memory_without_aws() {
    let starter = Starter::new();
    let tree =
        starter.cargo(&["tree", "--offline", "--no-default-features", "--prefix", "none", "-e", "normal"]);
    let (tree, ours) = (text(&tree), "foldline ");
    assert!(tree.contains(ours) && !tree.contains("aws") && !tree.contains("sqlite"), "{tree}");
    let tested = text(&starter.cargo(&["test", "--offline", "--no-default-features"]));
    assert!(tested.contains("test a_book_is_lent_to_one_reader_at_a_time ... ok"), "{tested}");
    assert!(
        tested.contains("test wiring_is_right ... ok") && tested.contains("test events_lock ... ok"),
        "{tested}"
    );
    let ran = text(&starter.cargo(&["run", "--offline", "--no-default-features"]));
    assert_eq!(ran, [REFUSED, MENDED, VIEWS].concat());
    // As a reader's own rustfmt would have it.
    starter.cargo(&["fmt", "--check"]);
}

#[test]
fn the_starter_runs_on_a_database_in_a_file() {
    let starter = Starter::new();
    let run = || text(&starter.cargo(&["run", "--offline"]));
    assert_eq!(run(), [REFUSED, MENDED, VIEWS].concat());
    assert!(starter.folder.path().join("library.db").is_file());
    assert_eq!(run(), [REFUSED, VIEWS].concat(), "all is done already");
}

#[test]
fn a_program_that_goes_to_aws_is_told_the_feature_that_it_lacks() {
    let starter = Starter::new();
    let source = starter.folder.path().join("src/lib.rs");
    let text = fs::read_to_string(&source).unwrap();
    let (embedded, on_aws) = ("Dynamo::embedded(\"library.db\")", "Dynamo::from_env()");
    assert_eq!(text.matches(embedded).count(), 1);
    fs::write(&source, text.replace(embedded, on_aws)).unwrap();
    let refused = starter.tried(&["build", "--offline"]);
    let told = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && told.matches("error[").count() == 1, "{told}");
    assert!(told.contains("`Dynamo::from_env` needs the feature `aws`"), "{told}");
    assert!(told.contains("is the feature `dynamo` of `foldline`"), "{told}");
}
