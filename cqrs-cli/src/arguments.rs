use clap::{Args, Subcommand};

use crate::failure::{Ending, Failure};
#[cfg(feature = "export")]
use crate::operation::Export;
use crate::operation::{
    AfterRestore, Completion, Contracts, DeadLetters, Deadlines, Entities, History, Projections, Related,
    Replay, Schema, State, Streams, Tenants, Timers, View, Views, Wiring,
};
#[cfg(feature = "dynamo")]
use crate::operation::{Tables, Template};
use crate::options::Options;
use crate::session::Session;

/// All arguments of the command line, for a program that has subcommands of its own.
#[derive(Debug, Args)]
#[non_exhaustive]
pub struct Arguments {
    /// The options of every subcommand.
    #[command(flatten)]
    pub options: Options,
    /// The subcommand to run.
    #[command(subcommand)]
    pub operation: Operation,
}

impl Arguments {
    /// The arguments of a program that has read the parts itself.
    #[must_use]
    pub fn new(options: Options, operation: Operation) -> Self {
        Self { options, operation }
    }
}

/// The subcommands.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum Operation {
    /// List the aggregates and processes of this program
    Entities(Entities),
    /// List the tenants that have streams
    Tenants(Tenants),
    /// List the streams of an entity
    Streams(Streams),
    /// Show what happened in a stream, commit by commit
    History(History),
    /// Show the state of a stream: now, at a version or at a time
    State(State),
    /// List the commits with a correlation id
    Related(Related),
    /// List views, by their keys or by an index
    Views(Views),
    /// Show one view
    View(View),
    /// Show and manage the projections
    #[command(subcommand)]
    Projections(Projections),
    /// Build the views of a projection anew
    Replay(Replay),
    /// Bring all views back in line with the events table after it was restored
    AfterRestore(AfterRestore),
    /// Show and manage the commits that could not be delivered
    #[command(subcommand)]
    DeadLetters(DeadLetters),
    /// Show and manage the commands and deadlines that wait for their time
    #[command(subcommand)]
    Timers(Timers),
    /// Show what happened to the deadlines of a process
    Deadlines(Deadlines),
    /// Show which subscriber takes which event
    Wiring(Wiring),
    /// Show and check the shapes of stored events and commands
    #[command(subcommand)]
    Schema(Schema),
    /// Print the contracts of the events for other programs
    #[command(subcommand)]
    Contracts(Contracts),
    /// Export events to Parquet or JSON Lines
    #[cfg(feature = "export")]
    Export(Export),
    /// Show and make the tables
    #[cfg(feature = "dynamo")]
    #[command(subcommand)]
    Tables(Tables),
    /// Print the template that deploys the app
    #[cfg(feature = "dynamo")]
    Template(Template),
    /// Print a script that completes these subcommands in a shell
    Completion(Completion),
}

impl Operation {
    pub(crate) async fn run(self, session: &mut Session, program: clap::Command) -> Result<Ending, Failure> {
        match self {
            Self::Entities(operation) => operation.run(session).await,
            Self::Tenants(operation) => operation.run(session).await,
            Self::Streams(operation) => operation.run(session).await,
            Self::History(operation) => operation.run(session).await,
            Self::State(operation) => operation.run(session).await,
            Self::Related(operation) => operation.run(session).await,
            Self::Views(operation) => operation.run(session).await,
            Self::View(operation) => operation.run(session).await,
            Self::Projections(operation) => operation.run(session).await,
            Self::Replay(operation) => operation.run(session).await,
            Self::AfterRestore(operation) => operation.run(session).await,
            Self::DeadLetters(operation) => operation.run(session).await,
            Self::Timers(operation) => operation.run(session).await,
            Self::Deadlines(operation) => operation.run(session).await,
            Self::Wiring(operation) => operation.run(session).await,
            Self::Schema(operation) => operation.run(session).await,
            Self::Contracts(operation) => operation.run(session, &program).await,
            #[cfg(feature = "export")]
            Self::Export(operation) => operation.run(session).await,
            #[cfg(feature = "dynamo")]
            Self::Tables(operation) => operation.run(session).await,
            #[cfg(feature = "dynamo")]
            Self::Template(operation) => operation.run(session).await,
            Self::Completion(operation) => operation.run(session, program),
        }
    }
}
