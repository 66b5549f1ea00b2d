//! The editions of keyed projections: which one a program writes, which one it reads, and which others still need a commit.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use tokio::time::Instant;

use super::{Arrived, reading};
use crate::commit::Commit;
use crate::event::EventId;
use crate::key::StreamKey;
use crate::projection::{Builder, Edition, Editions, Erased, Fold, Registered, State};
use crate::runtime::Runtime;
use crate::store::StoreError;
use crate::timestamp::Timestamp;
use crate::version::Version;
use crate::view::{DynViewStore, Fence, ViewId, Write};

/// Where the delivery notes how projections have begun: among the positions of subscribers, under a name that no subscriber can
/// have. One request reads them all.
pub(crate) const MARKS: &str = "@projections";

/// A release without a sign of life for this many times `release_poll` no longer gets commits.
const POLLS_MISSED: u32 = 5;

/// The current editions of a projection.
pub(crate) async fn fresh(projection: Erased, runtime: &Runtime) -> Result<Arc<Editions>, StoreError> {
    let asked = Instant::now();
    let (editions, revision) = Editions::read(projection, runtime.view_store()?).await?;
    Ok(runtime.editions.note(projection.view, editions, revision.version, asked))
}

/// The editions as this process last read them, possibly long ago.
async fn known(projection: Erased, runtime: &Runtime) -> Result<Arc<Editions>, StoreError> {
    match runtime.editions.get(projection.view) {
        Some(known) => Ok(known.editions),
        None => fresh(projection, runtime).await,
    }
}

/// Changes the stored editions of a projection.
pub(crate) async fn change<T>(
    projection: Erased,
    runtime: &Runtime,
    change: impl Fn(&mut Editions) -> T,
) -> Result<T, StoreError> {
    let asked = Instant::now();
    let (outcome, editions, version) = Editions::change(projection, runtime.view_store()?, change).await?;
    runtime.editions.note(projection.view, editions, version, asked);
    Ok(outcome)
}

/// Which views a read takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    /// This program's own, or those of another release until there are some.
    Best,
    /// Only this program's own.
    Own,
}

/// The edition that this program reads, for a query by an index if one is given.
pub(crate) async fn to_read(
    projection: Erased,
    runtime: &Runtime,
    choice: Choice,
    index: Option<&str>,
) -> Result<Edition, StoreError> {
    if !projection.keyed {
        return Ok(Edition::FIRST);
    }
    let known = runtime.editions.get(projection.view);
    let known = known.filter(|known| known.asked.elapsed() * 2 < runtime.settings.release_poll);
    let editions = match known {
        Some(known) => known.editions,
        None => fresh(projection, runtime).await?,
    };
    if choice == Choice::Own || !editions.has_begun() {
        return Ok(editions.written_by(projection.fingerprint));
    }
    match editions.to_read(projection.fingerprint, index) {
        Some(edition) => Ok(edition),
        None => reading::own(projection, runtime).await,
    }
}

/// There are no complete views that this program could read.
pub(super) fn unbuilt(projection: Erased, editions: &Editions) -> StoreError {
    let (name, fold) = (projection.name, projection.fingerprint);
    let advice = match editions.of_fold(fold).is_some_and(|(_, own)| own.follows()) {
        true => "they are being built, and `App::projections` reports the progress",
        false => "no program of this release delivers: start one, or call `App::replay`",
    };
    StoreError::Unavailable {
        source: format!(
            "this program cannot read the stored views of `{name}`, which are those of another release, and its own, of the fold {fold}, \
             are not whole yet; {advice}"
        )
        .into(),
    }
}

