//! Replay: projections are built anew from all commits.
//!
//! ```
//! # use cqrs_core::prelude::*;
//! # use cqrs_core::replay::{ReplayError, Replayed};
//! # async fn example<OrderSummary: Projection>(app: &App) -> Result<(), ReplayError> {
//! let done: Replayed = app
//!     .replay::<OrderSummary>()
//!     .parallel(16)
//!     .progress(|progress| match progress.left() {
//!         Some(left) => eprintln!("{} commits, {:.0}/s, {left:.0?} left", progress.done.commits, progress.rate()),
//!         None => eprintln!("{} commits, {:.0}/s", progress.done.commits, progress.rate()),
//!     })
//!     .await?;
//! println!("{} views of {} streams", done.views, done.streams);
//! # Ok(())
//! # }
//! # use cqrs_core::Projection;
//! ```
//!
//! This is for views that are to be made again: because they are listed by another index, because a projection is new on old data, or
//! after a repair. Where the fold has changed, views at their aggregates' keys are folded anew where they are met, and those
//! across aggregates are [built by the delivery](self#another-fold-editions). Handlers are not replayed: they have side effects, and
//! `replay` does not take them.
//!
//! * **Readers see the old view until the new one is whole.** Each view is built beside the live one and put in its place
//!   by one write. Views are put in place one by one, so a list that is read meanwhile may hold old and new ones.
//! * **The delivery goes on.** What is committed during the replay is in the old view as ever, and in the new one.
//! * **A replay that was interrupted goes on** when the same call is made again, in any process; what has been done is not
//!   done again, but for the last page of each worker. [`Replay::restart`] begins anew, for when the fold has changed
//!   again meanwhile.
//! * **Memory is flat**: for each worker two pages of 1 MB, one that is worked on and the next one, and the views of the requests that
//!   are on their way.
//! * **Stores of your own** take part as they are. The methods for many views at a time
//!   ([`ViewStore::put_rebuilt_all`](crate::view::ViewStore::put_rebuilt_all) and those beside it) go one by one by default.
//!
//! A projection that is new on old data needs one, too, and says so: [`App::unreplayed`](crate::App::unreplayed).
//!
//! A commit that cannot be applied ends the replay, with an error that names it. One that was discarded from the projection's
//! dead letters ([`DeadLetters::discard`](crate::delivery::DeadLetters::discard)) is passed over where it cannot be applied,
//! and so is what else was discarded of its stream; where all of a stream can be applied, the view contains it all.
//!
//! # After a restore
//!
//! When the events table has been restored to an earlier point, views contain commits that are no longer there, and other
//! commits take their versions. Views and fences remember the digest of the last commit that they took, so this is noticed: a
//! view at its aggregate's key is folded anew when the next commit of its stream comes, and a commit for keyed views
//! becomes a dead letter that says so. [`App::after_restore`](crate::App::after_restore) brings all views back to the store.
//!
//! # Views at their aggregates' keys
//!
//! Streams are folded in memory, and the views of up to 25 of them are written with one request, each over the live one if that has
//! come no further. One that has come further does not hold up the others: its tail is read, and it is written alone. Requests: 1
//! per 25 views (`BatchExecuteStatement`, 1 write unit per view of 1 KB, as by `PutItem`), 1 per MB of commits (`Scan`, 1 read unit per
//! 4 KB of the whole table), and 1 per MB for the checkpoint. PartiQL has one statement for a view that is there and another one
//! for a new view. A replay tries first what most views took before; each that is the other way costs one more unit.
//!
//! # Keyed views
//!
//! Their events are spread over streams, so nothing can be put in place before all streams have been read. Each stream is
//! applied to *shadow* views, in a partition of their own, through its fence; from then on, as its fence says, the delivery
//! applies it to both copies in one transaction. When all streams have been read, each live view is replaced by its shadow
//! in one transaction, and live views that were not built again are removed.
//!
//! Many streams of a page go into one transaction, with all their fences, and with each view that they share once. If another
//! writer is faster at one of them, all of these go alone, and nothing is applied twice.
//!
//! Requests: per 100 streams and views together 1 transaction and 2 `BatchGetItem`; a fence and a view are 2 write units each, and a
//! view that many streams of one page share is written a few times only. Then per 50 views 1 transaction, of 4 write units for
//! each, and a `BatchGetItem`, and a `Scan` of the views table. From when a stream takes part until the replay is
//! over, its delivery takes a read more per commit (is the replay over?), and 6 write units in one transaction instead of 2: so a replay
//! that was interrupted should be brought to its end.
//!
//! # Another fold: editions
//!
//! Views across aggregates that another fold has made are never written by this one. Each fold has an *edition*: views and fences of
//! its own. A program that delivers, and finds none of its fold, begins one. From then on it takes commits into it, and beside the delivery
//! it goes through all streams once, with checkpoints, to take in what was committed before: the views are *built*. Until they are
//! whole, readers of this program have those of the release before, as long as they can be read; where they cannot, a read waits up to
//! [`Settings::read_wait`](crate::app::Settings::read_wait), and then says so. Views of its own that were whole before, as after a rollback,
//! come first. In one process the building begins with
//! [`App::run`](crate::App::run) and [`App::run_until_idle`](crate::App::run_until_idle), which returns when it is done. Behind a broker one
//! process of all builds, beside its work. With [`Settings::rebuild`](crate::app::Settings::rebuild) switched off, [`App::replay`](crate::App::replay)
//! builds. Call it in a step of the deployment where functions deliver, when they are there: a function builds only
//! while it is called.
//!
//! While programs of several folds run, a queue brings a commit to one of them only. It leaves the commit in the queue until the others
//! have it, too. Which streams that is about, their fences say: the building leaves its number at the fences of every other edition
//! before it reads a stream. A release from which nothing is heard for five times
//! [`Settings::release_poll`](crate::app::Settings::release_poll) is not waited for; should it come back, its views are gone through again. The
//! same happens when a program starts that delivers in its own process, and another release is there. The views of a release that is gone are
//! removed after [`Settings::release_kept`](crate::app::Settings::release_kept).
//!
//! A commit that cannot be applied ends the building, which is tried again, unless it is a dead letter of the projection: then it holds up
//! its own stream only. So a fold that cannot take what is there is never read. An item of the events table that is no commit ends it,
//! too: repair or remove it. A replay of one tenant, in a program whose views are not whole, builds those of all.
//!
//! Requests, while one release runs: one when a process begins, and one per `release_poll` where it delivers, and two where it reads. Building: as
//! the first pass of a replay; for each other edition 2 more per 100 streams, and 2 write units per stream; and no second pass over the views. While two releases deliver: a
//! read per commit more, of the other one's fence.
//!
//! # One tenant, one view
//!
//! [`Replay::tenant`] replays the streams of one tenant, for views of both kinds: all that goes into a view is of one
//! tenant. Where the partition keys of its streams follow from the tenant alone, as they do by default, only these
//! partitions are read (`Query`). [`Replay::key`] rebuilds one view at its aggregate's key, in 4 requests: the number of the
//! replay is read and written, the stream is read, the view is written.
//!
//! One replay of a projection runs at a time: another one is refused until it is over, unless it is [restarted](Replay::restart).

