//! Two plain writes in place of a transaction.
//!
//! Most commits change one view. A transaction of the view and the fence takes twice the units of the two items, so the view is
//! written first, with a note of the stream and the version that it contains now ([`Unfenced`]), and then the fence. Both writes have
//! the conditions that they have in a transaction: the view is the one that was read, and so is the fence.
//!
//! **What holds at any time.** A view contains the commits of a stream up to its fence, or up to the note in the view where that
//! names the stream and is ahead of the fence; no other commit of the stream is in any view.
//!
//! * The note is not lost: before a view with a note is written again, by anybody and for any stream, the fence of the noted stream
//!   is read, after the view. Where it has not reached the note, somebody has crashed between the two writes, or is about to do
//!   the second one. One transaction then writes the fence and the view, without the note, and with what the shadow views of
//!   a replay lack. It has the view in it although that does not change: a replay that puts another view in its place does not know of the
//!   fence, and one of both finds that the other was there.
//! * Nothing is applied twice: a commit behind the fence goes into a view only where that has no note of it, and where *the fence is known
//!   not to have moved before the view was read*. A fence that was read before the view proves nothing: others may have brought the stream
//!   into the view in between, and another stream after it, so that the note is gone. What is known of the fence has to be younger
//!   than what is known of the view, up to the writes of this process, whose turns have an order: then whoever brings the stream into the view
//!   writes the view, and the condition of our write tells. In a process that goes on writing that is so without a request
//!   ([`Known`](crate::view::Known)); otherwise the fence is read once more.
//! * Nothing is left out: the fence moves only after the view was written, or together with it.
//! * A replay that begins with the stream between the two writes changes the fence, and so does a release that joins: the second write is
//!   refused then, and the stream is come to again, with the note in the view. Where the replay has put its view in the
//!   place of the noted one before that, the note is gone with what it noted, and the fence has not moved: the commit is applied again,
//!   to the view that lacks it.
//!
//! Whatever needs more than that stays one transaction: several views, views beside their shadows, parts of a commit, replays.

use futures_util::future::try_join_all;

use super::keyed_view::Goal;
use super::opened::OpenViews;
use crate::commit::CommitDigest;
use crate::projection::{Edition, Projection};
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
    /// The fence of the stream as it has to be.
    pub(super) fn complete(&self, stored: &Fence) -> Fence {
        Fence { version: self.note.version, digest: self.digest, part: None, ..stored.clone() }
    }
}

/// The first one of these views that contains more of any stream than its fence says. `fence` is that of the stream that is applied.
pub(super) async fn find<P: Projection>(
    runtime: &Runtime,
    goal: Goal<'_>,
    fence: &Fence,
    open: &mut OpenViews<P>,
) -> Result<Option<Noted>, StoreError> {
    let views = runtime.view_store()?;
    let noted = open.stored().filter_map(|view| Some((view.unfenced.clone()?, view)));
    let reads = noted.map(|(note, view)| async move {
        if note.stream == *goal.arrived.stream {
            return Ok((note, view, fence.version));
        }
        let met = views.fence(&goal.edition.fence::<P>(&note.stream)).await?;
        Ok::<_, StoreError>((note, view, met.map_or(Version::NONE, |met| met.version)))
    });
    for (note, view, reached) in try_join_all(reads).await? {
        if reached < note.version {
            return Ok(Some(Noted { view: view.id.clone(), note, digest: view.digest }));
        }
        // It is told, and need not be asked again.
        view.unfenced = None;
    }
    Ok(None)
}

/// Whether the fences of all streams that these views have notes of have reached the notes: then the views may be written.
pub(super) async fn are_told<P: Projection>(
    runtime: &Runtime,
    edition: &Edition,
    open: &mut OpenViews<P>,
) -> Result<bool, StoreError> {
    let mut noted: Vec<_> = open.stored().filter(|view| view.unfenced.is_some()).collect();
    let notes = noted.iter().filter_map(|view| view.unfenced.as_ref());
    let fences: Vec<ViewId> = notes.map(|note| edition.fence::<P>(&note.stream)).collect();
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

/// Takes a note away whose commits are not in the store any more, so that they cannot be brought to the shadow views: the replay that
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
        // Somebody else may have been faster.
        let _: Write = views.put(&next, expected).await?;
    }
    Ok(())
}