/// The edition that this program writes. From now on it follows the streams.
pub(crate) async fn own(projection: Erased, runtime: &Runtime) -> Result<Edition, StoreError> {
    if !projection.keyed {
        return Ok(Edition::FIRST);
    }
    let fold = projection.fingerprint;
    let following = |editions: &Editions| {
        let own = editions.of_fold(fold).filter(|(_, one)| one.follows());
        own.map(|(edition, _)| edition)
    };
    let known = || following(&runtime.editions.get(projection.view)?.editions);
    if let Some(edition) = known() {
        return Ok(edition);
    }
    // The first commits of a process arrive at the same time.
    let _turn = runtime.editions.turn().await;
    if let Some(edition) = known() {
        return Ok(edition);
    }
    let editions = fresh(projection, runtime).await?;
    if let Some(edition) = following(&editions) {
        return Ok(edition);
    }
    let had_views = !editions.has_begun() && had_views(projection, runtime, &editions).await?;
    let described = described(projection);
    let registered = change(projection, runtime, |editions| {
        let now = Timestamp::now();
        editions.begin(&described, had_views, now);
        editions.register(&described, now);
        editions.of_fold(fold).map(|(edition, one)| (edition, one.clone()))
    });
    let Some((edition, one)) = registered.await? else { return Ok(Edition::FIRST) };
    if one.state == State::Building {
        tracing::info!(
            projection = projection.name,
            fold,
            number = one.number,
            "building views for a new shape or fold"
        );
    }
    Ok(edition)
}

/// The edition that this program writes, and all current editions including it.
pub(crate) async fn own_now(
    projection: Erased,
    runtime: &Runtime,
) -> Result<(Edition, Arc<Editions>), StoreError> {
    fresh(projection, runtime).await?;
    let edition = own(projection, runtime).await?;
    Ok((edition, known(projection, runtime).await?))
}

fn described(projection: Erased) -> Fold {
    let events = projection.events();
    let events = events.iter().flat_map(EventId::names).map(str::to_owned).collect();
    Fold { fingerprint: projection.fingerprint, events, indexes: projection.index_ids() }
}

/// Whether there are views of a release that did not record their fold.
async fn had_views(projection: Erased, runtime: &Runtime, editions: &Editions) -> Result<bool, StoreError> {
    let was_replayed = editions.of(&Edition::FIRST).generations.last > 0;
    Ok(was_replayed || runtime.delivery_store().positions(MARKS).await?.contains_key(projection.name))
}

/// The edition that this program writes or would write, with what is now known about it.
pub(crate) async fn written(
    projection: Erased,
    runtime: &Runtime,
) -> Result<(Edition, Registered), StoreError> {
    let editions = fresh(projection, runtime).await?;
    let edition = if projection.keyed { editions.written_by(projection.fingerprint) } else { Edition::FIRST };
    let now = editions.of(&edition);
    Ok((edition, now))
}

/// Begins to deliver from a feed, which keeps one position for all releases. If another release is at work on the views, this
/// program's views may lack what only that release has taken, so they are completed again.
pub(super) async fn begin(projection: Erased, runtime: &Runtime) -> Result<(), StoreError> {
    if !projection.keyed {
        return Ok(());
    }
    let (edition, editions) = own_now(projection, runtime).await?;
    if !has_others(&editions, &edition) {
        return Ok(());
    }
    let now = Timestamp::now();
    change(projection, runtime, |editions| {
        editions.restart(projection.fingerprint);
        editions.leave_silent(projection.fingerprint, now - lease(runtime), now);
    })
    .await
}

/// Tells other releases that this one is at work, and reads what they do; without others it is one read. True if this process is
/// to build this program's views, or to remove abandoned ones: several candidates agree on one `builder`.
pub(super) async fn keep(
    projection: Erased,
    runtime: &Runtime,
    builder: Option<&str>,
) -> Result<bool, StoreError> {
    if !projection.keyed {
        return Ok(false);
    }
    let (edition, editions) = own_now(projection, runtime).await?;
    let (fold, now) = (projection.fingerprint, Timestamp::now());
    let kept = now - runtime.settings.release_kept;
    let is_quiet = editions.of(&edition).state == State::Whole && !has_others(&editions, &edition);
    if is_quiet && !editions.has_removable(fold, kept) {
        return Ok(false);
    }
    let described = described(projection);
    change(projection, runtime, |editions| {
        editions.register(&described, now);
        editions.leave_silent(fold, now - lease(runtime), now);
        let is_removing = editions.has_removable(fold, kept);
        let Some(own) = editions.of_fold_mut(fold) else { return false };
        own.seen = Some(now);
        if own.state != State::Building && !is_removing {
            return false;
        }
        let Some(builder) = builder else { return true };
        let is_free = own.builder.as_ref().is_none_or(|other| other.id == builder || other.until < now);
        if is_free {
            own.builder = Some(Builder { id: builder.to_owned(), until: now + lease(runtime) });
        }
        is_free
    })
    .await
}

