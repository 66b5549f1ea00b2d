//! Replay: builds projections anew from all commits.
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
//! Replay views that have to be made again: because they are listed by another index, because a projection is new on old data, or
//! after a repair. If only the fold has changed, views at their aggregates' keys are folded again when they are read or written,
//! and the delivery [builds those across aggregates](self#another-fold-editions). Handlers have side effects, so `replay` does
//! not take them.
//!
//! * **Readers see the old view until the new one is whole.** Each view is built separately and replaces the live one in one
//!   write. Views are replaced one by one, so a list that is read meanwhile may contain old and new ones.
//! * **The delivery continues.** Commits during the replay go into the old view as usual, and into the new one.
//! * **An interrupted replay continues** when the same call is made again, in any process. Only the last page of each worker is
//!   repeated. [`Replay::restart`] begins anew, for the case that the fold has changed again meanwhile.
//! * **Memory is flat**: for each worker two pages of 1 MB, the current one and the next one, and the views of the requests in
//!   flight.
//! * **Your own stores** work unchanged. The methods for many views at a time
//!   ([`ViewStore::put_rebuilt_all`](crate::view::ViewStore::put_rebuilt_all) and its neighbours) handle them one by one by
//!   default.
//!
//! A projection that is new on old data needs a replay, too, and is listed by [`App::unreplayed`](crate::App::unreplayed).
//!
//! A commit that cannot be applied ends the replay, with an error that names it. If it was discarded from the projection's dead
//! letters ([`DeadLetters::discard`](crate::delivery::DeadLetters::discard)), it is skipped, with all other discarded commits of
//! its stream. If the whole stream can be applied, the view contains all of it.
//!
//! # After a restore
//!
//! After the events table is restored to an earlier point, views contain commits that no longer exist, and other commits take
//! their versions. Views and fences store the digest of the last commit that they took, so this is detected: a view at its
//! aggregate's key is folded again with the next commit of its stream, and a commit for keyed views becomes a dead letter that
//! says so. [`App::after_restore`](crate::App::after_restore) brings all views in line with the store.
//!
//! # Views at their aggregates' keys
//!
//! Streams are folded in memory, and the views of up to 25 of them are written with one request. Each replaces the live view if
//! that is not further. A live view that is further does not hold up the others: the rest of its stream is read, and the view is
//! written alone. Requests: 1 per 25 views (`BatchExecuteStatement`, 1 write unit per view of 1 KB, as by `PutItem`), 1 per MB of
//! commits (`Scan`, 1 read unit per 4 KB of the whole table), and 1 per MB for the checkpoint. PartiQL has one statement for an
//! existing view and another one for a new view. A replay first tries the statement that most views have needed so far; each view
//! that needs the other one costs one more unit.
//!
//! # Keyed views
//!
//! Their events are spread over streams, so no view can be replaced before all streams have been read. Each stream is applied,
//! through its fence, to *shadow* views in a separate partition. From then on its fence makes the delivery apply it to both
//! copies in one transaction. After all streams have been read, one transaction replaces each live view with its shadow, and live
//! views that were not built again are removed.
//!
//! Many streams of a page share one transaction, with all their fences, and with each shared view once. If another writer is
//! faster on one of them, each of them is applied alone, and nothing is applied twice.
//!
//! Requests: per 100 streams and views together 1 transaction and 2 `BatchGetItem`; a fence and a view take 2 write units each,
//! and a view that many streams of one page share is written only a few times. Then per 50 views 1 transaction, with 4 write
//! units for each view, a `BatchGetItem`, and a `Scan` of the views table. While a stream takes part in the replay, its delivery
//! takes one more read per commit (is the replay over?), and 6 write units in one transaction instead of 2. So finish an
//! interrupted replay.
//!
//! # Another fold: editions
//!
//! A fold never writes views across aggregates that another fold has made. Each fold has an *edition*: its own views and fences.
//! A program that delivers, and finds no edition of its fold, begins one. From then on it takes commits into it. Alongside the
//! delivery it goes through all streams once, with checkpoints, to take in earlier commits: the views are *built*. Until they are
//! complete, readers of this program get the views of the previous release, if these can be read. If not, a read waits up to
//! [`Settings::read_wait`](crate::app::Settings::read_wait), and then returns an error. If the program's own views were complete
//! before, as after a rollback, they are preferred. In one process the building begins with [`App::run`](crate::App::run) and
//! [`App::run_until_idle`](crate::App::run_until_idle), which returns when it is done. Behind a broker one of all processes
//! builds, alongside its work. With [`Settings::rebuild`](crate::app::Settings::rebuild) switched off,
//! [`App::replay`](crate::App::replay) builds. If functions deliver, call it in a deployment step after they are deployed: a
//! function builds only while it is invoked.
//!
//! While programs of several folds run, a queue delivers a commit to only one of them. That program leaves the commit in the
//! queue until the others have it, too. The fences say which streams are affected: before the building reads a stream, it leaves
//! its number at the stream's fences of every other edition. A release without a sign of life for five times
//! [`Settings::release_poll`](crate::app::Settings::release_poll) is not waited for; if it comes back, its views are completed
//! again. The same happens when a program that delivers in its own process starts while another release is running. The views of
//! a release that is gone are removed after [`Settings::release_kept`](crate::app::Settings::release_kept).
//!
//! A commit that cannot be applied ends the building, which is then retried. If the commit is a dead letter of the projection, it
//! only holds up its own stream. So views of a fold that cannot take the existing commits are never read. An item of the events
//! table that is not a commit also ends the building: repair or remove it. A replay of one tenant, in a program whose views are
//! not complete, builds the views of all tenants.
//!
//! Requests, while one release runs: one when a process begins, then one per `release_poll` if it delivers, and two if it reads.
//! Building: the same as the first pass of a replay, with 2 more per 100 streams and 2 write units per stream for each other
//! edition, and without a second pass over the views. While two releases deliver: one more read per commit, of the other
//! release's fence.
//!
//! # One tenant, one view
//!
//! [`Replay::tenant`] replays the streams of one tenant, for views of both kinds: a view never contains several tenants. If the
//! partition keys of its streams follow from the tenant alone, which is the default, only these partitions are read (`Query`).
//! [`Replay::key`] rebuilds one view at its aggregate's key, in 4 requests: the number of the replay is read and written, the
//! stream is read, the view is written.
//!
//! Only one replay of a projection runs at a time: another one is refused until it is over, unless it is
//! [restarted](Replay::restart).

