use clap::Args;
use cqrs_core::Version;
use cqrs_core::inspect::{InspectError, Step};

use super::paging::Paging;
use super::place::Stream;
use super::shown::{self, ShownStep};
use crate::failure::{Ending, Failure};
use crate::output::Align::{Left, Right};
use crate::output::Table;
use crate::session::Session;

/// Show what happened in a stream, commit by commit
///
/// For each commit it shows the version, the events, who sent the command and when, and which fields of the state have
/// changed. With `--data` it also shows the data of the events. A cursor is a version.
#[derive(Debug, Args)]
pub struct History {
    #[command(flatten)]
    stream: Stream,
    #[command(flatten)]
    paging: Paging,
}

impl History {
    pub(crate) async fn run(self, session: &mut Session) -> Result<Ending, Failure> {
        let target = session.target().await?;
        let stream = self.stream.address(&target.app)?;
        let columns = [
            ("version", Right),
            ("at", Left),
            ("by", Left),
            ("events", Left),
            ("changed", Left),
            ("data", Left),
        ];
        let shown = if session.options.data { columns.len() } else { columns.len() - 1 };
        let mut table = Table::new(columns.get(..shown).unwrap_or_default());
        let mut found = false;
        let fetch = async |limit: u32, after: Option<&str>| {
            let version =
                after.map(|after| after.parse().map_err(|_| InspectError::Cursor(after.to_owned())));
            let version = version.transpose()?.map_or(Version::NONE, Version::new);
            let mut page = target.app.inspect().steps(&stream, version, limit as usize).await?;
            let last = page.items.last().map(|step| step.place.version.to_string());
            page.next = page.next.and(last);
            Ok(page)
        };
        let show = |session: &mut Session, steps: Vec<Step>| {
            found |= !steps.is_empty();
            for step in &steps {
                print(session, &mut table, step)?;
            }
            session.out.table(&mut table)
        };
        self.paging.read(session, fetch, show).await?;
        if !found {
            return Err(Failure::work(format!("`{}` has no such commits", stream.key)));
        }
        Ok(Ending::Done)
    }
}

fn print(session: &mut Session, table: &mut Table, step: &Step) -> Result<(), Failure> {
    let with_data = session.options.data;
    let mut changed: Vec<&str> = step.changes.iter().map(|change| path(&change.path, with_data)).collect();
    changed.dedup();
    let commit = shown::commit(&step.commit, with_data);
    if session.out.is_json() {
        let changes = with_data.then_some(step.changes.as_slice());
        let state = with_data.then_some(&step.state);
        return session.out.value(&ShownStep { place: &step.place, commit, changed, changes, state });
    }
    table.row([
        step.place.version.to_string(),
        shown::metadata(&commit, "createdAt").to_owned(),
        shown::metadata(&commit, "createdBy").to_owned(),
        shown::types(&commit),
        changed.join(" "),
        shown::data(&commit),
    ]);
    Ok(())
}

/// The path of a change. After the field of the state it may have keys of maps, which are data.
fn path(whole: &str, with_data: bool) -> &str {
    match whole.find(['.', '[']) {
        Some(end) if !with_data => whole.get(..end).unwrap_or(whole),
        _ => whole,
    }
}