/// Signals from time to time that a program of this fold is running, while the work lasts.
pub(crate) async fn beside<T>(projection: Erased, runtime: &Runtime, work: impl Future<Output = T>) -> T {
    let told = async {
        loop {
            tokio::time::sleep(runtime.settings.release_poll.max(SHORTEST)).await;
            let told = change(projection, runtime, |editions| {
                if let Some(own) = editions.of_fold_mut(projection.fingerprint) {
                    own.seen = Some(Timestamp::now());
                }
            });
            if let Err(error) = told.await {
                tracing::debug!(projection = projection.name, %error, "cannot tell other releases that this one is running");
            }
        }
    };
    match select(pin!(work), pin!(told)).await {
        Either::Left((done, _)) => done,
        Either::Right((never, _)) => never,
    }
}

/// The shortest pause between two signs of life.
const SHORTEST: Duration = Duration::from_millis(100);

/// How long a release without a sign of life still gets its commits.
fn lease(runtime: &Runtime) -> Duration {
    runtime.settings.release_poll * POLLS_MISSED
}

/// Whether views of other editions are to be removed, as far as this process knows.
pub(crate) fn has_removable(projection: Erased, runtime: &Runtime, kept: Timestamp) -> bool {
    let known = runtime.editions.get(projection.view);
    known.is_some_and(|known| known.editions.has_removable(projection.fingerprint, kept))
}

/// Whether this program's views are to be built, or others removed, as far as this process knows.
pub(super) fn is_due(projection: Erased, runtime: &Runtime) -> bool {
    let known = runtime.editions.get(projection.view).filter(|_| projection.keyed);
    let is_building = known.is_some_and(|known| {
        known.editions.of_fold(projection.fingerprint).is_some_and(|(_, own)| own.state == State::Building)
    });
    is_building
        || (projection.keyed
            && has_removable(projection, runtime, Timestamp::now() - runtime.settings.release_kept))
}

/// Whether another release is at work on the views, as far as this process knows.
pub(super) fn has_other_release(projection: Erased, runtime: &Runtime) -> bool {
    let own = |editions: &Editions| editions.of_fold(projection.fingerprint).map(|(edition, _)| edition);
    let known = runtime.editions.get(projection.view);
    projection.keyed
        && known
            .is_some_and(|known| own(&known.editions).is_some_and(|own| has_others(&known.editions, &own)))
}

fn has_others(editions: &Editions, own: &Edition) -> bool {
    editions.others_up_to(own, u64::MAX).next().is_some()
}

/// Another edition that still needs a commit, by the fingerprint of its fold.
#[derive(Debug)]
pub(crate) struct Awaited(pub(crate) String);

/// Whether another edition still needs commits that this one has taken: then the consumer leaves them in the queue. A release
/// without a sign of life is not waited for.
///
/// `last` is the number of the last edition that takes part in the stream, by the fence of this one.
pub(super) async fn check_others(
    projection: Erased,
    runtime: &Runtime,
    own: &Edition,
    arrived: Arrived<'_>,
    last: u64,
) -> Result<Option<Awaited>, StoreError> {
    let mut editions = known(projection, runtime).await?;
    if editions.last() < last {
        editions = fresh(projection, runtime).await?;
    }
    let views = runtime.view_store()?;
    for (other, known) in editions.others_up_to(own, last) {
        let wanted = arrived.commits.iter().filter(|commit| known.wants(commit));
        let Some(commit) = wanted.max_by_key(|commit| commit.version) else { continue };
        let fence = views.fence(&other.fence(projection.view, arrived.stream)).await?;
        if fence.is_some_and(|fence| fence.version >= commit.version) {
            continue;
        }
        let now = Timestamp::now();
        let is_gone = |one: &Registered| {
            one.number == known.number && one.follows() && one.is_silent(now - lease(runtime))
        };
        let found = fresh(projection, runtime).await?.get(&other).filter(Registered::follows);
        let Some(found) = found else { continue };
        if !is_gone(&found) {
            return Ok(Some(Awaited(found.fold.unwrap_or_default())));
        }
        let left = change(projection, runtime, |editions| {
            let gone = editions.find_mut(&other).filter(|one| is_gone(one));
            gone.map(|one| one.leave(now)).is_some()
        });
        if left.await? {
            let fold = found.fold.as_deref();
            tracing::warn!(
                projection = projection.name,
                fold,
                "the views of a release that is gone are left behind"
            );
        }
    }
    Ok(None)
}

