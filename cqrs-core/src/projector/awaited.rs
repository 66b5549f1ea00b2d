use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::read_error::{HeldUp, ReadError};
use super::wanted::last_wanted;
use super::{Choice, LeftOut, Pauses, discards, editions};
use crate::commit::CommitToken;
use crate::key::{StreamKey, Tenant};
use crate::panic::caught;
use crate::projection::{Edition, Erased};
use crate::runtime::Runtime;
use crate::store::{LetterId, RefusedKind, StoreError};
use crate::version::Version;
use crate::view::{StoredView, ViewId};

/// Waits until the views of a projection contain the commit of a token. Later reads by key or by an index contain it. `tenant` is
/// the tenant whose views are read.
///
/// The version of the token's stream decides: the version of its view, or of its fence for keyed views. If it is lower, the
/// commits up to the token are read from the event store, once: commits that the projection does not listen to never arrive, and
/// are not waited for.
///
/// The answer contains the view at the key of the token's stream, if views are at such keys: it was read anyway.
///
/// This takes one read if the view already contains the commit. Otherwise it reads the commits, usually in one request, and then
/// the view or the fence again when a projection of this process has taken the commit. In between it reads after pauses, because
/// another process may write: see [`Settings::read_poll`](crate::app::Settings::read_poll).
pub(crate) async fn contains(
    projection: Erased,
    runtime: &Runtime,
    choice: Choice,
    index: Option<&str>,
    tenant: &Tenant,
    token: &CommitToken,
    limit: Duration,
) -> Result<Contained, ReadError> {
    let stream = token.stream();
    let mark = Mark::of(projection, runtime, tenant, stream)?;
    let edition = editions::to_read(projection, runtime, choice, index).await?;
    let Some(mut mark) = mark.map(|mark| mark.in_edition(&edition)) else {
        return Ok(Contained { edition, view: None });
    };
    let started = Instant::now();
    // Listens from before the first read on, so that a write after that read wakes this wait.
    let mut listener = runtime.arrivals.listen(projection.view, stream);
    let mut position = mark.read(projection, runtime, stream).await?;
    if position.version >= token.version() {
        return Ok(mark.contained(position));
    }
    let wanted = last_wanted(projection, runtime, token, position.version, &LeftOut::new()).await?;
    let Some(mut wanted) = wanted else { return Ok(mark.contained(position)) };
    tracing::debug!(projection = projection.name, %stream, %wanted, reached = %position.version, "waiting for a commit");
    let longest = runtime.settings.read_poll;
    let is_taken_here = is_taken_here(projection, runtime);
    let mut pauses = if is_taken_here { Pauses::even(longest) } else { Pauses::growing(longest) };
    let mut has_asked = false;
    loop {
        let waited = started.elapsed();
        let left = limit.saturating_sub(waited);
        // A discarded commit never arrives. It is rarely the missing one, so this is checked late.
        if left.is_zero() || (waited >= longest && !has_asked) {
            has_asked = true;
            let left_out = discarded(projection, runtime, stream).await;
            if !left_out.is_empty() {
                match last_wanted(projection, runtime, token, position.version, &left_out).await? {
                    Some(version) => wanted = version,
                    None => return Ok(mark.contained(position)),
                }
            }
        }
        if left.is_zero() {
            let reached = position.version;
            return Err(ReadError::TimeLimit {
                projection: projection.name,
                stream: stream.clone(),
                wanted,
                reached,
                waited,
                held_up: held_up(projection, runtime, stream, reached, wanted).await.map(Box::new),
            });
        }
        // Woken or not, the view decides.
        let _ = timeout(pauses.next().min(left), listener.reaches(wanted)).await;
        if let Mark::Fence(edition) = &mut mark {
            // This program's own edition may be complete by now.
            *edition = editions::to_read(projection, runtime, choice, index).await?;
        }
        position = mark.read(projection, runtime, stream).await?;
        if position.version >= wanted {
            return Ok(mark.contained(position));
        }
    }
}

/// Views that contain a commit.
pub(crate) struct Contained {
    /// Their edition.
    pub(crate) edition: Edition,
    pub(crate) view: Option<StoredView>,
}

/// Where the store keeps how much of a stream the views contain.
enum Mark {
    View(ViewId),
    Fence(Edition),
}

