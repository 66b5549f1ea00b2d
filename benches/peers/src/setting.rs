//! Where and with what the figures were taken.

use std::fs;
use std::process::Command;

/// The versions that count, as the lock file has them.
const PACKAGES: [&str; 6] =
    ["cqrs-es", "dynamo-es", "event-store-adapter-rs", "aws-sdk-dynamodb", "dynoxide-rs", "tokio"];

pub fn section() -> String {
    let rustc = Command::new("rustc").arg("--version").output();
    let rustc =
        rustc.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let versions: Vec<String> = PACKAGES.iter().filter_map(|name| version(name)).collect();
    format!(
        "Taken on {} with {cores} cores, {} {}; {rustc}, release profile; this project {}, {}.\n",
        processor(),
        std::env::consts::OS,
        std::env::consts::ARCH,
        env!("CARGO_PKG_VERSION"),
        versions.join(", "),
    )
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
