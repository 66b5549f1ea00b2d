//! The machine and the versions of the figures.

use std::fs;
use std::process::Command;

use crate::{benches, report};

/// The relevant versions, from the lock file.
const PACKAGES: [&str; 6] =
    ["cqrs-es", "dynamo-es", "event-store-adapter-rs", "aws-sdk-dynamodb", "dynoxide-rs", "tokio"];

pub fn section() -> String {
    let rustc = said_version("rustc").unwrap_or_default();
    let valgrind = said_version("valgrind").map(|said| format!(", {said}")).unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let versions: Vec<String> = PACKAGES.iter().filter_map(|name| version(name)).collect();
    format!(
        "Taken on {} with {cores} cores, {} {}; {rustc}, release profile{valgrind}; this project {}, {}. By `{}`, which runs `{} NAME` \
         for the sections that name it.\n",
        processor(),
        std::env::consts::OS,
        std::env::consts::ARCH,
        env!("CARGO_PKG_VERSION"),
        versions.join(", "),
        report::COMMAND,
        benches::COMMAND,
    )
}

/// The version that a tool reports, if it is installed.
fn said_version(tool: &str) -> Option<String> {
    let output = Command::new(tool).arg("--version").output().ok()?;
    let said = String::from_utf8(output.stdout).ok()?;
    Some(said.trim().to_owned()).filter(|said| !said.is_empty())
}

fn processor() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    name.map_or_else(|| "an unknown processor".to_owned(), |(_, name)| name.trim().to_owned())
}

fn version(name: &str) -> Option<String> {
    let (_, rest) = include_str!("../Cargo.lock").split_once(&format!("name = \"{name}\"\nversion = \""))?;
    Some(format!("{name} {}", rest.split('"').next()?))
}
