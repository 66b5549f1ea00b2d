use clap::Args;
use cqrs_core::inspect;

use super::paging::Search;
use super::place::{self, tenant};
use super::shown;
use crate::failure::{Ending, Failure};
use crate::output::Align::{Left, Right};
use crate::output::Table;
use crate::session::Session;

/// List the commits of a tenant with a correlation id, and what caused them
///
/// No index has correlation ids, so all commits of the tenant are read, which is charged. The number is printed to the
/// standard error.
#[derive(Debug, Args)]
pub struct Related {
    /// The tenant
    tenant: String,
    /// The correlation id: `history --json` prints those of a stream
    correlation_id: String,
    #[command(flatten)]
    search: Search,
}

impl Related {
    pub(crate) async fn run(self, session: &mut Session) -> Result<Ending, Failure> {
        let target = session.target().await?;
        let tenant = tenant(&self.tenant)?;
        let mut found = Vec::new();
        let fetch = async |after: Option<&str>| {
            target.app.inspect().related(&tenant, &self.correlation_id, after).await
        };
        let gather = |_: &mut Session, page: Vec<inspect::Related>| {
            found.extend(page);
            Ok(())
        };
        self.search.read(session, fetch, gather).await?;
        // A page knows only the causes among its own commits.
        target.app.inspect().link(&mut found);
        found.sort_by_key(|related| shown::metadata(&related.commit, "createdAt").to_owned());
        let columns = [
            ("at", Left),
            ("stream", Left),
            ("version", Right),
            ("events", Left),
            ("caused by", Left),
            ("through", Left),
        ];
        let mut table = Table::new(&columns);
        for mut related in found {
            related.commit = shown::commit(&related.commit, session.options.data);
            print(session, &mut table, &related)?;
        }
        session.out.table(&mut table)?;
        Ok(Ending::Done)
    }
}

fn print(session: &mut Session, table: &mut Table, related: &inspect::Related) -> Result<(), Failure> {
    let inspect::Related { place, commit, cause, .. } = related;
    if session.out.is_json() {
        return session.out.value(related);
    }
    let cause = cause.as_ref();
    let through = cause.and_then(|cause| cause.subscriber);
    // The id of the command that caused it is also known if its commit was not among those.
    let caused_by = cause.map(|cause| match &cause.place {
        Some(place) => format!("{} version {}", place::shown(place), place.version),
        None => format!("command {}", cause.command_id),
    });
    table.row([
        shown::metadata(commit, "createdAt").to_owned(),
        place::shown(place),
        place.version.to_string(),
        shown::types(commit),
        caused_by.unwrap_or_default(),
        through.unwrap_or_default().to_owned(),
    ]);
    Ok(())
}