/// The same for commits that this program cannot take: they do not become dead letters while another release could take them.
pub(super) async fn awaited(
    projection: Erased,
    runtime: &Runtime,
    arrived: Arrived<'_>,
) -> Result<Option<Awaited>, StoreError> {
    if !projection.keyed {
        return Ok(None);
    }
    let editions = fresh(projection, runtime).await?;
    let own = editions.written_by(projection.fingerprint);
    check_others(projection, runtime, &own, arrived, u64::MAX).await
}

/// Notes at the fences of other editions that this one takes part in a stream from now on: later commits that they take, they
/// leave in the queue for this one. Returns how far they were.
///
/// This includes editions that get no commits at present: if they come back, one of their processes may not know the other
/// editions yet, but reads it from its fences. An edition that has taken nothing of the stream learns it with its first commit.
pub(crate) async fn join(
    projection: Erased,
    runtime: &Runtime,
    own: &Edition,
    number: u64,
    stream: &StreamKey,
    commits: &[Commit],
) -> Result<Version, StoreError> {
    let views = runtime.view_store()?;
    let mut furthest = Version::NONE;
    let editions = known(projection, runtime).await?;
    let others =
        editions.all().filter(|(other, one)| other != own && one.fold.is_some() && one.may_come_back());
    for (other, _) in others.filter(|(_, one)| commits.iter().any(|commit| one.wants(commit))) {
        furthest = furthest.max(join_one(views, &other.fence(projection.view, stream), number).await?);
    }
    Ok(furthest)
}

/// The same for many streams, in as few requests as the store allows. The results are in the order of the streams.
pub(crate) async fn join_all(
    projection: Erased,
    runtime: &Runtime,
    own: &Edition,
    number: u64,
    streams: &[(&StreamKey, &[Commit])],
) -> Result<Vec<Version>, StoreError> {
    let views = runtime.view_store()?;
    let mut furthest = vec![Version::NONE; streams.len()];
    let editions = known(projection, runtime).await?;
    let others =
        editions.all().filter(|(other, one)| other != own && one.fold.is_some() && one.may_come_back());
    for (other, one) in others {
        let wanted = streams.iter().zip(&mut furthest);
        let wanted = wanted.filter(|((_, commits), _)| commits.iter().any(|commit| one.wants(commit)));
        let (ids, mut places): (Vec<_>, Vec<_>) =
            wanted.map(|((stream, _), furthest)| (other.fence(projection.view, stream), furthest)).unzip();
        let most = views.fences_at_once().max(1);
        for (ids, places) in ids.chunks(most).zip(places.chunks_mut(most)) {
            for (furthest, taken) in places.iter_mut().zip(join_some(views, ids, number).await?) {
                **furthest = taken.max(**furthest);
            }
        }
    }
    Ok(furthest)
}

async fn join_some(
    views: &dyn DynViewStore,
    ids: &[ViewId],
    number: u64,
) -> Result<Vec<Version>, StoreError> {
    let met = views.fences(ids).await?.into_iter().zip(ids);
    let met: Vec<_> = met.map(|(met, id)| met.unwrap_or_else(|| Fence::none(id.clone()))).collect();
    let open = met.iter().filter(|met| met.last_edition < number);
    let open: Vec<_> = open.map(|met| (Fence { last_edition: number, ..met.clone() }, met.clone())).collect();
    let is_joined = match open.is_empty() {
        true => true,
        false => match views.put_all_fenced(&open, &[]).await {
            Ok(written) => written == Write::Done,
            // Alone, each waits as usual.
            Err(error) if error.is_transient() => false,
            Err(error) => return Err(error),
        },
    };
    let mut taken = Vec::with_capacity(met.len());
    for met in met {
        taken.push(match is_joined || met.last_edition >= number {
            true => met.version,
            false => join_one(views, &met.id, number).await?,
        });
    }
    Ok(taken)
}

async fn join_one(views: &dyn DynViewStore, id: &ViewId, number: u64) -> Result<Version, StoreError> {
    loop {
        let met = views.fence(id).await?.unwrap_or_else(|| Fence::none(id.clone()));
        let joined = Fence { last_edition: number, ..met.clone() };
        if met.last_edition >= number || views.put_fenced(&joined, &met, &[]).await? == Write::Done {
            return Ok(met.version);
        }
    }
}
