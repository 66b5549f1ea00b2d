//! How projections begin: with the first commit, or on data that existed before them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::notice::Notice;
use super::parking::has_letters;
use super::queue::failed;
use super::{Delivery, DeliveryError, Subscriber};
use crate::commit::Commit;
use crate::key::StreamKey;
use crate::projector::{discards, editions::MARKS};
use crate::store::{CommitKey, Extent, RefusedKind, StoreError};
use crate::timestamp::Timestamp;

/// After this time, a queue that is not known to be empty is assumed to have delivered what was on its way.
const ON_THEIR_WAY: Duration = Duration::from_secs(5 * 60);
/// How often the look is repeated, and the log message.
const EVERY: Duration = Duration::from_secs(60);
/// How many pages of the events table are read at most to find commits that a projection listens to; the next look
/// continues there.
const PAGES: usize = 8;
/// How many streams of such a page are looked at: those in which nothing has happened for the longest time.
const STREAMS: usize = 16;
const WHOLE_TABLE: Extent = Extent::Segment { number: 0, of: 1 };

/// A projection whose views lack commits that were there before it, or that came while it was away. See [`App::unreplayed`](crate::App::unreplayed).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unreplayed {
    /// Its name.
    pub projection: &'static str,
    /// When it began, or when it was left; `None` if it has not begun.
    pub since: Option<Timestamp>,
}

/// What is known about the beginning of a projection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "camelCase")]
enum Mark {
    /// It has begun, and nobody has looked yet. Up to the commit `after`, the events table has none that it listens to.
    Begun {
        since: Timestamp,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<(String, String)>,
    },
    /// It has missed what was there when it began, or what came while it was away. A replay of all tenants with a higher number
    /// than this repairs it.
    Behind { since: Timestamp, replayed: u64 },
    /// It gets nothing: its queue was left by a program that does not know it.
    Away { since: Timestamp },
    /// It has missed nothing.
    Whole,
}

/// How a projection has begun, as far as is known.
#[derive(Debug)]
pub(crate) enum Beginning {
    Unsettled {
        since: Timestamp,
    },
    Whole,
    /// A replay of all tenants repairs it if its number is this one or higher; `None` if none has yet.
    Behind {
        since: Timestamp,
        mended_by: Option<u64>,
    },
}

/// Whether anything is on its way to a projection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Calm {
    No,
    /// Nothing was seen lately: what has arrived counts, and what is missing may still come.
    Perhaps,
    Yes,
}

/// What a look at the events table shows.
enum Look {
    Whole,
    Behind,
    /// It found no commit that the projection listens to; more of the table is left.
    Unknown(CommitKey),
}

impl Delivery {
    /// The projections whose views lack commits that were there before they began.
    pub(crate) async fn unreplayed(self: &Arc<Self>) -> Result<Vec<Unreplayed>, StoreError> {
        let mut marks = read(self).await?;
        let mut found = Vec::new();
        for subscriber in self.subscribers.iter().filter(|subscriber| subscriber.is_projection()) {
            let projection = subscriber.name;
            let (since, before) = match marks.remove(projection) {
                Some(mark @ (Mark::Whole | Mark::Behind { .. } | Mark::Away { .. })) => {
                    if let Mark::Behind { since, .. } = current(self, subscriber, mark).await? {
                        found.push(Unreplayed { projection, since: Some(since) });
                    }
                    continue;
                }
                Some(Mark::Begun { since, .. }) => (Some(since), since),
                None => (None, Timestamp::now()),
            };
            let mut after = None;
            let looked = loop {
                match look(self, subscriber, before, after.take()).await? {
                    Look::Unknown(next) => after = Some(next),
                    looked => break looked,
                }
            };
            if matches!(looked, Look::Behind) {
                found.push(Unreplayed { projection, since });
            }
        }
        Ok(found)
    }

