use super::checkpoint::Course;
use super::keyed_views::{Aim, KeyedViews};
use super::progress::Tally;
use super::{Rebuild, ReplayError, Replayed};
use crate::projection::{Registered, State};
use crate::projector::editions;
use crate::store::Extent;
use crate::timestamp::Timestamp;

/// Builds an edition: applies all streams to its views, alongside the delivery; the views are not read before that is done.
impl Rebuild<'_> {
    pub(super) async fn build(&self) -> Result<Replayed, ReplayError> {
        let total = self.runtime.event_store().count().await.map_err(ReplayError::store(self.projection))?;
        let mut restart = self.restart;
        loop {
            let tally = Tally::new(total, self.listener.as_deref());
            let edition = editions::own(self.projection, self.runtime)
                .await
                .map_err(ReplayError::store(self.projection))?;
            let Some((number, segments)) = self.begin_building(restart).await? else {
                return Ok(tally.done());
            };
            restart = false;
            tracing::info!(
                projection = self.projection.name,
                fold = self.projection.fingerprint,
                number,
                "building views"
            );
            let work = KeyedViews::new(self.projection, self.runtime, &edition, Aim::Build { number }, None);
            let extents = (0..segments).map(|number| Extent::Segment { number, of: segments }).collect();
            let walk = self.walk(&work, &tally, extents, Course::Build, &edition, number);
            editions::beside(self.projection, self.runtime, walk).await?;
            // An edition that fell behind meanwhile begins again, under another number.
            if self.end_building(number).await? {
                tracing::info!(
                    projection = self.projection.name,
                    fold = self.projection.fingerprint,
                    number,
                    "views are complete"
                );
                return Ok(tally.done());
            }
        }
    }

    /// The number under which the edition is built, and the parts of the events table; `None` if it is complete.
    async fn begin_building(&self, restart: bool) -> Result<Option<(u64, u32)>, ReplayError> {
        let segments = self.segments();
        let begun = editions::change(self.projection, self.runtime, |editions| {
            let is_building = |own: &Registered| own.state == State::Building;
            if restart
                && editions.of_fold(self.projection.fingerprint).is_some_and(|(_, own)| is_building(own))
            {
                editions.restart(self.projection.fingerprint);
            }
            let own = editions.of_fold_mut(self.projection.fingerprint).filter(|own| is_building(own))?;
            own.seen = Some(Timestamp::now());
            Some((own.number, *own.segments.get_or_insert(segments)))
        });
        begun.await.map_err(ReplayError::store(self.projection))
    }

    /// Notes that the views are complete; false if they have fallen behind meanwhile.
    async fn end_building(&self, number: u64) -> Result<bool, ReplayError> {
        let ended = editions::change(self.projection, self.runtime, |editions| {
            let own = editions.of_fold_mut(self.projection.fingerprint);
            match own.filter(|own| own.number == number && own.follows()) {
                Some(own) => {
                    own.note_whole();
                    true
                }
                None => false,
            }
        });
        ended.await.map_err(ReplayError::store(self.projection))
    }
}
