//! Two plain writes instead of a transaction.
//!
//! Most commits change one view. A transaction of the view and the fence takes twice the units of the two items. So the view is
//! written first, with a note of the stream and the version that it now contains ([`Unfenced`]), and then the fence. Both writes
//! have the same conditions as in a transaction: the view and the fence must be those that were read.
//!
//! **The invariant.** A view contains the commits of a stream up to its fence, or up to the note in the view if the note names
//! the stream and is ahead of the fence. No view contains any other commit of the stream.
//!
//! * The note is not lost: before any writer, for any stream, writes a view with a note again, it reads the fence of the noted
//!   stream, after the view. If the fence has not reached the note, another writer has crashed between the two writes, or is
//!   about to do the second one. One transaction then writes the fence and the view, without the note, and with what the shadow
//!   views of a replay lack. It includes the view although its content does not change: a replay that replaces the view does not
//!   know about the fence, and so one of the two detects the other.
//! * Nothing is applied twice: a commit after the fence goes into a view only if the view has no note of it, and if *the fence is
//!   known not to have moved before the view was read*. A fence that was read before the view proves nothing: others may have
//!   brought the stream into the view in between, and then another stream, so that the note is gone. The knowledge about the
//!   fence must be newer than that about the view, apart from the writes of this process, which are ordered. Then any other
//!   writer that brings the stream into the view writes the view, and the condition of our write fails. A process that keeps
//!   writing knows this without a request ([`Known`](crate::view::Known)); otherwise the fence is read again.
//! * Nothing is skipped: the fence moves only after the view was written, or together with it.
//! * A replay that begins with the stream between the two writes changes the fence, and so does a release that joins. The second
//!   write is then refused, and the stream is processed again, with the note in the view. If the replay has already replaced the
//!   noted view, the note is gone with the commits that it noted, and the fence has not moved: the commit is applied again, to
//!   the view that lacks it.
//!
//! Everything else stays one transaction: several views, views with their shadows, parts of a commit, replays.

use futures_util::future::try_join_all;

use super::keyed_view::Goal;
use super::opened::OpenViews;
use crate::commit::CommitDigest;
use crate::projection::{Edition, Erased};
use crate::runtime::Runtime;
use crate::store::StoreError;
use crate::version::Version;
use crate::view::{Fence, StoredView, Unfenced, ViewId, Write};

/// A view that contains more of a stream than the fence of the stream says.
#[derive(Debug, Clone)]
pub(super) struct Noted {
    pub(super) view: ViewId,
    pub(super) note: Unfenced,
    pub(super) digest: Option<CommitDigest>,
}

impl Noted {
    /// The fence that the stream must have.
    pub(super) fn complete(&self, stored: &Fence) -> Fence {
        Fence { version: self.note.version, digest: self.digest, part: None, ..stored.clone() }
    }
}

/// The first of these views that contains more of any stream than its fence says. `fence` is the fence of the stream that is
/// applied.
pub(super) async fn find(
    projection: Erased,
    runtime: &Runtime,
    goal: Goal<'_>,
    fence: &Fence,
    open: &mut OpenViews,
) -> Result<Option<Noted>, StoreError> {
    let views = runtime.view_store()?;
    let noted = open.stored().filter_map(|view| Some((view.unfenced.clone()?, view)));
    let reads = noted.map(|(note, view)| async move {
        if note.stream == *goal.arrived.stream {
            return Ok((note, view, fence.version));
        }
        let met = views.fence(&goal.edition.fence(projection.view, &note.stream)).await?;
        Ok::<_, StoreError>((note, view, met.map_or(Version::NONE, |met| met.version)))
    });
    for (note, view, reached) in try_join_all(reads).await? {
        if reached < note.version {
            return Ok(Some(Noted { view: view.id.clone(), note, digest: view.digest }));
        }
        // The fence has reached the note, so it need not be read again.
        view.unfenced = None;
    }
    Ok(None)
}

/// Whether the fences of all noted streams have reached the notes of these views: then the views may be written.
pub(super) async fn are_told(
    projection: Erased,
    runtime: &Runtime,
    edition: &Edition,
    open: &mut OpenViews,
) -> Result<bool, StoreError> {
    let mut noted: Vec<_> = open.stored().filter(|view| view.unfenced.is_some()).collect();
    let notes = noted.iter().filter_map(|view| view.unfenced.as_ref());
    let fences: Vec<ViewId> = notes.map(|note| edition.fence(projection.view, &note.stream)).collect();
    if fences.is_empty() {
        return Ok(true);
    }
    let met = runtime.view_store()?.fences(&fences).await?;
    for (view, met) in noted.iter_mut().zip(met) {
        let reached = met.map_or(Version::NONE, |met| met.version);
        if view.unfenced.as_ref().is_some_and(|note| reached < note.version) {
            return Ok(false);
        }
        view.unfenced = None;
    }
    Ok(true)
}

/// Removes a note whose commits are no longer in the store, so that they cannot be applied to the shadow views: the replay that
/// builds those replaces the view as a whole.
pub(super) async fn forget(runtime: &Runtime, noted: &Noted) -> Result<(), StoreError> {
    let views = runtime.view_store()?;
    let mut recent = runtime.recent_writes.views.lock(&noted.view).await;
    *recent = None;
    if let Some(view) = views.get(&noted.view).await?
        && view.unfenced.as_ref() == Some(&noted.note)
    {
        let expected = view.revision();
        let next = StoredView { version: view.version.next(), digest: None, unfenced: None, ..view };
        // Another writer may have been faster.
        let _: Write = views.put(&next, expected).await?;
    }
    Ok(())
}