mod aggregate_views;
mod building;
mod checkpoint;
mod error;
mod generations;
mod keyed_views;
mod progress;
mod removal;
mod standing;
mod swap;
mod vanished;
mod walk;

use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::pin::Pin;

use futures_util::{StreamExt, TryStreamExt, stream};

use crate::aggregate::AggregateKey;
use crate::key::{KeyError, StreamKey, Tenant};
use crate::projection::{Edition, Projection, State, Underway};
use crate::projector::editions;
use crate::runtime::Runtime;
use crate::store::Extent;
use crate::view::ViewId;

use aggregate_views::AggregateViews;
use checkpoint::{Checkpoints, Course};
use keyed_views::{Aim, KeyedViews};
use progress::Tally;
use swap::Swap;
use walk::{Walk, Work};

pub use crate::projection::Phase;
pub use error::ReplayError;
pub use progress::{Progress, Replayed};
pub(crate) use standing::{Building, Standing, Standings, Views, standing};

/// How many requests are on their way at a time, where nothing else is said.
const PARALLEL: usize = 8;

/// What can be built anew from its commits: every projection, and nothing else.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be replayed: it is not a projection",
    label = "only projections are replayed",
    note = "handlers have side effects, so they are never replayed; `replay` takes a type with `#[projection(…)]`"
)]
pub trait Replayable: Projection {}

