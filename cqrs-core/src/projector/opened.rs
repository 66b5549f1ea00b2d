use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;
use serde_json::Value;
use tokio::sync::OwnedMutexGuard;

use super::part::Shadow;
use super::unfenced::Noted;
use super::{ProjectError, encode, entries, shadow_of};
use crate::event::{DecodeError, RawEvent};
use crate::projection::{AnyKey, AnyView, Arm, Erased, Phase};
use crate::runtime::Runtime;
use crate::store::StoreError;
use crate::timestamp::Timestamp;
use crate::version::Version;
use crate::view::{IndexEntry, Known, Moment, Revision, StoredView, ViewId};

type Recent = OwnedMutexGuard<Option<Known<StoredView>>>;

/// An event on its way into a view.
pub(super) struct Change<'a> {
    pub(super) version: Version,
    pub(super) raw: RawEvent<'a>,
    pub(super) arm: Arm,
    pub(super) key: AnyKey,
    pub(super) id: ViewId,
}

/// Which of a view's two copies take an event.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Copies {
    pub(super) live: bool,
    pub(super) shadow: bool,
}

impl Copies {
    /// The number of these copies.
    pub(super) fn count(&self) -> usize {
        usize::from(self.live) + usize::from(self.shadow)
    }

    pub(super) fn without(self, other: Self) -> Self {
        Self { live: self.live && !other.live, shadow: self.shadow && !other.shadow }
    }

    pub(super) fn add(&mut self, more: Self) {
        self.live |= more.live;
        self.shadow |= more.shadow;
    }
}

/// How to read views that are not cached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// One by one: a commit changes few of them.
    Each,
    /// In as few requests as the store allows.
    All,
}

/// The views that one transaction writes, by the ids of the live ones, with their shadows during a replay.
pub(super) struct OpenViews {
    projection: Erased,
    pairs: BTreeMap<ViewId, Pair>,
}

struct Pair {
    live: Option<Opened>,
    shadow: Option<Opened>,
}

struct Opened {
    recent: Recent,
    id: ViewId,
    stored: Option<StoredView>,
    /// See [`Known::since`].
    since: Moment,
    expected: Revision,
    /// The generation to write.
    generation: u64,
    /// Whether it is in the indexes; a shadow is not, until it is swapped in.
    is_listed: bool,
    content: Content,
}

enum Content {
    /// `None` for a removed view.
    View(Option<AnyView>),
    /// A view of an earlier shape, which is kept unchanged until the replay swaps the new one in.
    Unreadable(Value, Vec<IndexEntry>),
}

impl OpenViews {
    /// Locks and reads views. New views begin with `generation`.
    pub(super) async fn open(
        projection: Erased,
        runtime: &Runtime,
        wanted: &BTreeMap<ViewId, Copies>,
        generation: u64,
        replay: Option<Shadow>,
        reading: Reading,
    ) -> Result<Self, ProjectError> {
        let mut locks = lock(runtime, wanted, replay).await;
        let lives = wanted.iter().filter(|(_, copies)| copies.live).map(|(id, _)| id.clone());
        let lives = read(projection, runtime, &mut locks, lives.collect(), reading).await?;
        let mut pairs: BTreeMap<ViewId, Pair> = BTreeMap::new();
        for (id, recent, found) in lives {
            let live =
                Opened::of(projection, id.clone(), recent, found, generation, replay.is_some())?.listed();
            pairs.insert(id, Pair { live: Some(live), shadow: None });
        }
        if let Some(replay) = replay {
            let is_open = |id: &ViewId| {
                let live = pairs.get(id).and_then(|pair| pair.live.as_ref());
                live.is_none_or(|live| live.expected.generation < replay.generation)
            };
            let unswapped = wanted.iter().filter(|(id, copies)| copies.shadow && is_open(id));
            let by_shadow: BTreeMap<ViewId, ViewId> =
                unswapped.map(|(id, _)| (shadow_of(id, replay.generation), id.clone())).collect();
            for (shadow, recent, found) in
                read(projection, runtime, &mut locks, by_shadow.keys().cloned().collect(), reading).await?
            {
                let Some(id) = by_shadow.get(&shadow) else { continue };
                let pair = pairs.entry(id.clone()).or_insert(Pair { live: None, shadow: None });
                pair.join(Opened::of(projection, shadow, recent, found, 0, false)?, replay);
            }
        }
        Ok(Self { projection, pairs })
    }

