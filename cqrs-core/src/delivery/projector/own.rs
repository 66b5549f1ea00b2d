use super::error::ROUNDS;
use super::{Following, ProjectError, encode, fold};
use crate::app::App;
use crate::commit::Commit;
use crate::delivery::LeftOut;
use crate::key::StreamKey;
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
    let stored = match recent.take() {
        Some(view) => Some(view),
        None => views.get(&id).await?,
    };
    let expected = stored.as_ref().map_or(Revision::NONE, StoredView::revision);
    // A remembered version is one that the stored view has reached.
    if last.version <= expected.version {
        *recent = stored;
        return Ok(Write::Done);
    }
    let mut view = match &stored {
        Some(stored) => stored.decode::<P>().map_err(|error| ProjectError::Permanent(error.into()))?,
        None => P::default(),
    };
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
        data: encode(&view)?,
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
    let key = P::Key::from_stream(stream)
        .ok_or_else(|| ProjectError::Permanent("the view has no key of its own".into()))??;
    Ok(ViewId::of::<P>(&key)?)
}
