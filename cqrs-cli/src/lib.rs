#![cfg_attr(docsrs, feature(doc_cfg))]
//! The command line of an operator, in the binary of a foldline app.
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
//! What makes the app is yours: so it works where your program works, with the same tables, rights and settings. It is called when a
//! subcommand needs it. A function that makes an [`App`](cqrs_core::App) alone does, too; then `tables` and `template` say what to add.
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
//! What events, states, views and commands hold may be personal. It is printed with `--data` alone. Keys, tenants, metadata (with who has
//! sent a command) and the reasons of dead letters are always printed: without them nobody could look after anything.
//!
//! # Output
//!
//! Data goes to the standard output, and nothing else does; questions, progress and hints go to the standard error. With `--json` each
//! thing is one line of JSON, with names in camelCase. What is stored cannot give orders to a terminal: control characters are
//! printed as `\u{1b}`, and in JSON as `\u001b`. A reader that goes away is no failure.
//!
//! | exit code | |
//! | --- | --- |
//! | 0 | done |
//! | 1 | it failed, or nothing was found |
//! | 2 | the command line is wrong, or lacks something: an argument, `--yes`, a part of the [`Target`] |
//! | 3 | done, and something needs you: what a check has found, dead letters that a redrive has left, a missing table |
//!
//! What cannot be taken back, or what others notice, asks before it does something. Without a terminal it does nothing, and ends with 2;
//! `--yes` answers beforehand.
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
//! [`Options`] and [`Operation`] are its two parts, for those who want the subcommands beside their own. A program that does not use clap
//! gives the rest of its arguments to [`Cli::run_from`].

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
