use futures_util::{StreamExt, TryStreamExt, stream};

use super::checkpoint::Course;
use super::progress::Tally;
use super::walk::{Run, Work};
use super::{Rebuild, ReplayError, Replayed};
use crate::key::StreamKey;
use crate::projection::{Edition, Erased};
use crate::projector::editions;
use crate::runtime::Runtime;
use crate::store::{Extent, StoreError};
use crate::timestamp::Timestamp;
use crate::view::{StoredView, Write};

/// Removes abandoned editions: their views, and their fences, which follow from the streams.
impl Rebuild<'_> {
    /// Discards what other releases have built, which may contain commits that are no longer in the store: if they come back,
    /// they begin anew.
    pub(super) async fn drop_others(&self) -> Result<(), ReplayError> {
        let dropped = editions::change(self.projection, self.runtime, |editions| {
            if editions.of_fold(self.projection.fingerprint).is_some() {
                editions.drop_others(self.projection.fingerprint);
            }
        });
        dropped.await.map_err(ReplayError::store(self.projection))?;
        self.remove_left().await
    }

    pub(super) async fn remove_left(&self) -> Result<(), ReplayError> {
        let kept = Timestamp::now() - self.runtime.settings.release_kept;
        let fold = self.projection.fingerprint;
        if !editions::has_removable(self.projection, self.runtime, kept) {
            return Ok(());
        }
        let begun = editions::change(self.projection, self.runtime, |editions| {
            match editions.has_removable(fold, kept) {
                true => editions.begin_removal(kept),
                false => Vec::new(),
            }
        });
        for edition in begun.await.map_err(ReplayError::store(self.projection))? {
            match self.remove(&edition).await {
                // A process with the right to do so removes them, for example a manual replay.
                Err(ReplayError::Store { source, .. }) if matches!(*source, StoreError::Denied { .. }) => {
                    tracing::debug!(projection = self.projection.name, %source, "abandoned views are not removed");
                    return Ok(());
                }
                removed => removed?,
            }
            let ended =
                editions::change(self.projection, self.runtime, |editions| editions.end_removal(&edition));
            ended.await.map_err(ReplayError::store(self.projection))?;
            tracing::info!(
                projection = self.projection.name,
                name = &*edition.name(self.projection.view),
                "views of a release that is gone are removed"
            );
        }
        Ok(())
    }

    async fn remove(&self, edition: &Edition) -> Result<(), ReplayError> {
        let segments = self.segments();
        let extents = || (0..segments).map(move |number| Extent::Segment { number, of: segments });
        let views = stream::iter(extents()).map(|extent| self.remove_views(edition, extent));
        let removed = views.buffer_unordered(self.parallel).try_collect::<()>().await;
        removed.map_err(ReplayError::store(self.projection))?;
        let work = Fences { projection: self.projection, runtime: self.runtime, edition };
        // Removing once is enough: the addresses are never used again.
        self.walk(&work, &Tally::new(None, None), extents().collect(), Course::Remove, edition, 1).await
    }

    async fn remove_views(&self, edition: &Edition, extent: Extent) -> Result<(), StoreError> {
        let name = edition.name(self.projection.view);
        let is_its_own = |view: &StoredView| {
            let shadow = view.id.pk.rsplit_once('~').filter(|(_, number)| number.parse::<u64>().is_ok());
            let pk = shadow.map_or(&*view.id.pk, |(live, _)| live);
            pk.rsplit_once('#').is_some_and(|(_, of)| of == name)
        };
        let views = self.runtime.view_store()?;
        let mut after = None;
        loop {
            let page = views.scan(&extent, after.as_ref()).await?;
            let removed = stream::iter(page.views.into_iter().filter(is_its_own)).map(|view| async move {
                // It is no longer written, except by a process that does not know yet that it is removed.
                let _: Write = views.delete(&view.id, view.revision()).await?;
                Ok::<_, StoreError>(())
            });
            removed.buffer_unordered(self.parallel).try_collect::<()>().await?;
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }
}

/// Removes the fences of an edition.
struct Fences<'a> {
    projection: Erased,
    runtime: &'a Runtime,
    edition: &'a Edition,
}

impl Work for Fences<'_> {
    type Open = StreamKey;

    async fn take(&self, run: &Run, open: Option<StreamKey>) -> Result<StreamKey, ReplayError> {
        Ok(open.unwrap_or_else(|| run.stream.clone()))
    }

    async fn finish(&self, stream: StreamKey) -> Result<Replayed, ReplayError> {
        let removed = async {
            let (views, id) = (self.runtime.view_store()?, self.edition.fence(self.projection.view, &stream));
            if let Some(fence) = views.fence(&id).await? {
                let _: Write = views.delete(&id, fence.revision()).await?;
            }
            Ok(Replayed::default())
        };
        removed.await.map_err(ReplayError::store(self.projection))
    }
}
