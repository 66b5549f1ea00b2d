//! Views as this program's projections make them, even if another program has written them.

use super::aggregate_view::fold_on;
use super::awaited::discarded;
use super::{Arrived, LeftOut, Origin, ProjectError, Seen, encode, entries};
use crate::key::StreamKey;
use crate::panic::caught;
use crate::projection::{AnyView, Erased, Projection, erased, typed};
use crate::runtime::Runtime;
use crate::store::{RefusedKind, StoreError};
use crate::timestamp::Timestamp;
use crate::view::{Known, StoredView, Write};

/// A view that was read, and its content; `None` for a removed view.
///
/// A view at its aggregate's key that another fold has made, or that cannot be read, is folded again. If it is in no index, the
/// result replaces the stored view, so that the next reader need not repeat this.
pub(crate) async fn read<P: Projection>(
    runtime: &Runtime,
    stored: StoredView,
) -> Result<(StoredView, Option<P>), StoreError> {
    let (projection, decoded) = (erased::<P>(), stored.read::<P>());
    match again(projection, runtime, &stored, decoded.is_ok()).await? {
        Some((stored, view)) => Ok((stored, view.map(typed).transpose()?)),
        None => decoded.map(|view| (stored, view)),
    }
}

/// The same without the content.
pub(super) async fn read_stored(
    projection: Erased,
    runtime: &Runtime,
    stored: StoredView,
) -> Result<StoredView, StoreError> {
    let decoded = projection.read(&stored);
    match again(projection, runtime, &stored, decoded.is_ok()).await? {
        Some((stored, _)) => Ok(stored),
        None => decoded.map(|_| stored),
    }
}

/// A view that was folded again; `None` if it is taken as it was stored.
async fn again(
    projection: Erased,
    runtime: &Runtime,
    stored: &StoredView,
    is_decoded: bool,
) -> Result<Option<(StoredView, Option<AnyView>)>, StoreError> {
    if projection.keyed || (is_decoded && is_readable(projection, stored)) {
        return Ok(None);
    }
    let Some(stream) = stream_of(projection, stored)? else { return Ok(None) };
    let folded = match fold_anew(projection, runtime, stored, &stream, &LeftOut::new()).await {
        Err(ProjectError::Permanent(error)) => match discarded(projection, runtime, &stream).await {
            left_out if left_out.is_empty() => Err(ProjectError::Permanent(error)),
            left_out => fold_anew(projection, runtime, stored, &stream, &left_out).await,
        },
        folded => folded,
    };
    let (view, decoded) = folded.map_err(|error| not_folded(projection, stored, error))?;
    // A list shows what the last writer has put into its index: a reader of an earlier release must not remove a view from it.
    if stored.fingerprint.is_none() || (view.entries.is_empty() && stored.entries.is_empty()) {
        keep(runtime, &view, stored).await;
    }
    Ok(Some((view, decoded)))
}

/// Whether a view is what this program's projection makes from its commits.
pub(super) fn is_current(projection: Erased, stored: &StoredView) -> bool {
    stored.fingerprint.as_deref() == Some(projection.fingerprint)
}

/// The same, but trusts a view of a release that did not record its fold.
fn is_readable(projection: Erased, stored: &StoredView) -> bool {
    stored.fingerprint.is_none() || is_current(projection, stored)
}

fn stream_of(projection: Erased, stored: &StoredView) -> Result<Option<StreamKey>, StoreError> {
    let stream = caught(|| projection.stream_of(&stored.id).map(|found| found.stream));
    let stream = stream.map_err(|text| {
        StoreError::refused(
            RefusedKind::Unreadable,
            format!("the key of the view {} panicked: {text}", stored.id.sk),
        )
    })?;
    Ok(stream.transpose()?)
}

/// Folds the commits that a view contains.
async fn fold_anew(
    projection: Erased,
    runtime: &Runtime,
    stored: &StoredView,
    stream: &StreamKey,
    left_out: &LeftOut,
) -> Result<(StoredView, Option<AnyView>), ProjectError> {
    tracing::debug!(
        projection = projection.name, %stream, version = %stored.version,
        "a view that another program has made is folded again"
    );
    let arrived = Arrived { stream, commits: &[], origin: Origin::Message, left_out, is_shared: false };
    let (view, until) = (Some(projection.new_view()), stored.version);
    let view = fold_on(projection, runtime, arrived, view, Seen::NONE, until, until).await?;
    let folded = StoredView {
        data: encode(projection, view.as_ref())?,
        entries: entries(projection, &stored.id, view.as_ref())?,
        fingerprint: Some(projection.fingerprint.to_owned()),
        updated_at: Timestamp::now(),
        ..stored.clone()
    };
    Ok((folded, view))
}

/// Replaces the stored view with the one that was folded again. A reader that may not write, or is too late, still gets its
/// answer.
async fn keep(runtime: &Runtime, view: &StoredView, met: &StoredView) {
    let Ok(views) = runtime.view_store() else { return };
    let mut recent = runtime.recent_writes.views.lock(&view.id).await;
    match views.put(view, met.revision()).await {
        Ok(Write::Done) => *recent = Some(Known { item: view.clone(), since: runtime.recent_writes.after() }),
        Ok(Write::Stale) => {}
        Err(error) => {
            tracing::debug!(view = view.id.sk, %error, "a view that was folded again is not written");
        }
    }
}

fn not_folded(projection: Erased, stored: &StoredView, error: ProjectError) -> StoreError {
    let reason: Box<dyn std::error::Error + Send + Sync> = match error {
        ProjectError::Store(error) => return error,
        ProjectError::Permanent(error) => error,
        ProjectError::Astray(error) => Box::new(error),
        ProjectError::Contended | ProjectError::Over => "other writers were faster".into(),
    };
    StoreError::refused(
        RefusedKind::Unreadable,
        format!(
            "the stored view {} was made by another shape or fold than that of `{}`, and cannot be folded again: {reason}",
            stored.id.sk, projection.name
        ),
    )
}
