use clap::{Args, Subcommand};
use cqrs_core::contract::{Info, Integers};
use serde_json::Value;

use crate::failure::{Ending, Failure};
use crate::session::Session;

/// Print the contracts of the events for other programs
#[derive(Debug, Subcommand)]
pub enum Contracts {
    /// Print the AsyncAPI document of the topic
    Asyncapi(Asyncapi),
    /// Print the JSON Schema of events, stored commands and views
    JsonSchema(JsonSchema),
    /// Print TypeScript types of events, stored commands and views
    Typescript(Typescript),
}

impl Contracts {
    pub(crate) async fn run(self, session: &mut Session, program: &clap::Command) -> Result<Ending, Failure> {
        let target = session.target().await?;
        let contracts = target.app.contracts();
        match self {
            Self::Asyncapi(operation) => print(session, &contracts.asyncapi(&operation.info(program)))?,
            Self::JsonSchema(JsonSchema {}) => print(session, &contracts.json_schemas())?,
            Self::Typescript(operation) => {
                session.out.document(&contracts.typescript(operation.integers()))?;
            }
        }
        Ok(Ending::Done)
    }
}

/// A document, for people or in one line.
fn print(session: &mut Session, document: &Value) -> Result<(), Failure> {
    if session.out.is_json() {
        session.out.value(document)
    } else {
        session.out.document(&format!("{document:#}"))
    }
}

/// Print the AsyncAPI 3 document of the topic that the relay publishes to
#[derive(Debug, Args)]
pub struct Asyncapi {
    /// The title of the document (default: the name of the program)
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// The version of the program (default: the one that `--version` prints)
    #[arg(long, value_name = "VERSION")]
    release: Option<String>,
    /// The address of the topic: its name, or its ARN
    #[arg(long, value_name = "TOPIC")]
    topic: Option<String>,
}

impl Asyncapi {
    fn info(self, program: &clap::Command) -> Info {
        let title = self.title.unwrap_or_else(|| program.get_name().to_owned());
        let release = self.release.or_else(|| program.get_version().map(str::to_owned));
        let info = Info::new(title, release.unwrap_or_else(|| "0.0.0".to_owned()));
        match self.topic {
            Some(topic) => info.topic(topic),
            None => info,
        }
    }
}

/// Print the JSON Schema of events, stored commands and views, in all schemas that may be stored
#[derive(Debug, Args)]
pub struct JsonSchema {}

/// Print TypeScript types of events, stored commands and views, as one module
#[derive(Debug, Args)]
pub struct Typescript {
    /// Write integers of 64 bits as `bigint`, for a parser that produces it, instead of `number`
    #[arg(long)]
    bigint: bool,
}

impl Typescript {
    fn integers(&self) -> Integers {
        if self.bigint { Integers::BigInt } else { Integers::Number }
    }
}
