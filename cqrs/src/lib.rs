#![cfg_attr(docsrs, feature(doc_cfg))]
//! CQRS and event sourcing on AWS serverless parts: all of `cqrs_core`, and with the features `dynamo` or `embedded` all of `cqrs_dynamo`, in
//! one dependency.
//!
//! ```toml
//! [dependencies]
//! foldline = { version = "0.1", features = ["embedded"] }
//! ```
//!
//! The package is called `foldline`, and the crate in the code `cqrs`:
//!
//! ```rust,standalone_crate
//! use cqrs::prelude::*;
//! use cqrs::store::MemoryEventStore;
//!
//! #[event]
//! pub struct MoneyDeposited {
//!     pub cents: u64,
//! }
//!
//! #[derive(Clone)]
//! pub struct Deposit {
//!     pub cents: u64,
//! }
//!
//! #[aggregate(entity = "ACCOUNT")]
//! #[derive(Default)]
//! pub struct Account {
//!     balance: u64,
//! }
//!
//! #[aggregate]
//! impl Account {
//!     #[command]
//!     fn deposit(&self, command: Deposit) -> Result<MoneyDeposited, std::convert::Infallible> {
//!         Ok(MoneyDeposited { cents: command.cents })
//!     }
//!
//!     #[apply]
//!     fn deposited(&mut self, event: &MoneyDeposited) {
//!         self.balance += event.cents;
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let app = App::builder(MemoryEventStore::new()).build()?;
//! let account = AccountKey::new(&Tenant::new("BANK")?, "4711");
//! app.execute(&account, Deposit { cents: 500 }).await?;
//! assert_eq!(app.load(&account).await?.state.balance, 500);
//! # Ok(())
//! # }
//! ```
//!
//! # A service
//!
#![cfg_attr(feature = "dynamo", doc = "```no_run")]
#![cfg_attr(not(feature = "dynamo"), doc = "```ignore")]
//! use cqrs::dynamo::{Dynamo, Tables};
//! use cqrs::prelude::*;
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let dynamo = Dynamo::from_env().await?.with_tables(Tables::with_prefix("bank-"));
//!     dynamo.create_tables().await?;
//!     let app = App::builder(dynamo.event_store()).views(dynamo.views()).build()?;
//!     // … `app.clone()` goes to the HTTP server, which calls `app.execute(…)` and `app.view(…)`.
//!     app.run(async { tokio::signal::ctrl_c().await.unwrap_or_default() }).await?;
//!     Ok(())
//! }
//! ```
//!
//! # Features
//!
//! None of them is on by default: commands, events, views and handlers work on stores in memory, and the build contains
//! no AWS.
//!
//! | feature | gives |
//! | --- | --- |
//! | `dynamo` | the module `dynamo`: the stores on DynamoDB, and the delivery from its stream in one process |
//! | `embedded` | the module `dynamo` on an embedded DynamoDB (SQLite), which runs the same program; `Dynamo::from_env` needs `dynamo` |
//! | `broker` | `dynamo`, and SNS and SQS between the store and the subscribers |
//! | `lambda` | `broker`, with relay and subscribers as Lambda functions |
//! | `opentelemetry` | the spans of commands and of subscribers in one trace |
//! | `http` | the module `http`: an HTTP API of the commands, views, queries and histories that you list; with `lambda` as a function, too |
//! | `cli` | the module `cli`: the command line of an operator, in your own binary |
//! | `console` | the module `console`: a console in the browser, served by your own process |
//! | `contracts` | the module `contract`: AsyncAPI, JSON Schema and TypeScript of what an app stores and publishes |
//! | `export` | the module `export`: events to JSON Lines and Parquet |
//! | `chrono`, `uuid`, `rust_decimal` | types of the crates of these names in keys, events and indexes; see [`cqrs_core::foreign`](https://docs.rs/foldline-core/latest/cqrs_core/foreign/) |
//! | `inspect` | what is stored, by names that are known at run time, for tools of your own |
//! | `conformance` | the suite that every store passes, for a store of your own |
//!
//! # The crates behind it
//!
//! | package | crate | here |
//! | --- | --- | --- |
//! | `foldline` | `cqrs` | this one |
//! | `foldline-core` | `cqrs_core` | at the root |
//! | `foldline-dynamo` | `cqrs_dynamo` | the module `dynamo` |
//! | `foldline-http`, `foldline-cli` | `cqrs_http`, `cqrs_cli` | the modules `http` and `cli` |
//! | `foldline-console`, `foldline-export` | `cqrs_console`, `cqrs_export` | the modules `console` and `export` |
//! | `foldline-macros` | `cqrs_macros` | at the root, as `cqrs_core` has them |
//!
//! Their pages use their own names: what a page calls `cqrs_core::App` is [`App`] here. You can also depend on them one
//! by one: domain code that should know no store needs only `foldline-core`. The types are the same, so crates of both
//! kinds work together. Only the macros differ: each generates paths of the crate that it was taken from. A crate that
//! has given `foldline` another name in its `Cargo.toml` says so, as in `#[event(crate = es)]`.

pub use cqrs_core::*;
#[doc(inline)]
pub use cqrs_macros::{
    FacadeEventData as EventData, FacadeIndexValue as IndexValue, facade_aggregate as aggregate,
    facade_app as app, facade_command as command, facade_event as event,
    facade_event_handler as event_handler, facade_process as process, facade_projection as projection,
};

/// All of `cqrs_dynamo`.
#[cfg(any(feature = "dynamo", feature = "embedded"))]
#[doc(inline)]
pub use cqrs_dynamo as dynamo;

/// All of `cqrs_http`.
#[cfg(feature = "http")]
#[doc(inline)]
pub use cqrs_http as http;

/// All of `cqrs_cli`.
#[cfg(feature = "cli")]
#[doc(inline)]
pub use cqrs_cli as cli;

/// All of `cqrs_console`.
#[cfg(feature = "console")]
#[doc(inline)]
pub use cqrs_console as console;

/// All of `cqrs_export`.
#[cfg(feature = "export")]
#[doc(inline)]
pub use cqrs_export as export;

pub mod prelude {
    //! `use cqrs::prelude::*;`: the macros and the types that user code names.

    pub use crate::{EventData, IndexValue, aggregate, command, event, event_handler, process, projection};
    pub use cqrs_core::prelude::*;
}
