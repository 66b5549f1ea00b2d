use clap::Args;
use cqrs_core::app::SubscriberKind;

use crate::failure::{Ending, Failure};
use crate::output::Align::Left;
use crate::output::Table;
use crate::session::Session;

/// Show which subscriber takes which event
#[derive(Debug, Args)]
pub struct Wiring {
    /// Print a Mermaid flowchart
    #[arg(long, conflicts_with = "json")]
    mermaid: bool,
}

impl Wiring {
    pub(crate) async fn run(self, session: &mut Session) -> Result<Ending, Failure> {
        let target = session.target().await?;
        let wiring = target.app.wiring();
        if self.mermaid {
            session.out.document(&wiring.to_mermaid())?;
            return Ok(Ending::Done);
        }
        if session.out.is_json() {
            session.out.value(wiring)?;
            return Ok(Ending::Done);
        }
        let columns =
            [("subscriber", Left), ("kind", Left), ("queue", Left), ("events", Left), ("source", Left)];
        let mut table = Table::new(&columns);
        for subscriber in &wiring.subscribers {
            let kind = match subscriber.kind {
                SubscriberKind::Handler { once: true } => "handler, once",
                SubscriberKind::Handler { once: false } => "handler",
                SubscriberKind::Process => "process",
                SubscriberKind::Projection => "projection",
            };
            table.row([
                subscriber.name.to_owned(),
                kind.to_owned(),
                subscriber.queue.to_owned(),
                subscriber.events.join(" "),
                subscriber.location.clone(),
            ]);
        }
        session.out.table(&mut table)?;
        Ok(Ending::Done)
    }
}