    /// Folds an event into the copies of its view.
    pub(super) fn apply(&mut self, change: &Change<'_>, copies: Copies) -> Result<(), DecodeError> {
        let Some(pair) = self.pairs.get_mut(&change.id) else { return Ok(()) };
        let live = pair.live.as_mut().filter(|_| copies.live);
        let shadow = pair.shadow.as_mut().filter(|_| copies.shadow);
        for opened in live.into_iter().chain(shadow) {
            if let Content::View(view) = &mut opened.content {
                change.arm.apply(view, &change.raw, &change.key)?;
            }
        }
        Ok(())
    }

    /// The views to write, with the revisions that they replace.
    pub(super) fn writes(&self) -> Result<Vec<(StoredView, Revision)>, ProjectError> {
        self.opened().map(|opened| Ok((opened.next(self.projection)?, opened.expected))).collect()
    }

    /// Caches what was written. A view that this program cannot read is left to the next reader.
    pub(super) fn remember(mut self, writes: Vec<(StoredView, Revision)>) {
        for (opened, (view, _)) in self.opened_mut().zip(writes) {
            if let Content::View(_) = opened.content {
                // The fence has been written by now.
                *opened.recent = Some(Known { item: view.with_unfenced(None), since: opened.since });
            }
        }
    }

    /// Caches what was read, because nothing is written.
    pub(super) fn put_back(mut self) {
        for opened in self.opened_mut() {
            if let Content::View(_) = opened.content {
                let since = opened.since;
                *opened.recent = opened.stored.take().map(|item| Known { item, since });
            }
        }
    }

    /// The views that existed.
    pub(super) fn stored(&mut self) -> impl Iterator<Item = &mut StoredView> {
        self.opened_mut().filter_map(|opened| opened.stored.as_mut())
    }

    /// Whether a view still has a note.
    pub(super) fn has(&self, noted: &Noted) -> bool {
        let live = self.pairs.get(&noted.view).and_then(|pair| pair.live.as_ref()?.stored.as_ref());
        live.is_some_and(|live| live.unfenced.as_ref() == Some(&noted.note) && live.digest == noted.digest)
    }

    /// The time since which all of them are known.
    pub(super) fn since(&self) -> Option<Moment> {
        self.opened().map(|opened| opened.since).max()
    }

    /// Whether any of them was cached, and not read after this moment.
    pub(super) fn has_older_than(&self, moment: Moment) -> bool {
        self.opened().any(|opened| opened.since <= moment)
    }

    fn opened_mut(&mut self) -> impl Iterator<Item = &mut Opened> {
        self.pairs.values_mut().flat_map(|pair| [&mut pair.live, &mut pair.shadow]).flatten()
    }

    fn opened(&self) -> impl Iterator<Item = &Opened> {
        self.pairs.values().flat_map(|pair| [&pair.live, &pair.shadow]).flatten()
    }
}

impl Pair {
    /// Adds the shadow to the live view. A view that is new when all streams have been replayed needs no shadow.
    fn join(&mut self, shadow: Opened, replay: Shadow) {
        match &mut self.live {
            Some(live)
                if replay.phase == Phase::Swap
                    && live.expected == Revision::NONE
                    && shadow.expected == Revision::NONE =>
            {
                live.generation = replay.generation;
            }
            live => {
                if let Some(live) = live.as_mut().filter(|live| live.expected == Revision::NONE) {
                    live.generation = 0;
                }
                self.shadow = Some(shadow);
            }
        }
    }
}

impl Opened {
    fn of(
        projection: Erased,
        id: ViewId,
        recent: Recent,
        found: Known<Option<Found>>,
        generation: u64,
        carried: bool,
    ) -> Result<Self, ProjectError> {
        let Known { item: found, since } = found;
        let Some((stored, decoded)) = found else {
            let (expected, content) = (Revision::NONE, Content::View(Some(projection.new_view())));
            return Ok(Self {
                recent,
                id,
                stored: None,
                since,
                expected,
                generation,
                is_listed: false,
                content,
            });
        };
        let content = match decoded {
            Ok(view) => Content::View(view),
            Err(_) if carried => Content::Unreadable(stored.data.clone(), stored.entries.clone()),
            Err(error) => return Err(ProjectError::Permanent(error.into())),
        };
        let (expected, generation) = (stored.revision(), stored.generation);
        Ok(Self { recent, id, stored: Some(stored), since, expected, generation, is_listed: false, content })
    }

    /// The same, with entries in the indexes.
    fn listed(self) -> Self {
        Self { is_listed: true, ..self }
    }

