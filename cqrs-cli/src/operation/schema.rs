use std::fs;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use cqrs_core::schema::{EventsLock, Incompatible, LockError, SchemaNumber};
use serde_json::{Value, json};

use crate::failure::{Ending, Failure};
use crate::session::Session;

/// Show and check the shapes of stored events and commands
#[derive(Debug, Subcommand)]
pub enum Schema {
    /// Print the shapes of all events and stored commands of this program
    Lock(Lock),
    /// Check whether this program and another one can read what the other stores
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
/// It needs no store. `EVENTS_LOCK=write cargo test events_lock` writes the file of a package.
#[derive(Debug, Args)]
pub struct Lock {}

impl Lock {
    fn run(self, session: &mut Session) -> Result<Ending, Failure> {
        let lock = EventsLock::linked();
        if !session.out.is_json() {
            session.out.document(&lock.to_string())?;
            return Ok(Ending::Done);
        }
        for (name, SchemaNumber { schema, widened }, entry) in lock.iter() {
            let mut value =
                json!({ "name": name, "schema": schema, "shape": entry.shape, "examples": entry.examples });
            if widened > 0 {
                value["widened"] = widened.into();
            }
            session.out.value(&value)?;
        }
        Ok(Ending::Done)
    }
}

/// Check whether this program and another one can read what the other stores
///
/// Before a deployment, give `--writer` the lock of the running program. Before a rollback, give `--reader` the lock of
/// the earlier program. A lock is an `events.lock`, or the output of `schema lock` of the other program. It needs no
/// store. Exit code 3 if something cannot be read.
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
        Incompatible::Schema { name, schema, .. } => (name, Some(*schema)),
        Incompatible::Shape { name, schema: number, .. }
        | Incompatible::Wider { name, stored: number, .. } => (name, Some(number.schema)),
        other => return json!({ "problem": other.to_string() }),
    };
    json!({ "other": other, "name": name, "schema": schema, "problem": one.to_string() })
}