mod aggregate_views;
mod building;
mod checkpoint;
mod error;
mod generations;
mod keyed_views;
mod progress;
mod rebuild;
mod removal;
mod standing;
mod swap;
mod vanished;
mod walk;

use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::pin::Pin;

use crate::aggregate::AggregateKey;
use crate::key::{KeyError, StreamKey, Tenant};
use crate::projection::{Projection, erased};
use crate::runtime::Runtime;

use rebuild::Scope;

pub use crate::projection::Phase;
pub use error::ReplayError;
pub use progress::{Progress, Replayed};
pub(crate) use rebuild::Rebuild;
pub(crate) use standing::{Building, Standing, Views, standing};

/// A type that can be built anew from its commits: every projection, and nothing else.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be replayed: it is not a projection",
    label = "only projections are replayed",
    note = "handlers have side effects, so they are never replayed; `replay` takes a type with `#[projection(…)]`"
)]
pub trait Replayable: Projection {}

#[diagnostic::do_not_recommend]
impl<P: Projection> Replayable for P {}

/// A projection with views at their aggregate's keys, so that one view is made from one stream.
#[diagnostic::on_unimplemented(
    message = "one view of `{Self}` cannot be replayed: its events are spread over many streams",
    label = "its views live at keys of their own",
    note = "replay the views of a tenant, by `.tenant(&tenant)`, or all of them"
)]
pub trait OfOneStream: Projection {
    /// The stream that a view is made from.
    #[doc(hidden)]
    fn stream_of(key: &Self::Key) -> Result<StreamKey, KeyError>;
}

#[diagnostic::do_not_recommend]
impl<P: Projection<Key: AggregateKey>> OfOneStream for P {
    fn stream_of(key: &Self::Key) -> Result<StreamKey, KeyError> {
        key.stream()
    }
}

/// A replay; `.await` runs it. See [the module](self).
#[must_use = "a replay does nothing until it is awaited"]
pub struct Replay<'a, P> {
    rebuild: Rebuild<'a>,
    projection: PhantomData<fn() -> P>,
}

pub(crate) type Running<'a> = Pin<Box<dyn Future<Output = Result<Replayed, ReplayError>> + Send + 'a>>;

impl<'a, P: Replayable> Replay<'a, P> {
    pub(crate) fn new(runtime: &'a Runtime) -> Self {
        Self { rebuild: Rebuild::new(erased::<P>(), runtime), projection: PhantomData }
    }
}

impl<'a, P> Replay<'a, P> {
    /// Only the views of one tenant. Of this and [`Replay::key`] the last call counts.
    pub fn tenant(mut self, tenant: &Tenant) -> Self {
        self.rebuild.scope = Scope::Tenant(tenant.clone());
        self
    }

    /// Only one view, at its aggregate's key. It is quick, so it stores no checkpoints.
    pub fn key(mut self, key: &P::Key) -> Self
    where
        P: OfOneStream,
    {
        self.rebuild.scope = Scope::Key(P::stream_of(key));
        self
    }

    /// How many requests are in flight at a time; default 8. A replay that continues after an interruption keeps the segments
    /// that it began with.
    pub fn parallel(mut self, requests: usize) -> Self {
        self.rebuild.parallel = requests.max(1);
        self
    }

    /// Begins anew, even if a replay has begun and is not over; that one stops.
    pub fn restart(mut self) -> Self {
        self.rebuild.restart = true;
        self
    }

    /// Begins anew, because the events table was restored to an earlier point: resets views that are ahead of their streams,
    /// which are otherwise an error, and removes views of streams that are gone. This takes an additional `Scan` of the views
    /// table. [`App::after_restore`](crate::App::after_restore) does this for all projections.
    pub fn after_restore(mut self) -> Self {
        self.rebuild = self.rebuild.after_restore();
        self
    }

    /// Calls back after each page that a worker has finished. The progress bar is up to the caller.
    pub fn progress(mut self, listener: impl Fn(Progress) + Send + Sync + 'a) -> Self {
        self.rebuild.listener = Some(Box::new(listener));
        self
    }
}

impl<'a, P> IntoFuture for Replay<'a, P> {
    type Output = Result<Replayed, ReplayError>;
    type IntoFuture = Running<'a>;

    fn into_future(self) -> Running<'a> {
        self.rebuild.start()
    }
}

impl<P> fmt::Debug for Replay<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replay")
            .field("scope", &self.rebuild.scope)
            .field("parallel", &self.rebuild.parallel)
            .field("restart", &self.rebuild.restart)
            .field("after_restore", &self.rebuild.after_restore)
            .finish_non_exhaustive()
    }
}
