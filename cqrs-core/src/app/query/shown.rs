//! Lists that contain your own write.

use tokio::time::{Instant, sleep};

use super::page::QueryError;
use super::{By, Query};
use crate::projection::{Edition, Projection, erased};
use crate::projector::{Choice, Contained, Pauses, contains, current, editions, touched};
use crate::view::{Place, QueriedViews, StoredView, ViewQuery};

impl<V: Projection> Query<'_, V> {
    /// Reads a page. With a token, it waits until the views contain the commit, and the index shows the result.
    ///
    /// The views are read with all writes, and the index may be behind them. So the page is searched for each view that
    /// the commit has changed. It is read again until it has that view at its place, and no earlier state of it.
    pub(super) async fn read(
        &self,
        choice: Choice,
        request: impl Fn(&Edition) -> ViewQuery,
    ) -> Result<(ViewQuery, QueriedViews), QueryError> {
        let views = self.runtime.view_store()?;
        let index_id = match &self.by {
            By::Index(slot, index) if V::KEYED => Some(index.id(*slot)),
            _ => None,
        };
        let Some(token) = &self.at_least else {
            let request =
                request(&editions::to_read(erased::<V>(), self.runtime, choice, index_id.as_deref()).await?);
            let page = views.query(&request).await?;
            return Ok((request, page));
        };
        let (started, limit) = (Instant::now(), self.within.unwrap_or(self.runtime.settings.read_wait));
        let Contained { edition, .. } =
            contains(erased::<V>(), self.runtime, choice, index_id.as_deref(), self.tenant, token, limit)
                .await?;
        let request = request(&edition);
        let By::Index(_, index) = &self.by else {
            let page = views.query(&request).await?;
            return Ok((request, page));
        };
        let mut pauses = Pauses::growing(self.runtime.settings.read_poll);
        // The views as they were at that time: a writer that continues may always be ahead of the index.
        let changed = touched(erased::<V>(), self.runtime, &edition, self.tenant, token).await?;
        loop {
            let page = views.query(&request).await?;
            if self.shows(&page, &request, &changed).await? {
                return Ok((request, page));
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
            sleep(pauses.next().min(limit.saturating_sub(waited))).await;
        }
    }

    /// Whether a page has some views where they belong, no earlier than they were.
    async fn shows(
        &self,
        page: &QueriedViews,
        request: &ViewQuery,
        changed: &[StoredView],
    ) -> Result<bool, QueryError> {
        for view in changed {
            let is_shown = match page.views.iter().find(|found| found.id == view.id) {
                Some(found) => (found.generation, found.version) >= (view.generation, view.version),
                None if !belongs(view, request, page) => true,
                // The view may have moved on since.
                None => match current(erased::<V>(), self.runtime, &view.id).await? {
                    Some(now) => !belongs(&now, request, page),
                    None => true,
                },
            };
            if !is_shown {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Whether the page is the place of a view.
fn belongs(view: &StoredView, request: &ViewQuery, page: &QueriedViews) -> bool {
    let Some(place) = request.place_of(view) else { return false };
    let is_behind = |other: &Place| if request.descending { place < *other } else { place > *other };
    let begins_before = request.after.as_ref().is_none_or(is_behind);
    let ends_before = page.next.as_ref().is_some_and(is_behind);
    begins_before && !ends_before
}
