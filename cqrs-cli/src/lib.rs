#![cfg_attr(docsrs, feature(doc_cfg))]
//! A command line for operators, in the binary of a foldline app.
//!
#![cfg_attr(not(feature = "dynamo"), doc = "```ignore")]
#![cfg_attr(feature = "dynamo", doc = "```no_run")]
//! use std::process::ExitCode;
//!
//! use cqrs_cli::{Cli, Target};
//! use cqrs_core::App;
//! use cqrs_dynamo::Dynamo;
//!
//! # async fn dynamo() -> Result<Dynamo, Box<dyn std::error::Error>> { unimplemented!() }
//! async fn target() -> Result<Target, Box<dyn std::error::Error>> {
//!     let dynamo = dynamo().await?; // `Dynamo::from_env()`, or `Dynamo::embedded("bank.db")`
//!     let app = App::builder(&dynamo).build()?;
//!     Ok(Target::new(app).dynamo(&dynamo))
//! }
//!
//! #[tokio::main]
//! async fn main() -> ExitCode {
//!     Cli::new("bank", target).run().await
//! }
//! ```
//!
//! Your own function makes the app, so the command line works where your program works, with the same tables, rights and settings. The
//! function is called when a subcommand needs the app. It may also return only an [`App`](cqrs_core::App); `tables` and `template` then
//! say what to add.
//!
//! ```console
//! $ bank streams ACCOUNT BANK
//! $ bank history ACCOUNT BANK 4711
//! $ bank projections list --check
//! $ bank dead-letters redrive welcome
//! ```
//!
//! `docs/command-line.md` in the repository has all subcommands.
//!
//! # Data
//!
//! The data of events, states, views and commands may be personal. It is printed only with `--data`. Keys, tenants, metadata (including who
//! has sent a command) and the reasons of dead letters are always printed, because an operator cannot work without them.
//!
//! # Output
//!
//! Only data goes to the standard output; questions, progress and hints go to the standard error. With `--json` each thing is one line of
//! JSON, with names in camelCase. Stored text cannot act as a command to a terminal: control characters are printed as `\u{1b}`, and in
//! JSON as `\u001b`. A reader that goes away is not a failure.
//!
//! | exit code | |
//! | --- | --- |
//! | 0 | done |
//! | 1 | it failed, or the requested item does not exist |
//! | 2 | the command line is wrong, or lacks something: an argument, `--yes`, a part of the [`Target`] |
//! | 3 | done, and something needs attention: a finding of a check, dead letters that a redrive has left, a missing table, commits that an export has left out because it does not know whose they are, a timer that cannot be read |
//!
//! A subcommand that cannot be undone, or that others notice, asks first. Without a terminal it does nothing, and ends with 2; `--yes`
//! answers beforehand.
//!
//! # A program with subcommands of its own
//!
//! [`Arguments`] is a part of a command line that clap derives, below a subcommand:
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! use clap::{CommandFactory, Parser};
//! use cqrs_cli::{Arguments, Cli};
//!
//! #[derive(Parser)]
//! enum Bank {
//!     /// Serve until it is told to stop
//!     Serve,
//!     /// Look after what is stored and delivered
//!     Ops(Arguments),
//! }
//!
//! # async fn app() -> Result<cqrs_core::App, cqrs_core::BuildError> { unimplemented!() }
//! #[tokio::main]
//! async fn main() -> ExitCode {
//!     match Bank::parse() {
//!         Bank::Serve => ExitCode::SUCCESS, // …
//!         Bank::Ops(arguments) => Cli::new("bank", app).program(Bank::command()).answer(arguments).await,
//!     }
//! }
//! ```
//!
//! [`Options`] and [`Operation`] are its two parts, for programs that want these subcommands next to their own. A program that does not
//! use clap passes the rest of its arguments to [`Cli::run_from`].

mod arguments;
mod cli;
mod failure;
pub mod operation;
mod options;
mod output;
mod progress;
mod session;
#[cfg(feature = "dynamo")]
mod spend;
mod target;

pub use arguments::{Arguments, Operation};
pub use clap;
pub use cli::Cli;
pub use options::Options;
pub use target::Target;
