//! What must hold after every chaos.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use crate::app::App;
use crate::commit::Commit;
use crate::delivery::{Reaction, Subscriber, TryError};
use crate::event::RawEvent;
use crate::projector::{Arrived, LeftOut, Origin};
use crate::registry::ProjectionRow;
use crate::runtime::{Due, Probe, Stores, Told};
use crate::store::{Extent, StoreError};
use crate::store::{InboxId, MemoryDeliveryStore};
use crate::testing::difference::{fields, report};
use crate::view::{MemoryViewStore, StoredView, ViewId};

use super::fragile::Fragile;

const ALL: Extent = Extent::Segment { number: 0, of: 1 };

/// All commits of a store, stream by stream.
pub(super) async fn commits(app: &App) -> Result<Vec<Commit>, StoreError> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let scan = app.delivery().runtime.event_store().scan(&ALL, after.as_ref()).await?;
        found.extend(scan.commits);
        if scan.next.is_none() {
            break;
        }
        after = scan.next;
    }
    found.sort_by(|left, right| (&left.stream, left.version).cmp(&(&right.stream, right.version)));
    Ok(found)
}

/// Every view equals the fold of the store.
///
/// # Errors
/// The first view for which this does not hold, by field.
pub(super) async fn check_views(app: &App, commits: &[Commit]) -> Result<(), String> {
    let names: HashMap<&str, &str> =
        inventory::iter::<ProjectionRow>().map(|row| (row.view, row.name)).collect();
    let chosen = |view: &str| {
        names
            .get(view)
            .filter(|name| app.delivery().subscribers.iter().any(|subscriber| subscriber.name == **name))
    };
    let stored = all_views(app).await.map_err(|error| error.to_string())?;
    let folded = folded(app, commits).await?;
    let ids: std::collections::BTreeSet<&ViewId> = stored.keys().chain(folded.keys()).collect();
    for id in ids {
        let view = id.sk.split('#').next().unwrap_or_default();
        let Some(projection) = chosen(view) else { continue };
        let what = match (folded.get(id), stored.get(id)) {
            (Some(wanted), Some(found)) => {
                let differing = fields(&wanted.data, &found.data);
                if differing.is_empty() {
                    continue;
                }
                report(&format!("view {} is not the fold of its events", place(id)), &[("", differing)])
            }
            (Some(wanted), None) => {
                let lines = vec![wanted.data.to_string()];
                report(&format!("there is no view {}", place(id)), &[("expected", lines)])
            }
            (None, found) => {
                let lines = found.map(|view| view.data.to_string()).into_iter().collect();
                report(&format!("there is a view {} without events", place(id)), &[("actual", lines)])
            }
        };
        return Err(format!(
            "{what}\nthe fold is that of `{projection}` over the streams one after another; does it read a clock, or \
             depend on the order between streams, which no delivery keeps?"
        ));
    }
    Ok(())
}

fn place(id: &ViewId) -> String {
    format!("{} {}", id.pk, id.sk)
}

async fn all_views(app: &App) -> Result<BTreeMap<ViewId, StoredView>, StoreError> {
    let (mut found, mut after) = (BTreeMap::new(), None);
    // An app without projections needs no view store.
    let Ok(store) = app.delivery().runtime.view_store() else { return Ok(found) };
    loop {
        let scan = store.scan(&ALL, after.as_ref()).await?;
        found.extend(scan.views.into_iter().map(|view| (view.id.clone(), view)));
        if scan.next.is_none() {
            return Ok(found);
        }
        after = scan.next;
    }
}

