use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, TryStreamExt, stream};

use super::checkpoint::Checkpoints;
use super::progress::Tally;
use super::{ReplayError, Replayed};
use crate::projection::{Edition, Erased, Phase};
use crate::projector::{ProjectError, editions, entries, shadow_of};
use crate::runtime::Runtime;
use crate::store::{Extent, StoreError, limits};
use crate::timestamp::Timestamp;
use crate::view::{Revision, StoredView, SwapIn, ViewId, Write};

/// How many views are replaced at once: DynamoDB takes the two items of each in one transaction.
const AT_ONCE: usize = limits::MAX_TRANSACTION_ITEMS / 2;

/// Replaces the live views with those that a replay has built aside, many in a transaction, and removes live views that were not
/// built again.
pub(super) struct Swap<'a> {
    pub(super) projection: Erased,
    pub(super) runtime: &'a Runtime,
    pub(super) edition: &'a Edition,
    pub(super) generation: u64,
    /// The only partition of live views; `None` for all.
    pub(super) partition: Option<String>,
    pub(super) tally: &'a Tally<'a>,
    pub(super) checkpoints: &'a Checkpoints<'a>,
    /// How many views of a page are worked on at a time.
    pub(super) width: usize,
}

/// What an item of the views table is to this replay.
enum Found {
    /// A live view that has not been swapped.
    Live(ViewId),
    /// The shadow of a live view.
    Shadow(ViewId),
    /// A leftover of an abandoned replay.
    Leftover,
    /// Something else.
    Foreign,
}

/// A view in its two copies.
#[derive(Default)]
struct Pair {
    live: Option<StoredView>,
    shadow: Option<StoredView>,
}

impl Pair {
    /// The expected revision of the live view.
    fn expected(&self) -> Revision {
        self.live.as_ref().map_or(Revision::NONE, StoredView::revision)
    }
}

