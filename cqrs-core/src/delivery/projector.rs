use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;

use serde_json::Value;

use crate::app::App;
use crate::commit::Commit;
use crate::event::RawEvent;
use crate::handler::HandlerError;
use crate::key::StreamKey;
use crate::projection::{Projection, ProjectionArm, ViewAddress, ViewId};
use crate::store::{CorruptCommit, StoreError};
use crate::timestamp::Timestamp;
use crate::version::Version;
use crate::view::{DynViewStore, Fence, StoredView, Write};

/// How often a projection reads again because another process wrote the same view.
const ROUNDS: u32 = 10;

/// A projection without its type.
pub(crate) trait ProjectionDriver: Send + Sync + fmt::Debug {
    /// Brings the views up to the latest of these commits of one stream, whatever was delivered before.
    fn apply<'a>(
        &'a self,
        app: &'a App,
        commits: &'a [Commit],
    ) -> Pin<Box<dyn Future<Output = Result<(), HandlerError>> + Send + 'a>>;
}

pub(crate) fn projection_driver<P: Projection>() -> Box<dyn ProjectionDriver> {
    Box::new(Driver::<P>(PhantomData))
}

struct Driver<P>(PhantomData<fn() -> P>);

impl<P: Projection> fmt::Debug for Driver<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Driver({})", P::NAME)
    }
}

impl<P: Projection> ProjectionDriver for Driver<P> {
    fn apply<'a>(
        &'a self,
        app: &'a App,
        commits: &'a [Commit],
    ) -> Pin<Box<dyn Future<Output = Result<(), HandlerError>> + Send + 'a>> {
        Box::pin(async move {
            // A feed that repeats or mixes need not end with the latest.
            let Some(last) = commits.iter().max_by_key(|commit| commit.version) else { return Ok(()) };
            for _ in 0..ROUNDS {
                let written = if P::KEYED {
                    project_across::<P>(app, commits, last).await?
                } else {
                    project_own::<P>(app, commits, last).await?
                };
                if written == Write::Done {
                    return Ok(());
                }
            }
            Err(HandlerError::retry(format!("other writers were faster {ROUNDS} times")))
        })
    }
}

/// One view at the aggregate's own key, fenced by its own version.
async fn project_own<P: Projection>(
    app: &App,
    commits: &[Commit],
    last: &Commit,
) -> Result<Write, HandlerError> {
    let views = app.view_store()?;
    let key = P::Key::from_stream(&last.stream).transpose().map_err(HandlerError::permanent)?;
    let key = key.ok_or_else(|| HandlerError::permanent("the view has no key of its own"))?;
    let id = ViewId::of::<P>(&key).map_err(HandlerError::permanent)?;
    let stored = views.get(&id).await?;
    let seen = stored.as_ref().map_or(Version::NONE, |view| view.version);
    if last.version <= seen {
        return Ok(Write::Done);
    }
    let mut view = decode_view::<P>(&id, stored.map(|view| view.data))?;
    for commit in missing(app, commits, seen, last).await? {
        for raw in RawEvent::all(&commit) {
            if let Some(arm) = arm_of::<P>(app, &raw)? {
                (arm.apply)(&mut view, &raw).map_err(HandlerError::permanent)?;
            }
        }
    }
    let data = encode_view(&view)?;
    let view = StoredView { id, version: last.version, data, updated_at: Timestamp::now() };
    Ok(views.put(&view, seen).await?)
}

/// Views whose keys come from the events, fenced by an item per source stream in the same transaction.
async fn project_across<P: Projection>(
    app: &App,
    commits: &[Commit],
    last: &Commit,
) -> Result<Write, HandlerError> {
    let views = app.view_store()?;
    let fence_id = fence_of::<P>(&last.stream);
    let seen = views.fence(&fence_id).await?;
    if last.version <= seen {
        return Ok(Write::Done);
    }
    let mut open: BTreeMap<ViewId, (P, Version)> = BTreeMap::new();
    for commit in missing(app, commits, seen, last).await? {
        for raw in RawEvent::all(&commit) {
            let Some(arm) = arm_of::<P>(app, &raw)? else { continue };
            let Some(key_of) = arm.key else { continue };
            let tenant = app.tenant_of(&commit).map_err(HandlerError::permanent)?;
            let key = key_of(&raw, tenant).map_err(HandlerError::permanent)?;
            let id = ViewId::of::<P>(&key).map_err(HandlerError::permanent)?;
            if !open.contains_key(&id) {
                let view = open_view::<P>(views, &id).await?;
                open.insert(id.clone(), view);
            }
            if let Some((view, _)) = open.get_mut(&id) {
                (arm.apply)(view, &raw).map_err(HandlerError::permanent)?;
            }
        }
    }
    let mut writes = Vec::with_capacity(open.len());
    for (id, (view, version)) in open {
        let data = encode_view(&view)?;
        writes
            .push((StoredView { id, version: version.next(), data, updated_at: Timestamp::now() }, version));
    }
    let fence = Fence { id: fence_id, version: last.version };
    Ok(views.put_fenced(&fence, seen, &writes).await?)
}

