//! The benches of the project's own workspace: each prints a section of the page.

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::system::Fallible;

/// How to run one.
pub const COMMAND: &str = "cargo bench -p cqrs-benches --bench";

/// Runs a bench, and returns its output. Its progress and errors go where this program's go.
pub fn section(name: &str) -> Fallible<String> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut words = COMMAND.split(' ').skip(1).collect::<Vec<_>>();
    words.push(name);
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
    let output = cargo.args(words).current_dir(workspace).stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(format!("`{COMMAND} {name}` ended with {}", output.status).into());
    }
    let section = String::from_utf8(output.stdout)?;
    if section.starts_with("## ") {
        Ok(section)
    } else {
        Err(format!("`{COMMAND} {name}` prints no section, which begins with `## `: {section:?}").into())
    }
}
