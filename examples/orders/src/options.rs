//! The program's arguments.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// The file that ships with the program.
const SHIPPED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/commands.jsonl");

/// The word that is used instead of a file.
const CONSOLE: &str = "console";

/// What `--help` prints.
pub const HELP: &str = "\
Executes the commands of a file on an event store, delivers the events, and shows the read models.

usage: orders [options] [FILE]
       orders console [options]
       orders --aws --serve relay|worker [options]

  FILE         commands, one JSON object a line; default: the `commands.jsonl` that ships with the program.
               The whole file is checked first: one bad line, and nothing is executed.

options:
  --db PATH    the database, made where it is not there; default: `orders.db`
  --order ID   the order whose audit trail is shown; default: the first one with the most commits
  --customer ID
               the customer whose orders are listed, newest first; default: the first one with the most orders
  --replay     then builds the read models anew from all commits
  --json       one JSON document on stdout instead of text
  -h, --help   this text

console: what is in the database (`--db`, or `--aws`) in the browser, until it is interrupted. It prints the address to
open; nobody else gets in. A file of commands that is called `console` is `./console`.
  --port N     the port on 127.0.0.1; default: one that is free
  --writable   it may replay read models, and redrive and discard dead letters; without, it changes nothing

on AWS (a build with `--features aws`):
  --aws        on DynamoDB, its stream, SNS and SQS in the place of the database. The configuration is that of every
               AWS program: `AWS_PROFILE`, `AWS_REGION`, … and `AWS_ENDPOINT_URL…` for emulators. Tables, topic and
               queues that are not there are made. Relay and worker run in this process until all has arrived.
  --prefix P   what the names of tables, topic and queues begin with; default: `orders-`
  --serve PART `relay` or `worker`: executes nothing, and runs this part until it is interrupted. Any number of
               them may run at once, here and elsewhere.
  --lease S    how many seconds the work of a relay or a worker that died waits for another one; default: 30

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
   \"tenants\": [{\"tenant\", \"orders\": [ORDER, …], \"customers\": [{\"customerId\", \"orders\", \"total\"}, …],
     \"largestOpen\": [ORDER, …]}, …],
   \"customer\": null | {\"tenant\", \"customerId\", \"pages\": [[ORDER, …], …]}, 5 orders a page,
   \"order\": null | {\"tenant\", \"orderId\",
     \"history\": [{\"version\", \"at\", \"by\", \"commandId\", \"event\", \"data\"}, …],
     \"now\": STATE, \"atVersion\": STATE, \"asOf\": STATE with \"time\"},
   \"replays\": [{\"projection\", \"commits\", \"streams\", \"views\", \"seconds\", COST}, …]}
  ORDER is {\"orderId\", \"version\", \"status\", \"customerId\", \"orderedAt\", \"items\", \"total\", \"destination\"}
  COST is \"cost\": {\"requests\", \"writeUnits\", \"readUnits\", \"streamRequests\"}
  STATE is {\"version\", \"status\", \"customerId\", \"total\"}; amounts are cents

Exit code: 0 after a run, whatever was rejected; 1 where the run failed or left dead letters; 2 for wrong
arguments.
";

/// The options of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The file of commands.
    pub file: PathBuf,
    /// Where the events are.
    pub place: Place,
    /// The order whose audit trail is shown.
    pub order: Option<String>,
    /// The customer whose orders are listed.
    pub customer: Option<String>,
    /// Whether the read models are rebuilt.
    pub replay: bool,
    /// Whether a program reads the output.
    pub json: bool,
}

/// Where the events are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a database of this machine.
    Embedded(PathBuf),
    /// In an AWS account, or in the place that the environment names instead.
    Aws(Stack),
}

/// What the console shows, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Where the events are.
    pub place: Place,
    /// The port; 0 for a free one.
    pub port: u16,
    /// Whether it may change something.
    pub writable: bool,
}

/// The names and settings of a deployment in an AWS account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stack {
    /// The prefix of all names.
    pub prefix: String,
    /// How long the work of a dead relay or worker waits before another one takes it.
    pub lease: Duration,
}

/// The part that runs as a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// From the stream of the events table to the topic.
    Relay,
    /// From the queues to the read models and handlers.
    Worker,
}

impl Default for Options {
    fn default() -> Self {
        let place = Place::Embedded("orders.db".into());
        Self { file: SHIPPED.into(), place, order: None, customer: None, replay: false, json: false }
    }
}

