use futures_util::{StreamExt, TryStreamExt, stream};
use tracing::{Instrument, field};

use super::aggregate_views::AggregateViews;
use super::checkpoint::{Checkpoints, Course};
use super::keyed_views::{Aim, KeyedViews};
use super::progress::Tally;
use super::swap::Swap;
use super::walk::{Walk, Work};
use super::{Progress, ReplayError, Replayed, Running, generations};
use crate::key::{KeyError, StreamKey, Tenant};
use crate::projection::{Edition, Erased, Phase, State, Underway};
use crate::projector::editions;
use crate::runtime::Runtime;
use crate::store::Extent;
use crate::view::ViewId;

/// The default number of requests in flight.
const PARALLEL: usize = 8;

/// A replay of a projection without its type.
pub(crate) struct Rebuild<'a> {
    pub(super) runtime: &'a Runtime,
    pub(super) projection: Erased,
    pub(super) scope: Scope,
    pub(super) parallel: usize,
    pub(super) restart: bool,
    /// Whether complete views are left alone.
    if_due: bool,
    /// Whether there may be views whose streams are gone.
    pub(super) after_restore: bool,
    pub(super) listener: Option<Box<dyn Fn(Progress) + Send + Sync + 'a>>,
}

/// Which views are replayed.
#[derive(Debug)]
pub(super) enum Scope {
    All,
    Tenant(Tenant),
    Key(Result<StreamKey, KeyError>),
}

impl<'a> Rebuild<'a> {
    pub(crate) fn new(projection: Erased, runtime: &'a Runtime) -> Self {
        Self {
            runtime,
            projection,
            scope: Scope::All,
            parallel: PARALLEL,
            restart: false,
            if_due: false,
            after_restore: false,
            listener: None,
        }
    }

    /// Only incomplete views.
    pub(crate) fn if_due(mut self) -> Self {
        self.if_due = true;
        self
    }

    /// See [`Replay::after_restore`](super::Replay::after_restore).
    pub(crate) fn after_restore(mut self) -> Self {
        self.after_restore = true;
        self.restart = true;
        self
    }