    /// What the marks say of the projections that have one, in one request.
    pub(crate) async fn beginnings(self: &Arc<Self>) -> Result<HashMap<String, Beginning>, StoreError> {
        let of = |mark| match mark {
            Mark::Begun { since, .. } => Beginning::Unsettled { since },
            Mark::Behind { since, replayed } => {
                Beginning::Behind { since, mended_by: Some(replayed.saturating_add(1)) }
            }
            // It is back, and lacks what it has missed until it is replayed.
            Mark::Away { since } => Beginning::Behind { since, mended_by: None },
            Mark::Whole => Beginning::Whole,
        };
        Ok(read(self).await?.into_iter().map(|(name, mark)| (name, of(mark))).collect())
    }

    /// Lets a projection continue without a replay.
    pub(crate) async fn waive_replay(self: &Arc<Self>, projection: &str) -> Result<(), DeliveryError> {
        let projections = || self.subscribers.iter().filter(|subscriber| subscriber.is_projection());
        let Some(found) = projections().find(|subscriber| subscriber.name == projection) else {
            let known: Vec<_> = projections().map(|subscriber| subscriber.name).collect();
            return Err(DeliveryError::UnknownSubscriber {
                name: projection.to_owned(),
                known: known.join(", "),
            });
        };
        write(self, found.name, &Mark::Whole).await.map_err(|source| failed(found.name, source))
    }
}

impl Delivery {
    /// Notes that a projection gets no commits from now on.
    pub(crate) async fn note_absence(self: &Arc<Self>, projection: &str) -> Result<(), DeliveryError> {
        let noted = async {
            match read(self).await?.contains_key(projection) {
                true => write(self, projection, &Mark::Away { since: Timestamp::now() }).await,
                false => Ok(()),
            }
        };
        noted.await.map_err(|source| failed(projection, source))
    }
}

/// Watches the projections of one queue, or of one process, until it is known that they have missed nothing.
///
/// It never fails, and never holds the delivery up for long. It sends one request, looks when nothing is on its way any
/// longer, and then sends nothing, or two requests a minute while a replay is due.
pub(crate) struct Beginnings {
    since: Timestamp,
    projections: Vec<Arc<Subscriber>>,
    /// Whether nothing is left to watch.
    over: AtomicBool,
    watch: Mutex<Watch>,
}

#[derive(Default)]
struct Watch {
    /// The projections that are not known to be whole; `None` before the marks have been read.
    open: Option<BTreeMap<&'static str, Mark>>,
    /// The projections whose mark is not stored yet.
    unmarked: BTreeSet<&'static str>,
    /// When the marks were read last.
    last: Option<Instant>,
    /// When a look was taken last.
    looked: Option<Instant>,
    unknown: Notice,
}