#[diagnostic::do_not_recommend]
impl<P: Projection> Replayable for P {}

/// A projection whose views live at their aggregate's keys, so that one view is made of one stream.
#[diagnostic::on_unimplemented(
    message = "one view of `{Self}` cannot be replayed: its events are spread over many streams",
    label = "its views live at keys of their own",
    note = "replay the views of a tenant, by `.tenant(&tenant)`, or all of them"
)]
pub trait OfOneStream: Projection {
    /// The stream that a view is made of.
    #[doc(hidden)]
    fn stream_of(key: &Self::Key) -> Result<StreamKey, KeyError>;
}

#[diagnostic::do_not_recommend]
impl<P: Projection<Key: AggregateKey>> OfOneStream for P {
    fn stream_of(key: &Self::Key) -> Result<StreamKey, KeyError> {
        key.stream()
    }
}

/// A replay on its way; `.await` runs it. See [the module](self).
#[must_use = "a replay does nothing until it is awaited"]
pub struct Replay<'a, P> {
    runtime: &'a Runtime,
    /// Here what `P` is has been checked once and for all: who replays what is no projection gets one error, not three.
    run: fn(Self) -> Running<'a>,
    scope: Scope,
    parallel: usize,
    restart: bool,
    /// Whether nothing is done for views that are whole.
    if_due: bool,
    /// Whether views may be there whose streams are gone.
    after_restore: bool,
    projection: PhantomData<fn() -> P>,
    listener: Option<Box<dyn Fn(Progress) + Send + Sync + 'a>>,
}

pub(crate) type Running<'a> = Pin<Box<dyn Future<Output = Result<Replayed, ReplayError>> + Send + 'a>>;

/// Which views are replayed.
#[derive(Debug)]
enum Scope {
    All,
    Tenant(Tenant),
    Key(Result<StreamKey, KeyError>),
}

impl<'a, P: Replayable> Replay<'a, P> {
    pub(crate) fn new(runtime: &'a Runtime) -> Self {
        Self {
            runtime,
            run: |replay| Box::pin(replay.run()),
            scope: Scope::All,
            parallel: PARALLEL,
            restart: false,
            if_due: false,
            after_restore: false,
            listener: None,
            projection: PhantomData,
        }
    }
}

impl<'a, P> Replay<'a, P> {
    /// The views of one tenant only. Of this and [`Replay::key`] the last call counts.
    pub fn tenant(mut self, tenant: &Tenant) -> Self {
        self.scope = Scope::Tenant(tenant.clone());
        self
    }

    /// One view only, at its aggregate's key. Nothing is kept for going on: it is quick.
    pub fn key(mut self, key: &P::Key) -> Self
    where
        P: OfOneStream,
    {
        self.scope = Scope::Key(P::stream_of(key));
        self
    }

    /// How many requests are on their way at a time; default 8. A replay that goes on after an interruption keeps the
    /// segments that it began with.
    pub fn parallel(mut self, requests: usize) -> Self {
        self.parallel = requests.max(1);
        self
    }