/// The views that a delivery in order produces, on its own stores.
async fn folded(app: &App, commits: &[Commit]) -> Result<BTreeMap<ViewId, StoredView>, String> {
    let (views, delivery_store) = (MemoryViewStore::new(), MemoryDeliveryStore::default());
    let probe = Arc::new(Probe::default());
    let clean = Fragile::new(app, &probe, 0, 0);
    let stores =
        Stores { views: Some(Box::new(views)), delivery: Box::new(delivery_store), ..clean.stores() };
    let twin = app.twin(stores, *app.settings(), &probe, &app.delivery().runtime.clock);
    for subscriber in &twin.delivery().subscribers {
        let Reaction::Project { driver, .. } = &subscriber.reaction else { continue };
        for commit in commits.iter().filter(|commit| subscriber.wants(commit)) {
            let arrived = Arrived {
                stream: &commit.stream,
                commits: std::slice::from_ref(commit),
                origin: Origin::Store,
                left_out: &LeftOut::new(),
                is_shared: false,
            };
            driver.apply(&twin.delivery().runtime, arrived).await.map_err(|error| {
                let error = TryError::from(error);
                format!("projection `{}` cannot fold {}: {error}", subscriber.name, commit.stream)
            })?;
        }
    }
    all_views(&twin).await.map_err(|error| error.to_string())
}

/// Every handler and every process has done its work for every event that it listens to. A handler with `once` has not
/// done it again after its inbox had the event as handled.
///
/// # Errors
/// The first event for which that is not so.
pub(super) fn check_handlers(app: &App, commits: &[Commit], probe: &Probe) -> Result<(), String> {
    let seen = probe.seen();
    let done: HashSet<&InboxId> = seen.runs.iter().filter(|run| run.done).map(|run| &run.id).collect();
    let handlers = app.delivery().subscribers.iter().filter(|subscriber| !subscriber.is_projection());
    for handler in handlers {
        for raw in commits.iter().flat_map(RawEvent::all).filter(|raw| listens(handler, raw)) {
            let commit = raw.commit();
            let id = InboxId {
                handler: handler.name.to_owned(),
                stream: commit.stream.clone(),
                version: commit.version,
                index: raw.index(),
                digest: commit.digest(),
            };
            if !done.contains(&id) {
                let (kind, done) = match handler.reaction {
                    Reaction::Step { .. } => ("process", "taken"),
                    Reaction::Handle { .. } | Reaction::Project { .. } => ("handler", "handled"),
                };
                return Err(format!(
                    "{kind} `{}` has not {done} `{}` at version {} of stream {}",
                    handler.name,
                    raw.stored().name,
                    commit.version,
                    commit.stream
                ));
            }
        }
    }
    if let Some(run) = seen.runs.iter().find(|run| run.needless) {
        let InboxId { handler, stream, version, index, .. } = &run.id;
        return Err(format!(
            "handler `{handler}` with `once` ran again for event {index} at version {version} of stream {stream}, which \
             its inbox had as handled"
        ));
    }
    Ok(())
}

/// No command of a handler is lost, and none has more commits than a run sent.
///
/// # Errors
/// The first command for which that is not so.
pub(super) fn check_commands(commits: &[Commit], probe: &Probe) -> Result<(), String> {
    let mut stored: HashMap<Told, usize> = HashMap::new();
    for commit in commits {
        let metadata = &commit.metadata;
        if let (Some(causation), Some(digest)) = (&metadata.causation_id, &metadata.command_digest) {
            *stored.entry((commit.stream.clone(), causation.clone(), digest.clone())).or_default() += 1;
        }
    }
    let seen = probe.seen();
    for (told, Due { least, most }) in seen.due() {
        let found = stored.get(&told).copied().unwrap_or_default();
        if (least..=most).contains(&found) {
            continue;
        }
        let (stream, causation, digest) = told;
        let sent =
            seen.sent.iter().find(|sent| sent.stream == stream && sent.digest.as_ref() == Some(&digest));
        let name = sent.map_or("a command", |sent| sent.name);
        let what = if found < least { "lost" } else { "doubled" };
        return Err(format!(
            "`{name}` to stream {stream} was {what}: a handler sent it {most} times because of command `{causation}`, and \
             the stream has {found} commits of it"
        ));
    }
    Ok(())
}

fn listens(handler: &Subscriber, raw: &RawEvent<'_>) -> bool {
    handler.events.iter().any(|id| id.is_stored_as(&raw.stored().name))
}
