//! Lists that contain one's own write.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::page::QueryError;
use super::{By, Query};
use crate::commit::CommitToken;
use crate::projection::Projection;
use crate::projector::{contains, touched};
use crate::view::{Place, QueriedViews, StoredView, ViewQuery};

/// The first pause between two reads of an index is this part of the longest one.
const FIRST_PAUSE: u32 = 50;

/// From which commit on a list is wanted, and how long that is waited for.
pub(super) struct AtLeast {
    pub(super) token: CommitToken,
    pub(super) limit: Option<Duration>,
}

impl<V: Projection> Query<'_, V> {
    /// Reads a page; with a token not before the views contain its commit, and the index shows what that has made of them.
    ///
    /// The views are read with all writes, and the index may be behind them: so the page itself is looked at for each view that
    /// the commit has changed, and read again until it has that view where it belongs, and nowhere else.
    pub(super) async fn read(&self, request: &ViewQuery) -> Result<QueriedViews, QueryError> {
        let views = self.runtime.view_store()?;
        let Some(AtLeast { token, limit }) = &self.at_least else { return Ok(views.query(request).await?) };
        let (started, limit) = (Instant::now(), limit.unwrap_or(self.runtime.settings.read_wait));
        contains::<V>(self.runtime, self.tenant, token, limit).await?;
        let (By::Index(_, index), Some(slot)) = (&self.by, request.slot) else {
            return Ok(views.query(request).await?);
        };
        let longest = self.runtime.settings.read_poll;
        let mut pause = longest / FIRST_PAUSE;
        loop {
            let changed = touched::<V>(self.runtime, self.tenant, token).await?;
            let page = views.query(request).await?;
            if changed.iter().all(|view| is_shown(view, slot, request, &page)) {
                return Ok(page);
            }
            let waited = started.elapsed();
            if waited >= limit {
                return Err(QueryError::Unshown {
                    view: V::NAME,
                    by: index.name,
                    stream: token.stream().clone(),
                    version: token.version(),
                    waited,
                });
            }
            sleep(pause.min(limit.saturating_sub(waited))).await;
            pause = pause.saturating_mul(2).min(longest);
        }
    }
}

/// Whether a page has a view as it is now, where it belongs to the page, and no earlier state of it.
fn is_shown(view: &StoredView, slot: usize, request: &ViewQuery, page: &QueriedViews) -> bool {
    if let Some(found) = page.views.iter().find(|found| found.id == view.id) {
        return found.version >= view.version;
    }
    let entry = view.entries.iter().find(|entry| entry.slot == slot);
    let Some(entry) = entry.filter(|entry| entry.pk == request.pk && request.range.holds(&entry.sk)) else {
        return true;
    };
    let place = Place::new(entry.sk.as_str(), view.id.clone());
    let is_behind = |other: &Place| if request.descending { place < *other } else { place > *other };
    let begins_before = request.after.as_ref().is_none_or(is_behind);
    let ends_before = page.next.as_ref().is_some_and(is_behind);
    !begins_before || ends_before
}
