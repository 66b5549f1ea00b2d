use super::arrived::Seen;
use super::error::{Astray, ROUNDS};
use super::fold::fold_known;
use super::opened::find;
use super::read::is_current;
use super::{Arrived, Following, ProjectError, encode, entries, fold};
use crate::commit::Commit;
use crate::key::StreamKey;
use crate::panic::caught;
use crate::projection::{AnyView, Erased};
use crate::runtime::Runtime;
use crate::store::StoreError;
use crate::timestamp::Timestamp;
use crate::version::Version;
use crate::view::{Known, Revision, StoredView, ViewId, Write};

/// Brings the view at its aggregate's own key up to `last`, fenced by the view's own version. One write, and one read before it
/// if this process did not write the view last.
///
/// A view that contains a commit that is not in the store is folded again, and so is one that another shape or fold has made.
pub(super) async fn advance(
    projection: Erased,
    runtime: &Runtime,
    arrived: Arrived<'_>,
    last: &Commit,
) -> Result<(), ProjectError> {
    for _ in 0..ROUNDS {
        if step(projection, runtime, arrived, last).await? == Write::Done {
            runtime.arrivals.note(projection.view, &last.stream, last.version);
            return Ok(());
        }
    }
    Err(ProjectError::Contended)
}

async fn step(
    projection: Erased,
    runtime: &Runtime,
    arrived: Arrived<'_>,
    last: &Commit,
) -> Result<Write, ProjectError> {
    let views = runtime.view_store()?;
    let id = id_of(projection, &last.stream)?;
    let mut recent = runtime.recent_writes.views.lock(&id).await;
    // The stored view has reached the remembered version.
    let remembered = recent.as_ref().map(|known| &known.item).filter(|stored| last.version <= stored.version);
    if let Some(seen) = remembered.map(Seen::by)
        && arrived.follows(runtime, seen).await?
    {
        return Ok(Write::Done);
    }
    let Known { item: found, since } = find(projection, runtime, &mut recent, &id).await?;
    let (expected, ours, follows) = match found {
        Some((stored, decoded)) => {
            let follows = arrived.follows(runtime, Seen::by(&stored)).await?;
            if follows && last.version <= stored.version {
                let is_ours = decoded.is_ok() && is_current(projection, &stored);
                *recent = is_ours.then_some(Known { item: stored, since });
                return Ok(Write::Done);
            }
            let ours = decoded.ok().filter(|_| is_current(projection, &stored));
            (stored.revision(), ours, follows)
        }
        None => (Revision::NONE, Some(Some(projection.new_view())), true),
    };
    let folded = match (follows, ours) {
        (true, Some(view)) => {
            let seen = Seen { version: expected.version, digest: expected.digest };
            fold_on(projection, runtime, arrived, view, seen, Version::NONE, last.version).await
        }
        (true, None) => {
            let (view, taken) = (Some(projection.new_view()), expected.version);
            fold_on(projection, runtime, arrived.unread(), view, Seen::NONE, taken, last.version).await
        }
        (false, _) => Err(Astray::Diverged { stream: last.stream.clone(), version: expected.version }.into()),
    };
    let (view, seen) = match folded {
        Err(ProjectError::Astray(Astray::Diverged { stream, version })) => {
            tracing::error!(
                projection = projection.name, %stream, %version,
                "the view contains a commit that is not in the store, and is folded again; was the events table restored?"
            );
            // To the end: a later commit that the view contained was acknowledged, and does not come again.
            let end = runtime
                .event_store()
                .read_last(&last.stream, Version::NONE, Version::MAX, 1)
                .await?
                .commits
                .pop();
            let seen = Seen::up_to(end.as_ref().filter(|end| end.version > last.version).unwrap_or(last));
            let view = Some(projection.new_view());
            (
                fold_on(projection, runtime, arrived.unread(), view, Seen::NONE, Version::NONE, seen.version)
                    .await?,
                seen,
            )
        }
        folded => (folded?, Seen::up_to(last)),
    };
    let view = StoredView {
        entries: entries(projection, &id, view.as_ref())?,
        fingerprint: Some(projection.fingerprint.to_owned()),
        unfenced: None,
        id,
        version: seen.version,
        generation: expected.generation,
        digest: seen.digest,
        data: encode(projection, view.as_ref())?,
        updated_at: Timestamp::now(),
    };
    let written = views.put(&view, expected).await?;
    if written == Write::Done {
        *recent = Some(Known { item: view, since });
    }
    Ok(written)
}

/// Folds the commits after those already seen into a view; `None` is a removed view. Another program has already put the commits
/// up to `taken` into the view.
pub(super) async fn fold_on(
    projection: Erased,
    runtime: &Runtime,
    arrived: Arrived<'_>,
    mut view: Option<AnyView>,
    seen: Seen,
    taken: Version,
    until: Version,
) -> Result<Option<AnyView>, ProjectError> {
    let mut following = Following::new(runtime, arrived, seen, until);
    while let Some(commits) = following.next().await? {
        for commit in commits.iter() {
            match commit.version <= taken {
                true => fold_known(projection, &mut view, commit)?,
                false => fold(projection, runtime, &mut view, commit)?,
            }
        }
    }
    Ok(view)
}

/// Whether a stream has a view. A stream whose key is not of the projection's aggregate has no view.
pub(super) async fn has_seen(
    projection: Erased,
    runtime: &Runtime,
    stream: &StreamKey,
) -> Result<bool, StoreError> {
    match id_of(projection, stream) {
        Ok(id) => Ok(runtime.view_store()?.get(&id).await?.is_some()),
        Err(_) => Ok(true),
    }
}

/// The address of the view that belongs to a stream.
fn id_of(projection: Erased, stream: &StreamKey) -> Result<ViewId, ProjectError> {
    let view = caught(|| projection.view_of(stream));
    let view = view.map_err(|text| ProjectError::panicked(stream, &text))?;
    let view = view.ok_or_else(|| ProjectError::Permanent("the view has no key of its own".into()))?;
    Ok(view?.id?)
}
