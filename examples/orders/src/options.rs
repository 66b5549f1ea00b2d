//! The program's arguments.

use std::ffi::OsString;
use std::path::PathBuf;

/// The file that ships with the program.
const SHIPPED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/commands.jsonl");

/// What `--help` prints.
pub const HELP: &str = "\
Executes the commands of a file on an event store, delivers the events, and shows the read models.

usage: orders [options] [FILE]

  FILE         commands, one JSON object a line; default: the `commands.jsonl` that ships with the program.
               The whole file is checked first: one bad line, and nothing is executed.

options:
  --db PATH    the database, made where it is not there; default: `orders.db`
  --order ID   the order whose audit trail is shown; default: the first one with the most commits
  --json       one JSON document on stdout instead of text
  -h, --help   this text

Commands:
  {\"command\": \"create\", \"tenant\": …, \"orderId\": …, \"at\": RFC 3339 time, \"customerId\": …,
     \"items\": [{\"productId\": …, \"quantity\": …, \"unitPriceCents\": …, \"discountPercent\": …}, …]}
  {\"command\": \"ship\", \"tenant\": …, \"orderId\": …, \"at\": …, \"carrier\": …, \"city\": …, \"country\": …}
  {\"command\": \"cancel\", \"tenant\": …, \"orderId\": …, \"at\": …, \"reason\": …}
  Each may have `by` (who sends it), `commandId` (default: made of the command, the order and the time) and
  `expectVersion` (the version of the order that its sender has seen).

The program may be killed at any moment: run it again on the same file and database, and it goes on. A command
that is in the store already is not executed again.

The document of `--json`:
  {\"file\", \"database\",
   \"commands\": {\"total\", \"done\", \"rejected\", \"unchanged\", \"duplicate\", \"conflict\", COST,
     \"lines\": [{\"line\", \"tenant\", \"orderId\", \"command\", \"commandId\", \"outcome\",
       \"version\" | \"reason\" | \"expected\" and \"actual\"}, …]},
   \"delivery\": {\"commits\", \"confirmations\", COST, \"deadLetters\": [{\"subscriber\", \"pk\", \"sk\", \"reason\"}, …]},
   \"tenants\": [{\"tenant\",
     \"orders\": [{\"orderId\", \"version\", \"status\", \"customerId\", \"items\", \"total\", \"destination\"}, …],
     \"customers\": [{\"customerId\", \"orders\", \"total\"}, …]}, …],
   \"order\": null | {\"tenant\", \"orderId\",
     \"history\": [{\"version\", \"at\", \"by\", \"commandId\", \"event\", \"data\"}, …],
     \"now\": STATE, \"atVersion\": STATE, \"asOf\": STATE with \"time\"}}
  COST is \"cost\": {\"requests\", \"writeUnits\", \"readUnits\", \"streamRequests\"}
  STATE is {\"version\", \"status\", \"customerId\", \"total\"}; amounts are cents

Exit code: 0 after a run, whatever was rejected; 1 where the run failed or left dead letters; 2 for wrong
arguments.
";

/// What the program is asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The file of commands.
    pub file: PathBuf,
    /// The database.
    pub database: PathBuf,
    /// The order whose audit trail is shown.
    pub order: Option<String>,
    /// Whether a program reads the output.
    pub json: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { file: SHIPPED.into(), database: "orders.db".into(), order: None, json: false }
    }
}

/// What the arguments ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// The help text.
    Help,
    /// A run.
    Run(Options),
}

impl Request {
    /// Reads the arguments, without the program's name.
    ///
    /// # Errors
    /// [`lexopt::Error`] for an unknown option, a missing value, or a second file.
    pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, lexopt::Error> {
        use lexopt::prelude::{Long, Short, Value, ValueExt};

        let mut options = Options::default();
        let mut file = None;
        let mut parser = lexopt::Parser::from_args(arguments);
        while let Some(argument) = parser.next()? {
            match argument {
                Short('h') | Long("help") => return Ok(Self::Help),
                Long("db") => options.database = parser.value()?.into(),
                Long("order") => options.order = Some(parser.value()?.string()?),
                Long("json") => options.json = true,
                Value(path) if file.is_none() => file = Some(PathBuf::from(path)),
                other => return Err(other.unexpected()),
            }
        }
        if let Some(file) = file {
            options.file = file;
        }
        Ok(Self::Run(options))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Request, String> {
        Request::parse(arguments.iter().map(OsString::from)).map_err(|error| error.to_string())
    }

    #[test]
    fn arguments_become_options() {
        let wanted = Options {
            file: "a.jsonl".into(),
            database: "b.db".into(),
            order: Some("7".to_owned()),
            json: true,
        };
        assert_eq!(parse(&["a.jsonl", "--json", "--db", "b.db", "--order=7"]), Ok(Request::Run(wanted)));
        assert_eq!(parse(&[]), Ok(Request::Run(Options::default())));
        assert_eq!(parse(&["x", "-h"]), Ok(Request::Help));
    }

    #[test]
    fn wrong_arguments_are_named() {
        assert!(parse(&["--jsno"]).unwrap_err().contains("--jsno"));
        assert!(parse(&["a", "b"]).unwrap_err().contains('b'));
        assert!(parse(&["--db"]).unwrap_err().contains("--db"));
    }
}
