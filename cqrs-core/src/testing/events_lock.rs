//! The test that `events_lock!` generates.

use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

use crate::aggregate::AggregateRow;
use crate::app::shared_names_in;
use crate::event::upcaster::EventSchema;
use crate::registry::stored_commands;
use crate::schema::{Changes, Entry, EventsLock, Incompatible, LockError, MOST_BYTES, NoExample, examples};

/// The name of the lock.
const FILE: &str = "events.lock";
/// `EVENTS_LOCK=write` adds what is missing.
const MODE: &str = "EVENTS_LOCK";
/// `EVENTS_LOCK_WRITER=old.lock`: the lock of a program whose events must be readable, too.
const WRITER: &str = "EVENTS_LOCK_WRITER";
/// `EVENTS_LOCK_READER=old.lock`: the lock of a program that must be able to read this one's events, after a rollback.
const READER: &str = "EVENTS_LOCK_READER";

/// Generates the test `events_lock`. It compares the events of a package, and its commands with `#[command]`, with its
/// `events.lock`.
///
/// The test decodes every example of every schema with today's code. It fails if an event is missing, if an example
/// does not decode, and if something is locked that the program no longer reads. Put it into one test target of the
/// package that defines the events:
///
/// ```rust,ignore
/// // tests/events.rs
/// use shop as _; // what is not named is not linked, and has no events
///
/// cqrs_core::events_lock!();
/// ```
///
/// | run with | it |
/// | --- | --- |
/// | nothing | compares |
/// | `EVENTS_LOCK=write` | adds entries that are missing, and never changes one |
/// | `EVENTS_LOCK_READER=v1.lock` | also lists what a program with that lock could not read: for a rollback |
/// | `EVENTS_LOCK_WRITER=v1.lock` | also lists what this program could not read from a program with that lock: for a deployment |
#[macro_export]
macro_rules! events_lock {
    () => {
        #[test]
        fn events_lock() {
            let report = $crate::testing::check_events_lock(
                ::core::env!("CARGO_MANIFEST_DIR"),
                ::core::env!("CARGO_PKG_NAME"),
            );
            if let ::core::result::Result::Err(report) = report {
                ::core::panic!("{report}");
            }
        }
    };
}

/// All faults of a lock.
#[derive(Debug)]
pub struct LockReport {
    path: PathBuf,
    problems: Vec<String>,
}

