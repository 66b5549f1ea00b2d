use clap::Args;
use cqrs_core::inspect::StreamKind;

use crate::failure::{Ending, Failure};
use crate::output::Align::Left;
use crate::output::Table;
use crate::session::Session;

/// List the aggregates and processes of this program
#[derive(Debug, Args)]
pub struct Entities {}

impl Entities {
    pub(crate) async fn run(self, session: &mut Session) -> Result<Ending, Failure> {
        let target = session.target().await?;
        let columns = [
            ("entity", Left),
            ("name", Left),
            ("kind", Left),
            ("key", Left),
            ("events", Left),
            ("source", Left),
        ];
        let mut table = Table::new(&columns);
        for linked in target.app.inspect().streams() {
            if session.out.is_json() {
                session.out.value(&linked)?;
                continue;
            }
            let kind = match linked.kind {
                StreamKind::Aggregate => "aggregate",
                StreamKind::Process => "process",
            };
            table.row([
                linked.entity.to_owned(),
                linked.name.to_owned(),
                kind.to_owned(),
                linked.key.join(" "),
                linked.events.join(" "),
                linked.location,
            ]);
        }
        session.out.table(&mut table)?;
        Ok(Ending::Done)
    }
}
