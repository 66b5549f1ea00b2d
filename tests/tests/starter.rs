//! The starter as its reader has it: outside of this workspace, with `foldline` as its only dependency from here.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
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
        // The versions that are already here.
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
        self.command(arguments).output().unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
        cargo
            .args(arguments)
            .current_dir(self.folder.path())
            // What it depends on is built once.
            .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("../starter"))
            .env("CARGO_PROFILE_DEV_DEBUG", "false")
            .env("CARGO_INCREMENTAL", "0")
            .env("CARGO_TERM_COLOR", "never")
            .env("ADDRESS", "127.0.0.1:0");
        cargo
    }

    fn serve(&self, arguments: &[&str]) -> Served {
        let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        // `cargo run` becomes the program, so a signal to it is one to the program.
        let mut program = self.command(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut printed = BufReader::new(program.stdout.take().unwrap());
        let mut line = String::new();
        printed.read_line(&mut line).unwrap();
        let address =
            line.trim().strip_prefix("listening on http://").and_then(|address| address.parse().ok());
        let address = address.unwrap_or_else(|| panic!("{arguments:?} prints {line:?}"));
        Served { program, printed, address }
    }
}

/// The starter's program, which listens.
struct Served {
    program: Child,
    printed: BufReader<ChildStdout>,
    address: SocketAddr,
}

impl Served {
    /// The status line and the body of the answer.
    fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> (String, String) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: library\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.lines().next().unwrap().to_owned(), body.to_owned())
    }

    fn post(&self, path: &str, body: &str) -> (String, String) {
        self.ask("POST", path, &format!("{CLERK}content-type: application/json\r\n"), body)
    }

    /// The next line that the program prints.
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.printed.read_line(&mut line).unwrap();
        line
    }

    /// Sends a signal, and returns what the program still prints.
    fn stop(mut self, signal: &str) -> String {
        let id = self.program.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        let mut printed = String::new();
        self.printed.read_to_string(&mut printed).unwrap();
        assert!(self.program.wait().unwrap().success(), "{printed}");
        printed
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // A test that failed leaves no server behind.
        let _ = self.program.kill();
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

const CLERK: &str = "authorization: Bearer secret\r\n";
const OK: &str = "HTTP/1.1 200 OK";

#[test]
fn the_starter_serves_in_memory_without_aws_until_it_is_terminated() {
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

    let mut served = starter.serve(&["run", "--offline", "--no-default-features", "--quiet"]);
    assert_eq!(served.post("/books/978/buy", r#"{"title": "The Odyssey"}"#).0, OK);
    assert_eq!(served.post("/books/978/lend", r#"{"reader": "Ada"}"#).0, OK);
    let (refused, problem) = served.post("/books/978/lend", r#"{"reader": "Ben"}"#);
    assert_eq!(refused, "HTTP/1.1 409 Conflict");
    assert!(problem.contains("Ada has the book"), "{problem}");
    assert_eq!(served.ask("GET", "/cards/978", "", "").0, "HTTP/1.1 401 Unauthorized");
    let (returned, answer) = served.post("/books/978/return", r#"{"condition": "Torn"}"#);
    assert_eq!(returned, OK);
    let token = answer.split_once("\"token\":\"").unwrap().1.split('"').next().unwrap();
    let wait = format!("{CLERK}commit-token: {token}\r\nprefer: wait=20\r\n");
    let (_, card) = served.ask("GET", "/cards/978", &wait, "");
    assert!(card.contains(r#""timesLent":1"#) && card.contains("The Odyssey"), "{card}");
    assert_eq!(served.line(), "to be mended: LIBRARY#BOOK BOOK#978\n");
    assert_eq!(served.stop("-TERM"), "stopped\n");
    // As a reader's own rustfmt would have it.
    starter.cargo(&["fmt", "--check"]);
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

/// Each command of the READMEs, as it is written there, on a copy of the repository.
#[test]
fn the_first_hour_goes_as_the_readmes_tell_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let hour = Command::new(root.join("scripts/first-hour"))
        .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("../starter"))
        .env("CARGO_NET_OFFLINE", "true")
        .output()
        .unwrap();
    assert!(hour.status.success(), "{}{}", text(&hour), String::from_utf8_lossy(&hour.stderr));
}