/// The last commit of a stream that the views contain, with the view if its version says so.
struct Position {
    version: Version,
    view: Option<StoredView>,
}

impl Mark {
    /// `None` if nothing of the stream ever arrives at the projection.
    fn of(
        projection: Erased,
        runtime: &Runtime,
        tenant: &Tenant,
        stream: &StreamKey,
    ) -> Result<Option<Self>, ReadError> {
        let of_another = |named: &Tenant| ReadError::OtherTenant {
            projection: projection.name,
            of: tenant.clone(),
            named: named.clone(),
        };
        if projection.keyed {
            let tenants =
                runtime.index.tenants_of(projection.events().iter().map(|event| event.name), stream);
            return match tenants.first() {
                None => Ok(None),
                Some(_) if tenants.contains(tenant) => Ok(Some(Self::Fence(Edition::FIRST))),
                Some(named) => Err(of_another(named)),
            };
        }
        let view = caught(|| projection.view_of(stream).and_then(Result::ok));
        let view = view.map_err(|text| {
            let reason = format!("the key of stream {stream} cannot be read: it panicked: {text}");
            StoreError::refused(RefusedKind::Unreadable, reason)
        })?;
        match view {
            None => Ok(None),
            Some(view) if view.tenant != *tenant => Err(of_another(&view.tenant)),
            Some(view) => Ok(Some(Self::View(view.id.map_err(StoreError::Key)?))),
        }
    }

    fn in_edition(self, edition: &Edition) -> Self {
        match self {
            Self::Fence(_) => Self::Fence(edition.clone()),
            view @ Self::View(_) => view,
        }
    }

    fn contained(self, position: Position) -> Contained {
        let edition = match self {
            Self::View(_) => Edition::FIRST,
            Self::Fence(edition) => edition,
        };
        Contained { edition, view: position.view }
    }

    async fn read(
        &self,
        projection: Erased,
        runtime: &Runtime,
        stream: &StreamKey,
    ) -> Result<Position, StoreError> {
        let views = runtime.view_store()?;
        Ok(match self {
            Self::View(id) => {
                let view = views.get(id).await?;
                Position { version: view.as_ref().map_or(Version::NONE, |view| view.version), view }
            }
            // The fence's version does not include a partly applied commit.
            Self::Fence(edition) => {
                let fence = views.fence(&edition.fence(projection.view, stream)).await?;
                Position { version: fence.map_or(Version::NONE, |fence| fence.version), view: None }
            }
        })
    }
}

/// Whether this process delivers to the projection from the feed. Then usually no other process does.
fn is_taken_here(projection: Erased, runtime: &Runtime) -> bool {
    runtime.arrivals.are_delivered_here()
        && runtime.wiring.subscribers.iter().any(|subscriber| subscriber.name == projection.name)
}

/// The commits that the projection was told to continue without. A reader may lack the right to read them.
pub(super) async fn discarded(projection: Erased, runtime: &Runtime, stream: &StreamKey) -> LeftOut {
    discards::of_stream(runtime, projection.name, stream).await.unwrap_or_else(|error| {
        tracing::debug!(projection = projection.name, %stream, %error, "the discarded commits cannot be read");
        LeftOut::new()
    })
}

/// The known reason why the next commits do not arrive.
async fn held_up(
    projection: Erased,
    runtime: &Runtime,
    stream: &StreamKey,
    reached: Version,
    wanted: Version,
) -> Option<HeldUp> {
    let asked = async {
        let store = runtime.delivery_store();
        let after = LetterId::of(projection.name, stream, reached);
        let letters = store.letters(projection.name, Some(&after)).await?;
        if let Some(letter) = letters.into_iter().next()
            && let Some((of, version)) = letter.id.place()
            && of == *stream
            && version <= wanted
        {
            return Ok(Some(HeldUp::DeadLetter { version, reason: letter.reason }));
        }
        let queue = projection.queue.unwrap_or(projection.name);
        let parked = store.parked(queue, std::slice::from_ref(stream)).await?;
        Ok((!parked.is_empty()).then_some(HeldUp::Parked { queue }))
    };
    asked.await.unwrap_or_else(|error: StoreError| {
        tracing::debug!(projection = projection.name, %stream, %error, "dead letters cannot be read");
        None
    })
}