async fn open_view<P: Projection>(
    views: &dyn DynViewStore,
    id: &ViewId,
) -> Result<(P, Version), HandlerError> {
    let stored = views.get(id).await?;
    let version = stored.as_ref().map_or(Version::NONE, |view| view.version);
    Ok((decode_view::<P>(id, stored.map(|view| view.data))?, version))
}

/// The commits after `seen` up to `last`: those at hand, and from the store what the delivery left out.
async fn missing(
    app: &App,
    commits: &[Commit],
    seen: Version,
    last: &Commit,
) -> Result<Vec<Commit>, StoreError> {
    let new = commits.iter().skip_while(|commit| commit.version <= seen);
    if check_follow(seen, new.clone()).is_ok() {
        return Ok(new.cloned().collect());
    }
    tracing::debug!(stream = %last.stream, %seen, until = %last.version, "healing a gap from the store");
    let mut found = Vec::new();
    let mut after = seen;
    loop {
        let page = app.event_store().read(&last.stream, after, last.version).await?;
        let Some(end) = page.commits.last() else { break };
        after = end.version;
        found.extend(page.commits);
        if !page.more {
            break;
        }
    }
    if after < last.version {
        return Err(CorruptCommit::behind_gap(last, after.next()).into());
    }
    check_follow(seen, found.iter())?;
    Ok(found)
}

/// Checks that the commits stand without a gap behind `seen`.
fn check_follow<'a>(seen: Version, commits: impl Iterator<Item = &'a Commit>) -> Result<(), CorruptCommit> {
    let mut expected = seen.next();
    for commit in commits {
        if commit.version != expected {
            return Err(CorruptCommit::behind_gap(commit, expected));
        }
        expected = expected.next();
    }
    Ok(())
}

/// The arm for an event; none for an event that the projection does not list. What this program does not know
/// at all is no such event: a newer one may list it.
fn arm_of<P: Projection>(
    app: &App,
    raw: &RawEvent<'_>,
) -> Result<Option<&'static ProjectionArm<P>>, HandlerError> {
    let stored = raw.stored();
    let mut listed = P::ARMS.iter().filter(|arm| arm.event.name == stored.name).peekable();
    if listed.peek().is_none() {
        return match app.knows(&stored.name) {
            true => Ok(None),
            false => {
                Err(HandlerError::permanent(raw.refuse("this program does not know the type".to_owned())))
            }
        };
    }
    match listed.find(|arm| arm.event.schema == stored.schema) {
        Some(arm) => Ok(Some(arm)),
        None => Err(HandlerError::permanent(raw.refuse("this program does not know the schema".to_owned()))),
    }
}

fn decode_view<P: Projection>(id: &ViewId, data: Option<Value>) -> Result<P, HandlerError> {
    let Some(data) = data else { return Ok(P::default()) };
    P::deserialize(&data).map_err(|error| {
        HandlerError::permanent(format!(
            "the stored view {} does not have the shape of `{}`: {error}",
            id.sk,
            P::NAME
        ))
    })
}

fn encode_view<P: Projection>(view: &P) -> Result<Value, HandlerError> {
    serde_json::to_value(view).map_err(|error| {
        HandlerError::permanent(format!("the view `{}` cannot be serialized: {error}", P::NAME))
    })
}

/// `@` cannot stand in a rendered key part, so a fence never meets a view.
fn fence_of<P: Projection>(stream: &StreamKey) -> ViewId {
    ViewId { pk: format!("{}@{}", stream.pk(), P::VIEW), sk: stream.sk().to_owned() }
}
