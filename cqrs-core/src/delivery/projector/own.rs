use super::error::ROUNDS;
use super::opened::find;
use super::{Following, ProjectError, encode, fold};
use crate::app::App;
use crate::commit::Commit;
use crate::delivery::LeftOut;
use crate::key::StreamKey;
use crate::panic::caught;
use crate::projection::{Projection, ViewAddress, ViewId};
use crate::timestamp::Timestamp;
use crate::view::{Revision, StoredView, Write};

/// Brings the view at its aggregate's own key up to `last`, fenced by the view's own version. One write, and one read
/// before it where this process did not write the view last.
pub(super) async fn advance<P: Projection>(
    app: &App,
    commits: &[Commit],
    last: &Commit,
    left_out: &LeftOut,
) -> Result<(), ProjectError> {
    for _ in 0..ROUNDS {
        if step::<P>(app, commits, last, left_out).await? == Write::Done {
            return Ok(());
        }
    }
    Err(ProjectError::Contended)
}

async fn step<P: Projection>(
    app: &App,
    commits: &[Commit],
    last: &Commit,
    left_out: &LeftOut,
) -> Result<Write, ProjectError> {
    let views = app.view_store()?;
    let id = id_of::<P>(&last.stream)?;
    let mut recent = app.recent_writes().views.lock(&id).await;
    // A remembered version is one that the stored view has reached.
    if recent.as_ref().is_some_and(|stored| last.version <= stored.version) {
        return Ok(Write::Done);
    }
    let (expected, decoded) = match find::<P>(app, &mut recent, &id).await? {
        Some((stored, decoded)) if last.version <= stored.version => {
            *recent = decoded.is_ok().then_some(stored);
            return Ok(Write::Done);
        }
        Some((stored, decoded)) => (stored.revision(), decoded),
        None => (Revision::NONE, Ok(Some(P::default()))),
    };
    let mut view = decoded.map_err(|error| ProjectError::Permanent(error.into()))?;
    let mut following = Following::new(app, &last.stream, commits, left_out, expected.version, last.version);
    while let Some(commits) = following.next().await? {
        for commit in commits.iter() {
            fold(app, &mut view, commit)?;
        }
    }
    let view = StoredView {
        id,
        version: last.version,
        build: expected.build,
        data: encode(view.as_ref())?,
        updated_at: Timestamp::now(),
    };
    let written = views.put(&view, expected).await?;
    if written == Write::Done {
        *recent = Some(view);
    }
    Ok(written)
}

/// The address of the view that belongs to a stream.
fn id_of<P: Projection>(stream: &StreamKey) -> Result<ViewId, ProjectError> {
    let id = caught(|| P::Key::from_stream(stream).map(|key| ViewId::of::<P>(&key?)));
    let id = id.map_err(|text| ProjectError::panicked(stream, &text))?;
    Ok(id.ok_or_else(|| ProjectError::Permanent("the view has no key of its own".into()))??)
}