impl Beginnings {
    /// The beginnings of those subscribers that are projections.
    pub(crate) fn of<'a>(
        delivery: &Arc<Delivery>,
        subscribers: impl IntoIterator<Item = &'a Arc<Subscriber>>,
    ) -> Self {
        let projections: Vec<_> =
            subscribers.into_iter().filter(|subscriber| subscriber.is_projection()).map(Arc::clone).collect();
        // The test kit invents the stored data, and counts the requests.
        let over = AtomicBool::new(projections.is_empty() || delivery.runtime.probe.is_some());
        Self { since: Timestamp::now(), projections, over, watch: Mutex::default() }
    }

    /// To be called when something is delivered, and when nothing is. `calm` reports whether anything is on its way; it
    /// is awaited only if that matters. Returns `true` if something is missing that may still be on its way: a later
    /// call reports it then.
    pub(crate) async fn watch(&self, delivery: &Arc<Delivery>, calm: impl Future<Output = Calm>) -> bool {
        if self.over.load(Ordering::Relaxed) {
            return false;
        }
        // Another call is at work.
        let Ok(mut watch) = self.watch.try_lock() else { return false };
        match self.step(delivery, &mut watch, calm).await {
            Ok(suspects) => suspects,
            Err(error) => {
                if watch.unknown.is_due() {
                    let projections: Vec<_> = self.projections.iter().map(|one| one.name).collect();
                    tracing::warn!(?projections, %error, "it is not known whether a projection needs a replay");
                }
                false
            }
        }
    }

    async fn step(
        &self,
        delivery: &Arc<Delivery>,
        watch: &mut Watch,
        calm: impl Future<Output = Calm>,
    ) -> Result<bool, StoreError> {
        let is_due = watch.last.is_none_or(|last| last.elapsed() >= EVERY);
        if is_due {
            watch.last = Some(Instant::now());
            let open = self.read(delivery, &mut watch.unmarked).await?;
            tell(&open);
            watch.open = Some(open);
        }
        let mut suspects = false;
        let Some(open) = &mut watch.open else { return Ok(suspects) };
        let may_look = watch.looked.is_none_or(|looked| looked.elapsed() >= EVERY);
        let begun: Vec<_> = self.projections.iter().filter(|one| is_begun(open.get(one.name))).collect();
        if may_look && !begun.is_empty() {
            let calm = calm.await;
            for projection in begun {
                let Some(mark) = open.get_mut(projection.name) else { continue };
                let Mark::Begun { since, after } = mark.clone() else { continue };
                let calm = if Timestamp::now().since(since) >= ON_THEIR_WAY { Calm::Yes } else { calm };
                if calm > Calm::No {
                    watch.looked = Some(Instant::now());
                    // Before the look: a replay that ends meanwhile repairs what the look finds.
                    let replayed = projection.replayed(delivery).await?;
                    let looked = look(delivery, projection, since, after.and_then(place_of)).await;
                    *mark = match looked {
                        Ok(Look::Whole) => Mark::Whole,
                        Ok(Look::Behind) if calm < Calm::Yes => {
                            (suspects, watch.looked) = (true, None);
                            continue;
                        }
                        Ok(Look::Behind) => Mark::Behind { since, replayed },
                        Ok(Look::Unknown(CommitKey { stream, version })) => {
                            let after = Some((stream.pk().to_owned(), stream.commit_sk(version)));
                            Mark::Begun { since, after }
                        }
                        Err(error) => {
                            // If waiting does not help, the projection is looked at again when the marks are read next.
                            if !error.is_outage() {
                                open.remove(projection.name);
                            }
                            return Err(error);
                        }
                    };
                    write(delivery, projection.name, mark).await?;
                    tell(&BTreeMap::from([(projection.name, mark.clone())]));
                } else if watch.unmarked.remove(projection.name) {
                    // So that the next process knows when it began.
                    write(delivery, projection.name, mark).await?;
                }
            }
            open.retain(|_, mark| *mark != Mark::Whole);
        }
        self.over.store(open.is_empty(), Ordering::Relaxed);
        Ok(suspects)
    }

    /// The marks of the projections that are not known to be whole. A projection without a mark begins with this
    /// process.
    async fn read(
        &self,
        delivery: &Arc<Delivery>,
        unmarked: &mut BTreeSet<&'static str>,
    ) -> Result<BTreeMap<&'static str, Mark>, StoreError> {
        let mut marks = read(delivery).await?;
        let mut open = BTreeMap::new();
        unmarked.clear();
        for projection in &self.projections {
            let mark = match marks.remove(projection.name) {
                Some(mark) => current(delivery, projection, mark).await?,
                None => {
                    unmarked.insert(projection.name);
                    Mark::Begun { since: self.since, after: None }
                }
            };
            open.insert(projection.name, mark);
        }
        open.retain(|_, mark| *mark != Mark::Whole);
        Ok(open)
    }
}

/// What a mark means now: a replay may have repaired the projection, or it may be back.
async fn current(delivery: &Arc<Delivery>, projection: &Subscriber, mark: Mark) -> Result<Mark, StoreError> {
    let current = match mark {
        Mark::Behind { replayed, .. } if projection.replayed(delivery).await? > replayed => Mark::Whole,
        Mark::Away { since } => Mark::Behind { since, replayed: projection.replayed(delivery).await? },
        mark => return Ok(mark),
    };
    write(delivery, projection.name, &current).await?;
    Ok(current)
}

