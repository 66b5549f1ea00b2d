use clap::Args;

use super::paging::Search;
use crate::failure::{Ending, Failure};
use crate::session::Session;

/// List the tenants that have streams
///
/// Nothing lists tenants in the events table, so commits are read to find them, and are charged for. The standard error tells how many.
/// A tenant comes again where its commits are in several pages.
#[derive(Debug, Args)]
pub struct Tenants {
    #[command(flatten)]
    search: Search,
}

impl Tenants {
    pub(crate) async fn run(self, session: &mut Session) -> Result<Ending, Failure> {
        let target = session.target().await?;
        let mut told = std::collections::HashSet::new();
        let fetch = async |after: Option<&str>| target.app.inspect().tenants(after).await;
        let show = |session: &mut Session, tenants: Vec<String>| {
            for tenant in tenants.into_iter().filter(|tenant| told.insert(tenant.clone())) {
                if session.out.is_json() {
                    session.out.value(&serde_json::json!({ "tenant": tenant }))?;
                } else {
                    session.out.text(&tenant)?;
                }
            }
            Ok(())
        };
        self.search.read(session, fetch, show).await?;
        Ok(Ending::Done)
    }
}
