use super::ReplayError;
use crate::key::Tenant;
use crate::projection::View;
use crate::projector::{Generations, Phase, Underway};
use crate::store::StoreError;
use crate::timestamp::Timestamp;
use crate::view::{DynViewStore, StoredView, Write};

impl Generations {
    /// Begins a replay, or finds the one with the same scope that is under way.
    pub(super) async fn begin<V: View>(
        views: &dyn DynViewStore,
        tenant: Option<&Tenant>,
        segments: u32,
        restart: bool,
    ) -> Result<Underway, ReplayError> {
        let tenant = tenant.map(Tenant::as_str);
        Self::change::<V, _>(views, |generations| match &generations.underway {
            Some(underway) if !restart && underway.tenant.as_deref() == tenant => Ok(underway.clone()),
            Some(underway) if !restart => {
                Err(ReplayError::Busy { projection: V::NAME, tenant: underway.tenant.clone() })
            }
            _ => {
                generations.last += 1;
                let tenant = tenant.map(str::to_owned);
                let underway =
                    Underway { generation: generations.last, tenant, phase: Phase::Fold, segments };
                generations.underway = Some(underway.clone());
                Ok(underway)
            }
        })
        .await
    }

    /// The number for a replay of one view, which needs no record.
    pub(super) async fn next<V: View>(views: &dyn DynViewStore) -> Result<u64, ReplayError> {
        Self::change::<V, _>(views, |generations| {
            generations.last += 1;
            Ok(generations.last)
        })
        .await
    }

    /// Notes that all streams have been folded.
    pub(super) async fn begin_swap<V: View>(
        views: &dyn DynViewStore,
        generation: u64,
    ) -> Result<(), ReplayError> {
        Self::change::<V, _>(views, |generations| match &mut generations.underway {
            Some(underway) if underway.generation == generation => {
                underway.phase = Phase::Swap;
                Ok(())
            }
            _ => Err(ReplayError::superseded::<V>()),
        })
        .await
    }

    /// Notes that a replay is over. One that somebody else has ended is over, too.
    pub(super) async fn end<V: View>(views: &dyn DynViewStore, generation: u64) -> Result<(), ReplayError> {
        Self::change::<V, _>(views, |generations| match &generations.underway {
            Some(underway) if underway.generation != generation => Err(ReplayError::superseded::<V>()),
            underway => {
                if underway.as_ref().is_some_and(|underway| underway.tenant.is_none()) {
                    generations.whole = generation;
                }
                generations.underway = None;
                Ok(())
            }
        })
        .await
    }

    async fn change<V: View, T>(
        views: &dyn DynViewStore,
        change: impl Fn(&mut Self) -> Result<T, ReplayError>,
    ) -> Result<T, ReplayError> {
        loop {
            let (before, expected) = Self::read::<V>(views).await.map_err(ReplayError::store::<V>)?;
            let mut after = before.clone();
            let outcome = change(&mut after)?;
            if after == before {
                return Ok(outcome);
            }
            let data = serde_json::to_value(&after)
                .map_err(|error| ReplayError::store::<V>(StoreError::Refused { source: Box::new(error) }))?;
            let (id, version) = (Self::id::<V>(), expected.version.next());
            let record = StoredView::new(id, version, data, Timestamp::now());
            let written = views.put(&record, expected).await.map_err(ReplayError::store::<V>)?;
            if written == Write::Done {
                return Ok(outcome);
            }
        }
    }
}