fn is_begun(mark: Option<&Mark>) -> bool {
    matches!(mark, Some(Mark::Begun { .. }))
}

fn tell(marks: &BTreeMap<&'static str, Mark>) {
    for (projection, mark) in marks {
        if let Mark::Behind { since, .. } = mark {
            tracing::error!(
                projection, %since,
                "a projection needs a replay: its views lack what was committed before it began, or while it was away"
            );
        }
    }
}

/// Checks whether a projection has missed what was there before a time.
async fn look(
    delivery: &Arc<Delivery>,
    projection: &Subscriber,
    before: Timestamp,
    mut after: Option<CommitKey>,
) -> Result<Look, StoreError> {
    for _ in 0..PAGES {
        let page = delivery.runtime.event_store().scan(&WHOLE_TABLE, after.as_ref()).await?;
        let streams =
            stalest(&page.commits, |commit| projection.wants(commit) && commit.metadata.recorded() <= before);
        for stream in &streams {
            if is_missing(delivery, projection, stream).await? {
                return Ok(Look::Behind);
            }
        }
        match page.next {
            Some(next) if streams.is_empty() => after = Some(next),
            _ => return Ok(Look::Whole),
        }
    }
    Ok(after.map_or(Look::Whole, Look::Unknown))
}

/// The streams of those commits. Those in which nothing has happened for the longest time come first: if a feed still
/// brought one of these to a new projection, it brought all others of the page.
fn stalest(commits: &[Commit], counts: impl Fn(&Commit) -> bool) -> Vec<StreamKey> {
    let mut last: HashMap<&StreamKey, Timestamp> = HashMap::new();
    for commit in commits {
        let recorded = commit.metadata.recorded();
        last.entry(&commit.stream).and_modify(|last| *last = recorded.max(*last)).or_insert(recorded);
    }
    let counting: HashSet<_> =
        commits.iter().filter(|commit| counts(commit)).map(|commit| &commit.stream).collect();
    let mut streams: Vec<_> = last.into_iter().filter(|(stream, _)| counting.contains(stream)).collect();
    streams.sort_by(|(one, last), (other, later)| last.cmp(later).then_with(|| one.cmp(other)));
    streams.into_iter().take(STREAMS).map(|(stream, _)| stream.clone()).collect()
}

/// Whether nothing of a stream has come to a projection, and no dead letter explains it.
async fn is_missing(
    delivery: &Arc<Delivery>,
    projection: &Subscriber,
    stream: &StreamKey,
) -> Result<bool, StoreError> {
    if projection.has_seen(delivery, stream).await? {
        return Ok(false);
    }
    let letters = has_letters(delivery, projection.name, stream).await.map_err(|error| match error {
        DeliveryError::Store { source, .. } => *source,
        error => StoreError::Unavailable { source: Box::new(error) },
    })?;
    Ok(!letters
        && delivery
            .runtime
            .delivery_store()
            .parked(projection.queue, std::slice::from_ref(stream))
            .await?
            .is_empty()
        && discards::of_stream(&delivery.runtime, projection.name, stream).await?.is_empty())
}

fn place_of((pk, sk): (String, String)) -> Option<CommitKey> {
    let (stream, version) = StreamKey::parse_commit(&pk, &sk).ok()?;
    Some(CommitKey { stream, version })
}

async fn read(delivery: &Arc<Delivery>) -> Result<HashMap<String, Mark>, StoreError> {
    let kept = delivery.runtime.delivery_store().positions(MARKS).await?;
    // A mark that cannot be read was written by a newer program, or by hand: its projection is looked at again.
    Ok(kept.into_iter().filter_map(|(name, text)| Some((name, serde_json::from_str(&text).ok()?))).collect())
}

async fn write(delivery: &Arc<Delivery>, projection: &str, mark: &Mark) -> Result<(), StoreError> {
    let text = serde_json::to_string(mark).map_err(|error| StoreError::refused(RefusedKind::Data, error))?;
    delivery.runtime.delivery_store().save_position(MARKS, projection, &text).await
}
