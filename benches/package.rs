//! A package that is written to be compiled, and the time that this takes.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, io};

/// A package in a separate workspace, with the versions of ours.
#[derive(Debug)]
pub struct Package {
    /// Where its `Cargo.toml` is.
    pub folder: PathBuf,
    /// Where cargo builds it.
    pub target: PathBuf,
}

impl Package {
    /// Writes the manifest; the sources are [written](Package::write) one by one. `dependencies` are lines of that table,
    /// in which `$ROOT` is the folder of our workspace.
    ///
    /// # Errors
    /// Of the file system.
    pub fn new(folder: PathBuf, target: PathBuf, name: &str, dependencies: &str) -> io::Result<Self> {
        let root = root()?;
        fs::create_dir_all(&folder)?;
        fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
        let ours = fs::read_to_string(root.join("Cargo.toml"))?;
        let profiles = ours.find("[profile.").map_or("", |at| &ours[at..]);
        let dependencies = dependencies.replace("$ROOT", &root.display().to_string());
        let manifest = format!(
            "[package]\nname = \"{name}\"\nedition = \"2024\"\n\n[dependencies]\n{dependencies}\n\n[workspace]\n\n{profiles}"
        );
        fs::write(folder.join("Cargo.toml"), manifest)?;
        Ok(Self { folder, target })
    }

    /// Writes a file of the package, even if it exists with the same text, so that cargo treats it as changed.
    ///
    /// # Errors
    /// Of the file system.
    pub fn write(&self, file: &str, text: &str) -> io::Result<()> {
        let path = self.folder.join(file);
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(path, text)
    }

    /// Cargo in its folder.
    #[must_use]
    pub fn cargo(&self, arguments: &[&str], incremental: bool) -> Command {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
        cargo.args(arguments).current_dir(&self.folder);
        cargo
            .env("CARGO_TARGET_DIR", &self.target)
            .env("CARGO_INCREMENTAL", if incremental { "1" } else { "0" });
        cargo
    }
}

/// The folder of our workspace.
///
/// # Errors
/// Of the file system.
pub fn root() -> io::Result<PathBuf> {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()
}

/// The time of a command.
#[derive(Debug, Clone, Copy)]
pub struct Took {
    /// The processor time of all its processes; the elapsed time if `/proc` does not have it.
    pub processor: Duration,
    /// The elapsed time.
    pub wall: Duration,
}

/// Runs a command to its end.
///
/// # Errors
/// It does not run, or fails; with its stderr.
pub fn time(command: &mut Command) -> io::Result<(Output, Took)> {
    let (before, started) = (processor_time(), Instant::now());
    let output = command.stdin(Stdio::null()).output()?;
    let wall = started.elapsed();
    let processor = before.zip(processor_time()).map_or(wall, |(before, after)| after - before);
    if !output.status.success() {
        return Err(io::Error::other(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr))));
    }
    Ok((output, Took { processor, wall }))
}

/// The processor time of the processes that have been waited for.
fn processor_time() -> Option<Duration> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // After the name of the program, which may have spaces: user and system time in hundredths of a second.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(13);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(Duration::from_millis((user + system) * 10))
}
