//! Runs the program, as its own process.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::process::{Command, Output, Stdio};

use cqrs_cli::{Cli, clap};
use cqrs_core::App;
use cqrs_core::store::MemoryEventStore;
use cqrs_tests::emulator::{Emulator, prefix};
use serde_json::Value;
use tempfile::TempDir;

/// The command line as a clap command, with its name in the docs.
pub(crate) fn tree() -> clap::Command {
    let app = || async { App::builder(MemoryEventStore::new()).build() };
    let mut command = Cli::new("bank", app).command();
    command.build();
    command
}

/// The subcommands that do something, as they are typed: `dead-letters list`.
pub(crate) fn leaves(command: &clap::Command, above: &str) -> BTreeSet<String> {
    let below = command.get_subcommands().filter(|below| below.get_name() != "help");
    let below: Vec<_> = below.map(|below| (below, format!("{above} {}", below.get_name()))).collect();
    if below.is_empty() {
        return BTreeSet::from([above.trim().to_owned()]);
    }
    below.iter().flat_map(|(below, path)| leaves(below, path)).collect()
}

/// One inn, and its program.
pub(crate) struct Inn {
    environment: Vec<(String, String)>,
    pub(crate) folder: TempDir,
    pub(crate) ran: RefCell<BTreeSet<String>>,
}

/// The result of a call.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Inn {
    /// In an embedded file, with its guests.
    pub(crate) fn embedded() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("inn.db").display().to_string();
        Self::seeded(vec![("INN_FILE".into(), file)], folder)
    }

    /// On MiniStack, with its guests, by the AWS configuration in the environment.
    pub(crate) fn ministack() -> Self {
        let prefix = prefix();
        let environment = [
            ("AWS_ENDPOINT_URL", Emulator::ministack().endpoint.as_str()),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_REGION", "eu-central-1"),
            ("INN_PREFIX", prefix.as_str()),
            ("INN_BROKER", prefix.as_str()),
        ];
        let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self::seeded(environment.into(), tempfile::tempdir().unwrap())
    }

    fn seeded(environment: Vec<(String, String)>, folder: TempDir) -> Self {
        let inn = Self { environment, folder, ran: RefCell::default() };
        let seeded = inn.program(&["seed"]);
        assert_eq!(seeded.code, 0, "{}", seeded.err);
        inn
    }

    /// The program with its environment, and without a terminal.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_inn"));
        command.args(arguments).envs(self.environment.iter().cloned()).stdin(Stdio::null());
        command
    }

    fn program(&self, arguments: &[&str]) -> Ran {
        ran(self.command(arguments).output().unwrap())
    }

    /// Runs a subcommand.
    pub(crate) fn ops(&self, arguments: &[&str]) -> Ran {
        let mut tree = &tree();
        let mut path = Vec::new();
        for argument in arguments {
            let Some(below) = tree.find_subcommand(argument) else { break };
            (tree, path) = (below, [path.as_slice(), &[*argument]].concat());
        }
        self.ran.borrow_mut().insert(path.join(" "));
        self.program(&[&["ops"], arguments].concat())
    }

    /// Runs a subcommand that ends with 0, and returns its lines of JSON.
    #[track_caller]
    pub(crate) fn json(&self, arguments: &[&str]) -> Vec<Value> {
        self.ops(&[arguments, &["--json"]].concat()).json(0)
    }

    /// The same with another environment.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// Runs a subcommand on an app of which nothing else is known.
pub(crate) fn bare(arguments: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_inn"));
    command.arg("bare").args(arguments).stdin(Stdio::null());
    ran(command.output().unwrap())
}

fn ran(output: Output) -> Ran {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

impl Ran {
    /// Its output, if it ended with this code.
    #[track_caller]
    pub(crate) fn out(&self, code: i32) -> &str {
        assert_eq!(self.code, code, "{self:#?}");
        &self.out
    }

    /// What it printed in addition to the output, if it ended with this code.
    #[track_caller]
    pub(crate) fn err(&self, code: i32) -> &str {
        assert_eq!(self.code, code, "{self:#?}");
        &self.err
    }

    /// Its lines of JSON, if it ended with this code.
    #[track_caller]
    pub(crate) fn json(&self, code: i32) -> Vec<Value> {
        self.out(code).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}