    fn next(&self, projection: Erased) -> Result<StoredView, ProjectError> {
        let (data, entries) = match &self.content {
            Content::View(view) => {
                // For a shadow, too: an error that would prevent the swap is reported while the commit is known.
                let mut entries = entries(projection, &self.id, view.as_ref())?;
                entries.retain(|_| self.is_listed);
                (encode(projection, view.as_ref())?, entries)
            }
            Content::Unreadable(data, entries) => (data.clone(), entries.clone()),
        };
        Ok(StoredView {
            id: self.id.clone(),
            version: self.expected.version.next(),
            generation: self.generation,
            digest: None,
            data,
            updated_at: Timestamp::now(),
            entries,
            // It contains several streams, and which program folded which of them is unknown.
            fingerprint: None,
            unfenced: None,
        })
    }
}

/// Locks the cache entries of all copies in the order of their ids: two writers cannot wait for each other.
async fn lock(
    runtime: &Runtime,
    wanted: &BTreeMap<ViewId, Copies>,
    replay: Option<Shadow>,
) -> BTreeMap<ViewId, Recent> {
    let lives = wanted.iter().filter(|(_, copies)| copies.live).map(|(id, _)| id.clone());
    let shadows = wanted.iter().filter(|(_, copies)| copies.shadow);
    let shadows = shadows.filter_map(|(id, _)| Some(shadow_of(id, replay?.generation)));
    let ids: BTreeSet<ViewId> = lives.chain(shadows).collect();
    let mut locks = BTreeMap::new();
    for id in ids {
        let recent = runtime.recent_writes.views.lock(&id).await;
        locks.insert(id, recent);
    }
    locks
}

/// Takes views from the cache, and reads the missing ones.
async fn read(
    projection: Erased,
    runtime: &Runtime,
    locks: &mut BTreeMap<ViewId, Recent>,
    ids: Vec<ViewId>,
    reading: Reading,
) -> Result<Vec<(ViewId, Recent, Known<Option<Found>>)>, ProjectError> {
    let locked = ids.into_iter().filter_map(|id| Some((locks.remove(&id)?, id)));
    if reading == Reading::All {
        return read_all(projection, runtime, locked.collect()).await;
    }
    let reads = locked.map(|(mut recent, id)| async move {
        let found = find(projection, runtime, &mut recent, &id).await?;
        Ok((id, recent, found))
    });
    try_join_all(reads).await
}

async fn read_all(
    projection: Erased,
    runtime: &Runtime,
    locked: Vec<(Recent, ViewId)>,
) -> Result<Vec<(ViewId, Recent, Known<Option<Found>>)>, ProjectError> {
    let mut places = Vec::with_capacity(locked.len());
    let mut unknown = Vec::new();
    for (mut recent, id) in locked {
        let found = remembered(projection, &mut recent);
        if found.is_none() {
            unknown.push(id.clone());
        }
        places.push((id, recent, found));
    }
    let read = match unknown.is_empty() {
        true => Vec::new(),
        false => runtime.view_store()?.get_all(&unknown).await?,
    };
    let (mut read, since) = (read.into_iter(), runtime.recent_writes.after());
    let found = places.into_iter().map(|(id, recent, found)| match found {
        Some(Known { item, since }) => (id, recent, Known { item: Some(item), since }),
        None => (
            id,
            recent,
            Known { item: read.next().flatten().map(|stored| decoded(projection, stored)), since },
        ),
    });
    Ok(found.collect())
}

/// A view as it is stored, and as this program reads it.
pub(super) type Found = (StoredView, Result<Option<AnyView>, StoreError>);

/// Takes a view from the cache, or reads it. A cached view that this program cannot read may be from before a replay: the store
/// decides.
pub(super) async fn find(
    projection: Erased,
    runtime: &Runtime,
    recent: &mut Option<Known<StoredView>>,
    id: &ViewId,
) -> Result<Known<Option<Found>>, StoreError> {
    if let Some(Known { item, since }) = remembered(projection, recent) {
        return Ok(Known { item: Some(item), since });
    }
    let stored = runtime.view_store()?.get(id).await?;
    Ok(Known { item: stored.map(|stored| decoded(projection, stored)), since: runtime.recent_writes.after() })
}

fn remembered(projection: Erased, recent: &mut Option<Known<StoredView>>) -> Option<Known<Found>> {
    let Known { item, since } = recent.take()?;
    let view = projection.read(&item).ok()?;
    Some(Known { item: (item, Ok(view)), since })
}

fn decoded(projection: Erased, stored: StoredView) -> Found {
    let decoded = projection.read(&stored);
    (stored, decoded)
}
