use futures_util::{StreamExt, TryStreamExt, stream};

use super::ReplayError;
use super::aggregate_views::AggregateViews;
use crate::key::StreamKey;
use crate::panic::caught;
use crate::projection::StreamOfView;
use crate::projector::ProjectError;
use crate::store::Extent;
use crate::view::{StoredView, ViewId};

/// Removes views at their aggregates' keys without any commit: a restore has removed their streams.
impl AggregateViews<'_> {
    pub(super) async fn remove_vanished(&self, extent: &Extent, width: usize) -> Result<(), ReplayError> {
        let mut after = None;
        loop {
            let page = async { self.runtime.view_store()?.scan(extent, after.as_ref()).await };
            let page = page.await.map_err(ReplayError::store(self.projection))?;
            let missed = page.views.into_iter().filter(|view| view.generation < self.generation);
            let removed = stream::iter(missed).map(|view| self.remove_if_vanished(view));
            let removed = removed.buffer_unordered(width).try_collect::<()>().await;
            removed.map_err(ReplayError::project(self.projection))?;
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// The view is read before its stream, so that a commit for it cannot be missed.
    pub(super) async fn remove_if_vanished(&self, view: StoredView) -> Result<(), ProjectError> {
        let Some(stream) = self.stream_of(&view.id) else { return Ok(()) };
        if self.read(&stream).await?.shown.version.is_none() {
            tracing::warn!(projection = self.projection.name, %stream, "a view whose stream is gone is removed");
            // A view that was written since belongs to another writer.
            let _ = self.runtime.view_store()?.delete(&view.id, view.revision()).await?;
        }
        Ok(())
    }

    /// The stream of a live view of this projection.
    fn stream_of(&self, id: &ViewId) -> Option<StreamKey> {
        let found = caught(|| self.projection.stream_of(id));
        let StreamOfView { tenant, stream } = found.ok().flatten()?;
        stream.ok().filter(|_| self.covers(&tenant))
    }
}
