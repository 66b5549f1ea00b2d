use clap::Args;
use cqrs_core::inspect::StreamHead;

use super::paging::Paging;
use super::place::tenant;
use crate::failure::{Ending, Failure};
use crate::output::Align::Left;
use crate::output::Table;
use crate::session::Session;

/// List the streams of an entity, in the order of their keys
#[derive(Debug, Args)]
pub struct Streams {
    /// The entity: see `entities`
    entity: String,
    /// The tenant
    tenant: String,
    /// Only those whose id begins with this
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    prefix: String,
    #[command(flatten)]
    paging: Paging,
}

impl Streams {
    pub(crate) async fn run(self, session: &mut Session) -> Result<Ending, Failure> {
        let target = session.target().await?;
        let tenant = tenant(&self.tenant)?;
        let mut table = Table::new(&[("id", Left), ("pk", Left), ("sk", Left)]);
        let fetch = async |limit: u32, after: Option<&str>| {
            target.app.inspect().list(&self.entity, &tenant, &self.prefix, limit as usize, after).await
        };
        let show = |session: &mut Session, heads: Vec<StreamHead>| {
            for head in heads {
                if session.out.is_json() {
                    session.out.value(&head)?;
                } else {
                    table.row([head.id.join(" "), head.pk, head.sk]);
                }
            }
            session.out.table(&mut table)
        };
        self.paging.read(session, fetch, show).await?;
        Ok(Ending::Done)
    }
}
