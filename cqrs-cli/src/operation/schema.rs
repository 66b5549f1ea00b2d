use std::fs;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use cqrs_core::schema::{EventsLock, Incompatible, LockError};
use serde_json::{Value, json};

use crate::failure::{Ending, Failure};
use crate::session::Session;

/// Look after the shapes of what is stored
#[derive(Debug, Subcommand)]
pub enum Schema {
    /// Print the shapes of all events and stored commands of this program
    Lock(Lock),
    /// Tell whether this program and another one read what the other stores
    Compat(Compat),
}

impl Schema {
    pub(crate) async fn run(self, session: &mut Session) -> Result<Ending, Failure> {
        match self {
            Self::Lock(operation) => operation.run(session),
            Self::Compat(operation) => operation.run(session),
        }
    }
}

/// Print the shapes of all events and stored commands of this program, as an `events.lock`
///
/// It needs no store. The file of a package is written by `EVENTS_LOCK=write cargo test events_lock`.
#[derive(Debug, Args)]
pub struct Lock {}

impl Lock {
    fn run(self, session: &mut Session) -> Result<Ending, Failure> {
        let lock = EventsLock::linked();
        if !session.out.is_json() {
            session.out.document(&lock.to_string())?;
            return Ok(Ending::Done);
        }
        for (name, schema, entry) in lock.iter() {
            let value =
                json!({ "name": name, "schema": schema, "shape": entry.shape, "examples": entry.examples });
            session.out.value(&value)?;
        }
        Ok(Ending::Done)
    }
}

/// Tell whether this program and another one read what the other stores
///
/// Before a deployment: `--writer` with the lock of the program that runs. Before the way back: `--reader` with the lock of the earlier
/// program. A lock is an `events.lock`, or what `schema lock` of the other program has printed. It needs no store. Exit code 3 where
/// something cannot be read.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub struct Compat {
    /// The lock of a program that must read what this one stores
    #[arg(long, value_name = "FILE")]
    reader: Option<PathBuf>,
    /// The lock of a program that has stored what this one must read
    #[arg(long, value_name = "FILE")]
    writer: Option<PathBuf>,
}

impl Compat {
    fn run(self, session: &mut Session) -> Result<Ending, Failure> {
        let own = EventsLock::linked();
        let mut ending = Ending::Done;
        if let Some(path) = &self.reader {
            let found = read(path)?.compat(&own);
            tell(session, "reader", &found, &mut ending)?;
        }
        if let Some(path) = &self.writer {
            let found = own.compat(&read(path)?);
            tell(session, "writer", &found, &mut ending)?;
        }
        Ok(ending)
    }
}

fn read(path: &PathBuf) -> Result<EventsLock, Failure> {
    let refused = |reason: String| Failure::work(format!("{}: {reason}", path.display()));
    let text = fs::read_to_string(path).map_err(|error| refused(error.to_string()))?;
    text.parse().map_err(|error: LockError| refused(error.to_string()))
}

fn tell(
    session: &mut Session,
    other: &str,
    found: &[Incompatible],
    ending: &mut Ending,
) -> Result<(), Failure> {
    for one in found {
        *ending = Ending::Attention;
        if session.out.is_json() {
            session.out.value(&shown(other, one))?;
        } else {
            session.out.text(&format!("{other}: {one}"))?;
        }
    }
    Ok(())
}

/// What cannot be read, as JSON.
fn shown(other: &str, one: &Incompatible) -> Value {
    let (name, schema) = match one {
        Incompatible::Unknown { name } => (name, None),
        Incompatible::Schema { name, schema, .. } | Incompatible::Shape { name, schema, .. } => {
            (name, Some(*schema))
        }
        other => return json!({ "problem": other.to_string() }),
    };
    json!({ "other": other, "name": name, "schema": schema, "problem": one.to_string() })
}