    pub(crate) fn start(self) -> Running<'a> {
        Box::pin(self.run())
    }

    async fn run(self) -> Result<Replayed, ReplayError> {
        let span =
            tracing::info_span!("replay", projection = self.projection.name, generation = field::Empty);
        self.build_anew().instrument(span).await
    }

    async fn build_anew(self) -> Result<Replayed, ReplayError> {
        let tenant = match &self.scope {
            Scope::All => None,
            Scope::Tenant(tenant) => Some(tenant),
            Scope::Key(stream) => {
                let stream =
                    stream.clone().map_err(|error| ReplayError::store(self.projection)(error.into()))?;
                let generation = generations::next(self.projection, self.runtime).await?;
                let work = AggregateViews::new(self.projection, self.runtime, generation, None)
                    .after_restore(self.after_restore);
                return work.rebuild(&stream).await;
            }
        };
        let (edition, is_building) = self.edition().await?;
        if is_building && !self.after_restore {
            // There are no views yet that a reader could use, so nothing is built aside.
            let built = self.build().await?;
            self.remove_left().await?;
            return Ok(built);
        }
        if self.if_due {
            return Ok(Replayed::default());
        }
        let segments = self.segments();
        let underway =
            generations::begin(self.projection, self.runtime, &edition, tenant, segments, self.restart)
                .await?;
        let generation = underway.generation;
        tracing::Span::current().record("generation", generation);
        let total = match tenant {
            Some(_) => None,
            None => self.runtime.event_store().count().await.map_err(ReplayError::store(self.projection))?,
        };
        let tally = Tally::new(total, self.listener.as_deref());
        if self.projection.keyed {
            let work =
                KeyedViews::new(self.projection, self.runtime, &edition, Aim::Replay(generation), tenant);
            self.fold(&edition, &work, &tally, &underway, tenant).await?;
            if underway.phase == Phase::Fold {
                generations::begin_swap(self.projection, self.runtime, &edition, generation).await?;
            }
            self.swap(&edition, &tally, &underway, tenant).await?;
        } else {
            let work = AggregateViews::new(self.projection, self.runtime, generation, tenant)
                .after_restore(self.after_restore);
            self.fold(&edition, &work, &tally, &underway, tenant).await?;
            if self.after_restore {
                self.remove_vanished(&work, &underway, tenant).await?;
            }
        }
        generations::end(self.projection, self.runtime, &edition, generation).await?;
        if is_building {
            self.build().await?;
        }
        if self.after_restore && self.projection.keyed && tenant.is_none() {
            self.drop_others().await?;
        }
        Ok(tally.done())
    }

    /// The edition that is replayed, and whether it is still incomplete.
    async fn edition(&self) -> Result<(Edition, bool), ReplayError> {
        if !self.projection.keyed {
            return Ok((Edition::FIRST, false));
        }
        let found = editions::own_now(self.projection, self.runtime).await;
        let (edition, editions) = found.map_err(ReplayError::store(self.projection))?;
        let is_building = editions.of(&edition).state != State::Whole;
        if !is_building {
            self.remove_left().await?;
        }
        Ok((edition, is_building))
    }

    /// Into how many parts a table is divided.
    pub(super) fn segments(&self) -> u32 {
        let segments = u32::try_from(self.parallel).unwrap_or(u32::MAX);
        self.runtime.event_store().segments(segments).max(1)
    }

    async fn fold<W: Work>(
        &self,
        edition: &Edition,
        work: &W,
        tally: &Tally<'_>,
        underway: &Underway,
        tenant: Option<&Tenant>,
    ) -> Result<(), ReplayError> {
        let events = self.projection.events();
        let names = events.iter().map(|event| event.name);
        let partitions = tenant.and_then(|tenant| self.runtime.index.partitions(names, tenant));
        let extents = match partitions {
            Some(partitions) => partitions.into_iter().map(Extent::Partition).collect(),
            None => underway.extents(),
        };
        self.walk(work, tally, extents, Course::Fold, edition, underway.generation).await
    }

    /// Walks through the events of some extents.
    pub(super) async fn walk<W: Work>(
        &self,
        work: &W,
        tally: &Tally<'_>,
        extents: Vec<Extent>,
        course: Course,
        edition: &Edition,
        generation: u64,
    ) -> Result<(), ReplayError> {
        let checkpoints = Checkpoints::load(self.projection, self.runtime, edition, course, generation).await;
        let checkpoints = checkpoints.map_err(ReplayError::store(self.projection))?;
        let width = self.width(extents.len());
        let walk = Walk {
            projection: self.projection,
            runtime: self.runtime,
            work,
            tally,
            checkpoints: &checkpoints,
            width,
        };
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
        // The two partitions belong together: when the first is done, little is left for the second.
        let partition = tenant.map(|tenant| edition.partition(self.projection.view, tenant));
        let (extents, at_a_time) = match &partition {
            Some(live) => {
                let shadows = format!("{live}~{generation}");
                (vec![Extent::Partition(shadows), Extent::Partition(live.clone())], 1)
            }
            None => (underway.extents(), self.parallel),
        };
        let checkpoints =
            Checkpoints::load(self.projection, self.runtime, edition, Course::Swap, generation).await;
        let checkpoints = checkpoints.map_err(ReplayError::store(self.projection))?;
        let width = self.width(extents.len().min(at_a_time));
        let swap = Swap {
            projection: self.projection,
            runtime: self.runtime,
            edition,
            generation,
            partition,
            tally,
            checkpoints: &checkpoints,
            width,
        };
        let swap = &swap;
        let walks = stream::iter(extents).map(|extent| async move { swap.through(&extent).await });
        walks.buffer_unordered(at_a_time).try_collect().await
    }

    async fn remove_vanished(
        &self,
        work: &AggregateViews<'_>,
        underway: &Underway,
        tenant: Option<&Tenant>,
    ) -> Result<(), ReplayError> {
        let extents = match tenant {
            Some(tenant) => vec![Extent::Partition(ViewId::partition(self.projection.view, tenant))],
            None => underway.extents(),
        };
        let width = self.width(extents.len());
        let walks =
            stream::iter(extents).map(|extent| async move { work.remove_vanished(&extent, width).await });
        walks.buffer_unordered(self.parallel).try_collect().await
    }

    /// How many requests each walk may have in flight.
    fn width(&self, walks: usize) -> usize {
        (self.parallel / walks.max(1)).max(1)
    }
}
