use clap::Args;
use cqrs_core::inspect::{InspectError, Page};

use crate::failure::Failure;
use crate::output::tell;
use crate::progress;
use crate::session::Session;

/// How much of a list is read.
#[derive(Debug, Args)]
pub(super) struct Paging {
    /// The maximum number of items
    #[arg(long, value_name = "NUMBER", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// Read all of them
    #[arg(long, conflicts_with = "limit")]
    all: bool,
    /// The cursor at which the list continues; a call that did not reach the end prints it
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
}

/// How many are requested with one request.
const PAGE: u32 = 100;

impl Paging {
    /// Reads page after page and passes each on, until there are enough, or until nothing reads the output.
    pub(super) async fn read<T>(
        &self,
        session: &mut Session,
        mut fetch: impl AsyncFnMut(u32, Option<&str>) -> Result<Page<T>, InspectError>,
        mut show: impl FnMut(&mut Session, Vec<T>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut after = self.after.clone();
        let mut found: u32 = 0;
        loop {
            let wanted = if self.all { PAGE } else { self.limit.saturating_sub(found).min(PAGE) };
            let page = fetch(wanted, after.as_deref()).await?;
            found = found.saturating_add(u32::try_from(page.items.len()).unwrap_or(u32::MAX));
            show(session, page.items)?;
            after = page.next;
            let Some(next) = &after else { return Ok(()) };
            if session.out.is_closed() {
                return Ok(());
            }
            if !self.all && found >= self.limit {
                tell(&format!("there are more: --after '{next}'"));
                return Ok(());
            }
        }
    }
}

/// How much of the events table is searched.
#[derive(Debug, Args)]
pub(super) struct Search {
    /// The maximum number of pages of commits to read; a page is up to 1 MB
    #[arg(long, value_name = "NUMBER", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    pages: u32,
    /// Search to the end
    #[arg(long, conflicts_with = "pages")]
    all: bool,
    /// The cursor at which the search continues; a call that did not reach the end prints it
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
}

impl Search {
    /// Reads page after page and passes each on. At the end, it reports how many commits were read.
    pub(super) async fn read<T>(
        &self,
        session: &mut Session,
        mut fetch: impl AsyncFnMut(Option<&str>) -> Result<Page<T>, InspectError>,
        mut show: impl FnMut(&mut Session, Vec<T>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut after = self.after.clone();
        let (mut pages, mut read) = (0, 0);
        let bar = progress::searching();
        loop {
            let page = fetch(after.as_deref()).await?;
            pages += 1;
            read += page.read_commits;
            bar.set_message(format!("{read} commits were read"));
            bar.suspend(|| show(session, page.items))?;
            after = page.next;
            if after.is_none() || session.out.is_closed() || !self.all && pages >= self.pages {
                break;
            }
        }
        bar.finish_and_clear();
        match &after {
            Some(next) => tell(&format!("{read} commits were read, and there are more: --after '{next}'")),
            None => tell(&format!("{read} commits were read")),
        }
        Ok(())
    }
}
