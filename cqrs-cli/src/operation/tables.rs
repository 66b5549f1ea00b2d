use clap::{Args, Subcommand};
use cqrs_core::spi::{has_timers, has_unique_fields};
use cqrs_dynamo::Dynamo;
use serde::Serialize;

use crate::failure::{Ending, Failure};
use crate::output::Align::{Left, Right};
use crate::output::Table;
use crate::session::Session;
use crate::target::Target;

/// Show and make the tables
#[derive(Debug, Subcommand)]
pub enum Tables {
    /// List the tables of this program
    List(List),
    /// Make the tables and indexes that are missing
    Create(Create),
}

impl Tables {
    pub(crate) async fn run(self, session: &mut Session) -> Result<Ending, Failure> {
        match self {
            Self::List(operation) => operation.run(session).await,
            Self::Create(operation) => operation.run(session).await,
        }
    }
}

fn dynamo(target: &Target) -> Result<&Dynamo, Failure> {
    let missing = "`tables` needs the DynamoDB of the app: add `.dynamo(&dynamo)` to the `Target`";
    target.dynamo.as_ref().ok_or_else(|| Failure::usage(missing))
}

/// A table as JSON.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    table: String,
    /// `None` if the table is missing.
    status: Option<String>,
    items: i64,
    bytes: i64,
    indexes: usize,
}

/// The tables that this program needs.
fn needed(dynamo: &Dynamo) -> Vec<&str> {
    let tables = dynamo.tables();
    let mut names: Vec<&str> = vec![&tables.events, &tables.views, &tables.snapshots, &tables.delivery];
    names.extend(has_unique_fields().then_some(tables.reservations.as_str()));
    names.extend(has_timers().then_some(tables.timers.as_str()));
    names
}

async fn describe(dynamo: &Dynamo, table: &str) -> Result<Shown, Failure> {
    let mut shown = Shown { table: table.to_owned(), status: None, items: 0, bytes: 0, indexes: 0 };
    match dynamo.client().describe_table().table_name(table).send().await {
        Ok(found) => {
            if let Some(found) = found.table() {
                shown.status =
                    Some(found.table_status().map_or("UNKNOWN", |status| status.as_str()).to_owned());
                shown.items = found.item_count().unwrap_or_default();
                shown.bytes = found.table_size_bytes().unwrap_or_default();
                shown.indexes = found.global_secondary_indexes().len();
            }
        }
        Err(error) => {
            let refusal = error.as_service_error();
            if !matches!(refusal, Some(refusal) if refusal.is_resource_not_found_exception()) {
                return Err(Failure::of(&error));
            }
        }
    }
    Ok(shown)
}

/// List the tables that this program needs
///
/// DynamoDB counts items and bytes every six hours. Exit code 3 if a table is missing.
#[derive(Debug, Args)]
pub struct List {}

impl List {
    async fn run(self, session: &mut Session) -> Result<Ending, Failure> {
        let target = session.target().await?;
        let dynamo = dynamo(&target)?;
        let columns =
            [("table", Left), ("status", Left), ("items", Right), ("bytes", Right), ("indexes", Right)];
        let mut table = Table::new(&columns);
        let mut ending = Ending::Done;
        for name in needed(dynamo) {
            let shown = describe(dynamo, name).await?;
            if shown.status.is_none() {
                ending = Ending::Attention;
            }
            if session.out.is_json() {
                session.out.value(&shown)?;
            } else {
                table.row([
                    shown.table,
                    shown.status.unwrap_or_else(|| "missing".to_owned()),
                    shown.items.to_string(),
                    shown.bytes.to_string(),
                    shown.indexes.to_string(),
                ]);
            }
        }
        session.out.table(&mut table)?;
        Ok(ending)
    }
}

/// Make the tables that are missing, and the indexes that the views table lacks
///
/// Existing tables are checked and otherwise left alone. It waits until all can be used. Asks first.
#[derive(Debug, Args)]
pub struct Create {}

impl Create {
    async fn run(self, session: &mut Session) -> Result<Ending, Failure> {
        let target = session.target().await?;
        let dynamo = dynamo(&target)?;
        let names = needed(dynamo);
        let region = dynamo.sdk_config().region().map_or("no region", |region| region.as_ref());
        session.confirm(&format!(
            "These tables are made in {region} where they are missing: {}.",
            names.join(", ")
        ))?;
        dynamo.create_tables().await?;
        for table in names {
            if session.out.is_json() {
                session.out.value(&serde_json::json!({ "table": table, "status": "ACTIVE" }))?;
            } else {
                session.out.text(&format!("{table} can be used"))?;
            }
        }
        Ok(Ending::Done)
    }
}