impl fmt::Display for LockReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.path.display())?;
        for problem in &self.problems {
            write!(f, "\n  - {problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for LockReport {}

/// Does the work of the [`events_lock!`](crate::events_lock) test for a package in a folder, as the environment says.
///
/// # Errors
/// [`LockReport`] with every difference between the lock and the linked events of the package.
pub fn check_events_lock(folder: &str, package: &str) -> Result<(), LockReport> {
    let path = Path::new(folder).join(FILE);
    let mut check = Check { lock: EventsLock::default(), problems: Vec::new() };
    check.run(&path, package);
    if check.problems.is_empty() { Ok(()) } else { Err(LockReport { path, problems: check.problems }) }
}

struct Check {
    lock: EventsLock,
    problems: Vec<String>,
}

impl Check {
    fn run(&mut self, path: &Path, package: &str) {
        let schemas = linked(package);
        if schemas.is_empty() {
            self.problems.push(format!(
                "no event and no command of `{package}` is linked into this test: name the crate that has them, `use {} as _;`",
                package.replace('-', "_")
            ));
            return;
        }
        self.problems.extend(shared_names_in(package).iter().map(ToString::to_string));
        match read(path) {
            Ok(lock) => self.lock = lock,
            Err(problem) => return self.problems.push(problem),
        }
        match std::env::var(MODE).as_deref() {
            Err(_) => self.missing(&schemas),
            Ok("write") => self.write(path, &schemas),
            Ok(other) => self.problems.push(format!("`{MODE}={other}`: the only value is `write`")),
        }
        self.decode(&schemas);
        self.ask(READER, |own, other| other.compat(own));
        self.ask(WRITER, EventsLock::compat);
    }

    fn missing(&mut self, schemas: &[EventSchema]) {
        for schema in schemas {
            let EventSchema { id, shape: Some(shape), .. } = schema else { continue };
            let number = schema.number();
            // Under today's name, even after a renaming, because that name is stored from now on.
            if self.lock.get(id.name, number).is_none() {
                self.problems.push(format!(
                    "`{}` (schema {number}) is missing: `{MODE}=write cargo test events_lock` adds it",
                    id.name
                ));
            }
            // The compiler reports this too, unless the lock was created after the program was compiled.
            for name in id.names() {
                if let Some(entry) = self.lock.get(name, number) {
                    let changes = Box::new(Changes::between(shape, &entry.shape));
                    if !changes.is_empty() {
                        self.problems.push(format!(
                            "`{name}` (schema {number}) is locked, and has another shape now: {}",
                            changes.text()
                        ));
                    }
                }
                if let Some((before, entry)) = self.lock.before(name, number) {
                    let changes = Box::new(Changes::breaking(shape, &entry.shape));
                    if !changes.is_empty() {
                        self.problems.push(format!(
                            "`{name}` (schema {number}) does not read all of schema {before}: {}",
                            changes.text()
                        ));
                    }
                }
            }
        }
    }

    /// Adds what is missing. An existing entry is never rewritten, because it describes what is stored.
    fn write(&mut self, path: &Path, schemas: &[EventSchema]) {
        let mut added = Vec::new();
        for schema in schemas {
            let EventSchema { id, shape: Some(shape), read, .. } = schema else { continue };
            let number = schema.number();
            if self.lock.get(id.name, number).is_some() {
                continue;
            }
            let refused = |reason: String| format!("`{}` (schema {number}): {reason}", id.name);
            if !shape.fits() {
                self.problems.push(refused(format!("its shape has over {MOST_BYTES} bytes")));
                continue;
            }
            match examples(shape) {
                Ok(examples) => {
                    let unread = examples.iter().find_map(|example| {
                        read(number, example.clone()).err().map(|reason| (example.clone(), reason))
                    });
                    if let Some((example, reason)) = unread {
                        self.problems.push(refused(format!(
                            "the example {example} is not taken ({reason}): give one that is, `#[event_data(example = \"…\")]` at the field or at its type"
                        )));
                    }
                    self.lock.insert(id.name, number, Entry { shape: shape.to_string(), examples });
                    added.push(format!("{} (schema {number})", id.name));
                }
                Err(NoExample::Refused(reason)) => self.problems.push(refused(reason)),
                Err(NoExample::Endless) => self.problems.push(refused(
                    "the type contains itself without an end: give an example, `#[event_data(example = \"…\")]`"
                        .to_owned(),
                )),
            }
        }
        if added.is_empty() || !self.problems.is_empty() {
            return;
        }
        match fs::write(path, self.lock.to_string()) {
            Ok(()) => println!("{FILE}: added {}", added.join(", ")),
            Err(error) => self.problems.push(format!("it cannot be written: {error}")),
        }
    }

    /// Reads every example of every schema with today's code.
    fn decode(&mut self, schemas: &[EventSchema]) {
        for (name, number, entry) in self.lock.iter() {
            let known =
                schemas.iter().find(|known| known.id.schema == number.schema && known.id.is_stored_as(name));
            // A schema that only `from_json` reads is listed under today's name of the event or under an earlier one.
            let Some(known) = known else {
                self.problems.push(format!(
                    "`{name}` (schema {number}) is locked, and this program does not read it: keep its struct in the chain of `from`, or an `alias` after a renaming; delete the entry only if nothing of it is stored anywhere"
                ));
                continue;
            };
            for example in &entry.examples {
                if let Err(reason) = (known.read)(number, example.clone()) {
                    self.problems
                        .push(format!("`{name}` (schema {number}): {example} cannot be read: {reason}"));
                }
            }
        }
    }

    fn ask(&mut self, variable: &str, compare: impl Fn(&EventsLock, &EventsLock) -> Vec<Incompatible>) {
        let Some(path) = std::env::var_os(variable) else { return };
        let path = PathBuf::from(path);
        if !path.is_file() {
            self.problems.push(format!("`{variable}`: there is no file {}", path.display()));
            return;
        }
        match read(&path) {
            Ok(other) => self
                .problems
                .extend(compare(&self.lock, &other).iter().map(|broken| format!("{variable}: {broken}"))),
            Err(problem) => self.problems.push(format!("{variable}: {problem}")),
        }
    }
}

fn read(path: &Path) -> Result<EventsLock, String> {
    match fs::read_to_string(path) {
        Ok(text) => text.parse().map_err(|error: LockError| error.to_string()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(EventsLock::default()),
        Err(error) => Err(error.to_string()),
    }
}

/// Every schema of every linked event and stored command of a package.
fn linked(package: &str) -> Vec<EventSchema> {
    let rows = inventory::iter::<AggregateRow>().filter(|row| row.package == package);
    let commands = stored_commands().into_iter().filter(|row| row.package == package);
    let mut all: Vec<EventSchema> = rows.flat_map(|row| (row.schemas)()).collect();
    all.extend(commands.flat_map(|row| (row.schemas)()));
    all.sort_by_key(|schema| schema.id);
    all
}