impl Default for Stack {
    fn default() -> Self {
        Self { prefix: "orders-".to_owned(), lease: Duration::from_secs(30) }
    }
}

/// The request in the arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// The help text.
    Help,
    /// A run.
    Run(Options),
    /// What is stored, in the browser.
    Console(Shown),
    /// A service.
    Serve(Part, Stack),
}

/// A mistake in the arguments.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UsageError {
    /// One by itself.
    #[error(transparent)]
    Argument(#[from] lexopt::Error),
    /// Two that exclude each other.
    #[error("`{one}` and `{other}` exclude each other")]
    Excluded {
        /// One of them.
        one: &'static str,
        /// The other.
        other: &'static str,
    },
    /// One that makes no sense alone.
    #[error("`{option}` needs `{needed}`")]
    Needs {
        /// The one.
        option: &'static str,
        /// What it needs.
        needed: &'static str,
    },
}

/// The options in their order.
#[derive(Default)]
struct Given {
    file: Option<PathBuf>,
    database: Option<PathBuf>,
    order: Option<String>,
    customer: Option<String>,
    replay: bool,
    json: bool,
    aws: bool,
    prefix: Option<String>,
    lease: Option<Duration>,
    serve: Option<Part>,
    console: bool,
    port: Option<u16>,
    writable: bool,
}

impl Request {
    /// Reads the arguments, without the program's name.
    ///
    /// # Errors
    /// [`UsageError`]: an unknown option, a missing value, a second file, options that do not go together.
    pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, UsageError> {
        use lexopt::prelude::{Long, Short, Value, ValueExt};

        let mut given = Given::default();
        let mut parser = lexopt::Parser::from_args(arguments);
        while let Some(argument) = parser.next()? {
            match argument {
                Short('h') | Long("help") => return Ok(Self::Help),
                Long("db") => given.database = Some(parser.value()?.into()),
                Long("order") => given.order = Some(parser.value()?.string()?),
                Long("customer") => given.customer = Some(parser.value()?.string()?),
                Long("replay") => given.replay = true,
                Long("json") => given.json = true,
                Long("aws") => given.aws = true,
                Long("prefix") => given.prefix = Some(parser.value()?.string()?),
                Long("lease") => given.lease = Some(Duration::from_secs(parser.value()?.parse()?)),
                Long("serve") => given.serve = Some(parser.value()?.parse_with(Part::parse)?),
                Long("port") => given.port = Some(parser.value()?.parse()?),
                Long("writable") => given.writable = true,
                Value(word) if word == CONSOLE && !given.console && given.file.is_none() => {
                    given.console = true;
                }
                Value(path) if given.file.is_none() => given.file = Some(PathBuf::from(path)),
                other => return Err(other.unexpected().into()),
            }
        }
        given.request()
    }
}

impl Part {
    fn parse(name: &str) -> Result<Self, &'static str> {
        match name {
            "relay" => Ok(Self::Relay),
            "worker" => Ok(Self::Worker),
            _ => Err("it is `relay` or `worker`"),
        }
    }
}

impl Given {
    fn request(self) -> Result<Request, UsageError> {
        self.check()?;
        let usual = Stack::default();
        let stack =
            Stack { prefix: self.prefix.unwrap_or(usual.prefix), lease: self.lease.unwrap_or(usual.lease) };
        if let Some(part) = self.serve {
            return Ok(Request::Serve(part, stack));
        }
        let usual = Options::default();
        let place = match (self.aws, self.database) {
            (true, _) => Place::Aws(stack),
            (false, Some(database)) => Place::Embedded(database),
            (false, None) => usual.place,
        };
        if self.console {
            let port = self.port.unwrap_or_default();
            return Ok(Request::Console(Shown { place, port, writable: self.writable }));
        }
        Ok(Request::Run(Options {
            file: self.file.unwrap_or(usual.file),
            place,
            order: self.order,
            customer: self.customer,
            replay: self.replay,
            json: self.json,
        }))
    }

