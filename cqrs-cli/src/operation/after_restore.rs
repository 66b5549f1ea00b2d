use clap::Args;

use super::replay::print;
use crate::failure::{Ending, Failure};
use crate::progress;
use crate::session::Session;

/// Bring all views back in line with the events table after it was restored to an earlier point
///
/// Every projection is replayed, and views of streams that are gone are removed. Restart other processes before they
/// execute commands. Asks first.
#[derive(Debug, Args)]
pub struct AfterRestore {}

impl AfterRestore {
    pub(crate) async fn run(self, session: &mut Session) -> Result<Ending, Failure> {
        let target = session.target().await?;
        session.confirm(
            "All projections are replayed, and views of streams that are gone are removed. \
             This is for an events table that was restored to an earlier point.",
        )?;
        for (projection, replayed) in progress::shown(&target.app, target.app.after_restore()).await? {
            print(session, projection, replayed, None)?;
        }
        Ok(Ending::Done)
    }
}
