use std::path::PathBuf;

use clap::{Args, ValueEnum};
use cqrs_core::Timestamp;
use cqrs_export::{Export as Events, Exported};
use serde::Serialize;

use super::place::tenant;
use crate::failure::{Ending, Failure};
use crate::output::Align::{Left, Right};
use crate::output::{Table, tell};
use crate::progress;
use crate::session::Session;

/// Export events to Parquet or JSON Lines, into a folder
///
/// The files hold the data of the events, with or without `--data`. An export that was interrupted continues when it is
/// called again with the same options. It reads the events table, which is charged: see `--spend`. Exit code 3 if commits
/// were left out because this program does not know whose they are.
#[derive(Debug, Args)]
pub struct Export {
    /// The folder: a new or empty one, or that of the export to continue
    folder: PathBuf,
    /// The format of the files
    #[arg(long, value_enum, default_value_t = Format::Parquet)]
    format: Format,
    /// Only the events of this entity
    #[arg(long, value_name = "ENTITY")]
    entity: Option<String>,
    /// Only the events of this tenant
    #[arg(long, value_name = "TENANT")]
    tenant: Option<String>,
    /// Only events that were recorded at this time or later: `2024-01-01T10:00:00Z`
    #[arg(long, value_name = "TIME")]
    from: Option<Timestamp>,
    /// Only events that were recorded before this time
    #[arg(long, value_name = "TIME")]
    to: Option<Timestamp>,
}

/// The format of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Parquet,
    JsonLines,
}

/// A finished file, as JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    path: String,
    event: &'a str,
    schema: u32,
    events: u64,
    bytes: u64,
}

impl Export {
    pub(crate) async fn run(self, session: &mut Session) -> Result<Ending, Failure> {
        let target = session.target().await?;
        let mut export = Events::new(&target.app, &self.folder).format(match self.format {
            Format::Parquet => cqrs_export::Format::Parquet,
            Format::JsonLines => cqrs_export::Format::JsonLines,
        });
        if let Some(entity) = &self.entity {
            export = export.entity(entity);
        }
        if let Some(text) = &self.tenant {
            export = export.tenant(&tenant(text)?);
        }
        if let Some(from) = self.from {
            export = export.from(from);
        }
        if let Some(to) = self.to {
            export = export.to(to);
        }
        let bar = progress::searching();
        let told = |done: &cqrs_export::Progress| {
            let of = done.of.map(|of| format!(" of about {of}")).unwrap_or_default();
            bar.set_message(format!(
                "{}{of} commits, {} events in {} files",
                done.commits, done.events, done.files
            ));
            bar.tick();
        };
        let exported = export.run(told).await;
        bar.finish_and_clear();
        let exported = exported?;
        self.print(session, &exported)?;
        if exported.unowned == 0 {
            return Ok(Ending::Done);
        }
        tell(&format!(
            "{} commits were left out: no aggregate and no process of this program has the keys of their streams",
            exported.unowned
        ));
        Ok(Ending::Attention)
    }

    fn print(&self, session: &mut Session, exported: &Exported) -> Result<(), Failure> {
        let columns =
            [("file", Left), ("event", Left), ("schema", Right), ("events", Right), ("bytes", Right)];
        let mut table = Table::new(&columns);
        for file in &exported.files {
            let path = self.folder.join(&file.path).display().to_string();
            let (event, schema) = (file.event.as_str(), file.schema);
            if session.out.is_json() {
                session.out.value(&Shown { path, event, schema, events: file.events, bytes: file.bytes })?;
            } else {
                let (schema, events, bytes) =
                    (schema.to_string(), file.events.to_string(), file.bytes.to_string());
                table.row([path, event.to_owned(), schema, events, bytes]);
            }
        }
        session.out.table(&mut table)
    }
}
