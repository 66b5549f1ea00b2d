use clap::Args;

use super::paging::Search;
use crate::failure::{Ending, Failure};
use crate::session::Session;

/// List the tenants that have streams
///
/// The events table has no list of tenants, so commits are read to find them, which is charged. The number is printed
/// to the standard error. A tenant is listed again if its commits are on several pages.
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