impl Swap<'_> {
    pub(super) async fn through(&self, extent: &Extent) -> Result<(), ReplayError> {
        let mut checkpoint = self.checkpoints.of(extent);
        self.tally.resume(checkpoint.done);
        let mut after = checkpoint.after.clone().map(|(pk, sk)| ViewId { pk, sk });
        while !checkpoint.ended {
            let step = async {
                let scan = self.runtime.view_store()?.scan(extent, after.as_ref()).await?;
                Ok((scan.next, scan.views))
            };
            let (next, page) = step.await.map_err(ReplayError::store(self.projection))?;
            let done = Replayed { views: self.settle_all(page).await?, ..Replayed::default() };
            checkpoint.done.add(done);
            checkpoint.ended = next.is_none();
            checkpoint.after = next.clone().map(|id| (id.pk, id.sk));
            let saved = self.checkpoints.save(extent, &checkpoint).await;
            saved.map_err(ReplayError::store(self.projection))?;
            self.tally.add(Phase::Swap, done);
            after = next;
        }
        Ok(())
    }

    /// Settles the views of a page; returns how many were replaced.
    async fn settle_all(&self, page: Vec<StoredView>) -> Result<u64, ReplayError> {
        let mut pairs: BTreeMap<ViewId, Pair> = BTreeMap::new();
        let mut leftovers = Vec::new();
        for view in page {
            match self.find(&view) {
                Found::Live(id) => pairs.entry(id).or_default().live = Some(view),
                Found::Shadow(id) => pairs.entry(id).or_default().shadow = Some(view),
                Found::Leftover => leftovers.push(view),
                Found::Foreign => {}
            }
        }
        let removed = stream::iter(leftovers).map(|view| self.remove(view)).buffer_unordered(self.width);
        removed.try_collect::<()>().await.map_err(ReplayError::store(self.projection))?;
        if pairs.is_empty() {
            return Ok(0);
        }
        let pairs = self.complete_all(pairs).await.map_err(ReplayError::store(self.projection))?;
        // Only then: until the replay is over, every writer of one copy also changes the other. So these copies belong together,
        // and the condition of the write detects later changes.
        self.check_underway().await?;
        let (rebuilt, others): (Vec<_>, Vec<_>) =
            pairs.into_iter().partition(|(_, pair)| pair.shadow.is_some());
        let together: Vec<_> = rebuilt.chunks(AT_ONCE).map(|some| self.settle_together(some)).collect();
        let alone: Vec<_> = others.into_iter().map(|(id, pair)| self.settle(id, pair)).collect();
        let together = stream::iter(together)
            .buffer_unordered(self.width)
            .try_fold(0, |sum, put| async move { Ok(sum + put) });
        let put = together.await?;
        let alone = stream::iter(alone)
            .buffer_unordered(self.width)
            .try_fold(0, |sum, put| async move { Ok(sum + u64::from(put)) });
        Ok(put + alone.await?)
    }

    /// Replaces live views with rebuilt ones, in as few requests as the store allows; returns how many.
    async fn settle_together(&self, pairs: &[(ViewId, Pair)]) -> Result<u64, ReplayError> {
        let swap = |(id, pair): &(ViewId, Pair)| match &pair.shadow {
            Some(shadow) => self.swap_of(id, pair.expected(), shadow).map(Some),
            None => Ok(None),
        };
        let swaps: Vec<SwapIn> = pairs
            .iter()
            .filter_map(|pair| swap(pair).transpose())
            .collect::<Result<_, _>>()
            .map_err(ReplayError::project(self.projection))?;
        let views = self.runtime.view_store().map_err(ReplayError::store(self.projection))?;
        let written = views.swap_in_all(&swaps).await.map_err(ReplayError::store(self.projection))?;
        let mut put = 0;
        for (swap, written) in swaps.into_iter().zip(written) {
            put += match written {
                Write::Done => u64::from(!swap.view.is_removed()),
                // Another writer has changed it since.
                Write::Stale => u64::from(self.settle_again(swap.view.id).await?),
            };
        }
        Ok(put)
    }

    /// Reads the missing copies.
    async fn complete_all(&self, pairs: BTreeMap<ViewId, Pair>) -> Result<Vec<(ViewId, Pair)>, StoreError> {
        let mut missing: BTreeSet<ViewId> = BTreeSet::new();
        for (id, pair) in &pairs {
            if pair.live.is_none() {
                missing.insert(id.clone());
            }
            if pair.shadow.is_none() {
                missing.insert(shadow_of(id, self.generation));
            }
        }
        let missing: Vec<_> = missing.into_iter().collect();
        let read = match missing.is_empty() {
            true => Vec::new(),
            false => self.runtime.view_store()?.get_all(&missing).await?,
        };
        let mut read: BTreeMap<ViewId, Option<StoredView>> = missing.into_iter().zip(read).collect();
        let mut take = |id: &ViewId| read.remove(id).flatten();
        let complete = pairs.into_iter().map(|(id, pair)| {
            let live = pair.live.or_else(|| take(&id));
            let shadow = pair.shadow.or_else(|| take(&shadow_of(&id, self.generation)));
            (id, Pair { live, shadow })
        });
        Ok(complete.collect())
    }

    /// Settles one view; returns whether a rebuilt one replaced it.
    async fn settle(&self, id: ViewId, mut pair: Pair) -> Result<bool, ReplayError> {
        loop {
            let settled = self.try_settle(&id, &pair).await.map_err(ReplayError::project(self.projection))?;
            if settled == Write::Done {
                return Ok(pair.shadow.is_some_and(|shadow| !shadow.is_removed()));
            }
            pair = self.read_pair(&id).await?;
        }
    }

    async fn settle_again(&self, id: ViewId) -> Result<bool, ReplayError> {
        let pair = self.read_pair(&id).await?;
        self.settle(id, pair).await
    }

    async fn read_pair(&self, id: &ViewId) -> Result<Pair, ReplayError> {
        let read = async {
            let views = self.runtime.view_store()?;
            let live = views.get(id).await?;
            let shadow = views.get(&shadow_of(id, self.generation)).await?;
            Ok(Pair { live, shadow })
        };
        let pair = read.await.map_err(ReplayError::store(self.projection))?;
        self.check_underway().await?;
        Ok(pair)
    }

    fn swap_of(&self, id: &ViewId, live: Revision, shadow: &StoredView) -> Result<SwapIn, ProjectError> {
        let entries = entries(self.projection, id, self.projection.read(shadow)?.as_ref())?;
        let view = StoredView::new(id.clone(), shadow.version, shadow.data.clone(), Timestamp::now())
            .with_generation(self.generation)
            .with_entries(entries);
        Ok(SwapIn::new(view, live, shadow.id.clone(), shadow.revision()))
    }

    async fn try_settle(&self, id: &ViewId, pair: &Pair) -> Result<Write, ProjectError> {
        let views = self.runtime.view_store()?;
        let live = pair.expected();
        match &pair.shadow {
            Some(shadow) => {
                let swap = self.swap_of(id, live, shadow)?;
                Ok(views.swap_in(&swap.view, live, &swap.shadow, swap.shadow_expected).await?)
            }
            None if live == Revision::NONE || live.generation >= self.generation => Ok(Write::Done),
            None => Ok(views.delete(id, live).await?),
        }
    }

    async fn check_underway(&self) -> Result<(), ReplayError> {
        let read = editions::fresh(self.projection, self.runtime)
            .await
            .map_err(ReplayError::store(self.projection))?;
        match read.of(self.edition).generations.underway {
            Some(underway) if underway.generation == self.generation => Ok(()),
            _ => Err(ReplayError::superseded(self.projection)),
        }
    }

    async fn remove(&self, view: StoredView) -> Result<(), StoreError> {
        // A view that was written since belongs to another writer.
        let _ = self.runtime.view_store()?.delete(&view.id, view.revision()).await?;
        Ok(())
    }

    fn find(&self, view: &StoredView) -> Found {
        let pk = &view.id.pk;
        let (live, generation) =
            match pk.rsplit_once('~').map(|(live, generation)| (live, generation.parse::<u64>())) {
                Some((live, Ok(generation))) => (live, Some(generation)),
                _ => (pk.as_str(), None),
            };
        let is_ours = match &self.partition {
            Some(partition) => live == partition,
            None => {
                live.rsplit_once('#').is_some_and(|(_, name)| name == self.edition.name(self.projection.view))
            }
        };
        let id = ViewId { pk: live.to_owned(), sk: view.id.sk.clone() };
        match generation {
            _ if !is_ours => Found::Foreign,
            None if view.generation < self.generation => Found::Live(id),
            Some(generation) if generation == self.generation => Found::Shadow(id),
            Some(generation) if generation < self.generation => Found::Leftover,
            _ => Found::Foreign,
        }
    }
}