    fn check(&self) -> Result<(), UsageError> {
        let for_aws = [
            ("--prefix", self.prefix.is_some()),
            ("--lease", self.lease.is_some()),
            ("--serve", self.serve.is_some()),
        ];
        let for_console = [("--port", self.port.is_some()), ("--writable", self.writable)];
        let for_a_run = [
            ("FILE", self.file.is_some()),
            ("--order", self.order.is_some()),
            ("--customer", self.customer.is_some()),
            ("--replay", self.replay),
            ("--json", self.json),
        ];
        let needs = |needed, has: bool, options: &[(&'static str, bool)]| match first(options) {
            Some(option) if !has => Err(UsageError::Needs { option, needed }),
            _ => Ok(()),
        };
        needs("--aws", self.aws, &for_aws)?;
        needs(CONSOLE, self.console, &for_console)?;
        let serve = self.serve.is_some();
        for (one, given) in [("--serve", serve), (CONSOLE, self.console)] {
            if let Some(other) = first(&for_a_run).filter(|_| given) {
                return Err(UsageError::Excluded { one, other });
            }
        }
        if serve && self.console {
            return Err(UsageError::Excluded { one: "--serve", other: CONSOLE });
        }
        if self.aws && self.database.is_some() {
            return Err(UsageError::Excluded { one: "--aws", other: "--db" });
        }
        Ok(())
    }
}

/// The first option that is given.
fn first(options: &[(&'static str, bool)]) -> Option<&'static str> {
    options.iter().find(|(_, given)| *given).map(|(option, _)| *option)
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
            place: Place::Embedded("b.db".into()),
            order: Some("7".to_owned()),
            customer: Some("C".to_owned()),
            replay: true,
            json: true,
        };
        let given = ["a.jsonl", "--json", "--replay", "--db", "b.db", "--order=7", "--customer=C"];
        assert_eq!(parse(&given), Ok(Request::Run(wanted)));
        assert_eq!(parse(&[]), Ok(Request::Run(Options::default())));
        assert_eq!(parse(&["x", "-h"]), Ok(Request::Help));
    }

    #[test]
    fn wrong_arguments_are_named() {
        assert!(parse(&["--jsno"]).unwrap_err().contains("--jsno"));
        assert!(parse(&["a", "b"]).unwrap_err().contains('b'));
        assert!(parse(&["--db"]).unwrap_err().contains("--db"));
        assert_eq!(parse(&["--serve", "relay"]).unwrap_err(), "`--serve` needs `--aws`");
    }

    #[test]
    fn arguments_for_the_console_become_options() {
        let shown = |place, port, writable| Ok(Request::Console(Shown { place, port, writable }));
        assert_eq!(parse(&["console"]), shown(Place::Embedded("orders.db".into()), 0, false));
        let given = ["--db", "b.db", "console", "--port", "4600", "--writable"];
        assert_eq!(parse(&given), shown(Place::Embedded("b.db".into()), 4600, true));
        assert_eq!(parse(&["console", "--aws"]), shown(Place::Aws(Stack::default()), 0, false));
        let file = Options { file: "./console".into(), ..Options::default() };
        assert_eq!(parse(&["./console"]), Ok(Request::Run(file)));
        assert_eq!(parse(&["--port", "1"]).unwrap_err(), "`--port` needs `console`");
        assert_eq!(parse(&["console", "--json"]).unwrap_err(), "`console` and `--json` exclude each other");
        assert_eq!(parse(&["console", "a"]).unwrap_err(), "`console` and `FILE` exclude each other");
        let both = parse(&["console", "--aws", "--serve", "relay"]).unwrap_err();
        assert_eq!(both, "`--serve` and `console` exclude each other");
    }

    #[test]
    fn arguments_for_aws_become_options() {
        let stack = Stack { prefix: "p-".to_owned(), lease: Duration::from_secs(2) };
        let place = Place::Aws(stack.clone());
        let wanted = Request::Run(Options { place, ..Options::default() });
        assert_eq!(parse(&["--aws", "--prefix", "p-", "--lease", "2"]), Ok(wanted));
        let served = parse(&["--aws", "--serve", "worker", "--prefix", "p-", "--lease", "2"]);
        assert_eq!(served, Ok(Request::Serve(Part::Worker, stack)));
        assert!(parse(&["--aws", "--serve", "all"]).unwrap_err().contains("`relay` or `worker`"));
        assert_eq!(parse(&["--aws", "--db", "x"]).unwrap_err(), "`--aws` and `--db` exclude each other");
        let both = parse(&["--aws", "--serve", "relay", "x.jsonl"]).unwrap_err();
        assert_eq!(both, "`--serve` and `FILE` exclude each other");
    }
}