    /// Begins anew, also where a replay has begun and is not over; that one stops.
    pub fn restart(mut self) -> Self {
        self.restart = true;
        self
    }

    /// Only what is not whole.
    pub(crate) fn if_due(mut self) -> Self {
        self.if_due = true;
        self
    }

    /// Begins anew, because the events table was restored to an earlier point: puts back views that are ahead of their streams,
    /// which are an error else, and removes those of streams that are gone. That takes a `Scan` of the views table more.
    /// [`App::after_restore`](crate::App::after_restore) does so for all projections.
    pub fn after_restore(mut self) -> Self {
        self.after_restore = true;
        self.restart()
    }

    /// Calls back after each page that a worker is through with. A progress bar is the caller's own.
    pub fn progress(mut self, listener: impl Fn(Progress) + Send + Sync + 'a) -> Self {
        self.listener = Some(Box::new(listener));
        self
    }
}

impl<'a, P> IntoFuture for Replay<'a, P> {
    type Output = Result<Replayed, ReplayError>;
    type IntoFuture = Running<'a>;

    fn into_future(self) -> Running<'a> {
        (self.run)(self)
    }
}

impl<P: Projection> Replay<'_, P> {
    #[tracing::instrument(name = "replay", level = "info", skip_all, fields(projection = P::NAME, generation))]
    async fn run(self) -> Result<Replayed, ReplayError> {
        let tenant = match &self.scope {
            Scope::All => None,
            Scope::Tenant(tenant) => Some(tenant),
            Scope::Key(stream) => {
                let stream = stream.clone().map_err(|error| ReplayError::store::<P>(error.into()))?;
                let generation = generations::next::<P>(self.runtime).await?;
                let work = AggregateViews::<P>::new(self.runtime, generation, None)
                    .after_restore(self.after_restore);
                return work.rebuild(&stream).await;
            }
        };
        let (edition, is_building) = self.edition().await?;
        if is_building && !self.after_restore {
            // There is nothing yet that a reader could go on with, and so nothing is built aside.
            let built = self.build().await?;
            self.remove_left().await?;
            return Ok(built);
        }
        if self.if_due {
            return Ok(Replayed::default());
        }
        let segments = self.segments();
        let underway =
            generations::begin::<P>(self.runtime, &edition, tenant, segments, self.restart).await?;
        let generation = underway.generation;
        tracing::Span::current().record("generation", generation);
        let total = match tenant {
            Some(_) => None,
            None => self.runtime.event_store().count().await.map_err(ReplayError::store::<P>)?,
        };
        let tally = Tally::new(total, self.listener.as_deref());
        if P::KEYED {
            let work = KeyedViews::<P>::new(self.runtime, &edition, Aim::Replay(generation), tenant);
            self.fold(&edition, &work, &tally, &underway, tenant).await?;
            if underway.phase == Phase::Fold {
                generations::begin_swap::<P>(self.runtime, &edition, generation).await?;
            }
            self.swap(&edition, &tally, &underway, tenant).await?;
        } else {
            let work =
                AggregateViews::<P>::new(self.runtime, generation, tenant).after_restore(self.after_restore);
            self.fold(&edition, &work, &tally, &underway, tenant).await?;
            if self.after_restore {
                self.remove_vanished(&work, &underway, tenant).await?;
            }
        }
        generations::end::<P>(self.runtime, &edition, generation).await?;
        if is_building {
            self.build().await?;
        }
        if self.after_restore && P::KEYED && tenant.is_none() {
            self.drop_others().await?;
        }
        Ok(tally.done())
    }

    /// The edition that is replayed, and whether it is not whole yet.
    async fn edition(&self) -> Result<(Edition, bool), ReplayError> {
        if !P::KEYED {
            return Ok((Edition::FIRST, false));
        }
        let found = editions::own_now::<P>(self.runtime).await;
        let (edition, editions) = found.map_err(ReplayError::store::<P>)?;
        let is_building = editions.of(&edition).state != State::Whole;
        if !is_building {
            self.remove_left().await?;
        }
        Ok((edition, is_building))
    }

    /// Into how many parts a table is divided.
    fn segments(&self) -> u32 {
        let segments = u32::try_from(self.parallel).unwrap_or(u32::MAX);
        self.runtime.event_store().segments(segments).max(1)
    }

    async fn fold<W: Work<View = P>>(
        &self,
        edition: &Edition,
        work: &W,
        tally: &Tally<'_>,
        underway: &Underway,
        tenant: Option<&Tenant>,
    ) -> Result<(), ReplayError> {
        let names = P::ARMS.iter().map(|arm| arm.event.name);
        let partitions = tenant.and_then(|tenant| self.runtime.index.partitions(names, tenant));
        let extents = match partitions {
            Some(partitions) => partitions.into_iter().map(Extent::Partition).collect(),
            None => underway.extents(),
        };
        self.walk(work, tally, extents, Course::Fold, edition, underway.generation).await
    }

    /// Walks through the events of some extents.
    async fn walk<W: Work<View = P>>(
        &self,
        work: &W,
        tally: &Tally<'_>,
        extents: Vec<Extent>,
        course: Course,
        edition: &Edition,
        generation: u64,
    ) -> Result<(), ReplayError> {
        let checkpoints = Checkpoints::load::<P>(self.runtime, edition, course, generation).await;
        let checkpoints = checkpoints.map_err(ReplayError::store::<P>)?;
        let width = self.width(extents.len());
        let walk = Walk { runtime: self.runtime, work, tally, checkpoints: &checkpoints, width };
        let walk = &walk;
        let walks = stream::iter(extents).map(|extent| async move { walk.through(&extent).await });
        walks.buffer_unordered(self.parallel).try_collect().await
    }

    async fn swap(
        &self,
        edition: &Edition,
        tally: &Tally<'_>,
        underway: &Underway,
        tenant: Option<&Tenant>,
    ) -> Result<(), ReplayError> {
        let generation = underway.generation;
        // Of two partitions that belong together, the second has little left to do when the first is done.
        let (extents, at_a_time) = match tenant.map(|tenant| edition.partition::<P>(tenant)) {
            Some(live) => {
                (vec![Extent::Partition(format!("{live}~{generation}")), Extent::Partition(live)], 1)
            }
            None => (underway.extents(), self.parallel),
        };
        let checkpoints = Checkpoints::load::<P>(self.runtime, edition, Course::Swap, generation).await;
        let checkpoints = checkpoints.map_err(ReplayError::store::<P>)?;
        let width = self.width(extents.len().min(at_a_time));
        let swap = Swap::<P>::new(self.runtime, edition, generation, tenant, tally, &checkpoints, width);
        let swap = &swap;
        let walks = stream::iter(extents).map(|extent| async move { swap.through(&extent).await });
        walks.buffer_unordered(at_a_time).try_collect().await
    }

    async fn remove_vanished(
        &self,
        work: &AggregateViews<'_, P>,
        underway: &Underway,
        tenant: Option<&Tenant>,
    ) -> Result<(), ReplayError> {
        let extents = match tenant {
            Some(tenant) => vec![Extent::Partition(ViewId::partition(P::VIEW, tenant))],
            None => underway.extents(),
        };
        let width = self.width(extents.len());
        let walks =
            stream::iter(extents).map(|extent| async move { work.remove_vanished(&extent, width).await });
        walks.buffer_unordered(self.parallel).try_collect().await
    }

    /// How many requests each of so many walks may have on its way.
    fn width(&self, walks: usize) -> usize {
        (self.parallel / walks.max(1)).max(1)
    }
}

impl<P> fmt::Debug for Replay<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replay")
            .field("scope", &self.scope)
            .field("parallel", &self.parallel)
            .field("restart", &self.restart)
            .field("after_restore", &self.after_restore)
            .finish_non_exhaustive()
    }
}
