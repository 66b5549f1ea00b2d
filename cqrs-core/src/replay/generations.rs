use super::ReplayError;
use crate::key::Tenant;
use crate::projection::{Edition, Editions, Generations, Phase, Projection, Underway};
use crate::projector::editions;
use crate::runtime::Runtime;

/// Begins a replay of an edition, or finds the running one with the same scope.
pub(super) async fn begin<P: Projection>(
    runtime: &Runtime,
    edition: &Edition,
    tenant: Option<&Tenant>,
    segments: u32,
    restart: bool,
) -> Result<Underway, ReplayError> {
    let tenant = tenant.map(Tenant::as_str);
    change::<P, _>(runtime, edition, |generations| match &generations.underway {
        Some(underway) if !restart && underway.tenant.as_deref() == tenant => Ok(underway.clone()),
        Some(underway) if !restart => {
            Err(ReplayError::Busy { projection: P::NAME, tenant: underway.tenant.clone() })
        }
        _ => {
            generations.last = generations.last.saturating_add(1);
            let tenant = tenant.map(str::to_owned);
            let underway = Underway { generation: generations.last, tenant, phase: Phase::Fold, segments };
            generations.underway = Some(underway.clone());
            Ok(underway)
        }
    })
    .await
}

/// The number for a replay of one view, which needs no record.
pub(super) async fn next<P: Projection>(runtime: &Runtime) -> Result<u64, ReplayError> {
    change::<P, _>(runtime, &Edition::FIRST, |generations| {
        generations.last = generations.last.saturating_add(1);
        Ok(generations.last)
    })
    .await
}

/// Notes that all streams have been folded.
pub(super) async fn begin_swap<P: Projection>(
    runtime: &Runtime,
    edition: &Edition,
    generation: u64,
) -> Result<(), ReplayError> {
    change::<P, _>(runtime, edition, |generations| match &mut generations.underway {
        Some(underway) if underway.generation == generation => {
            underway.phase = Phase::Swap;
            Ok(())
        }
        _ => Err(ReplayError::superseded::<P>()),
    })
    .await
}

/// Notes that a replay is over, even if another process has ended it.
pub(super) async fn end<P: Projection>(
    runtime: &Runtime,
    edition: &Edition,
    generation: u64,
) -> Result<(), ReplayError> {
    change::<P, _>(runtime, edition, |generations| match &generations.underway {
        Some(underway) if underway.generation != generation => Err(ReplayError::superseded::<P>()),
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

async fn change<P: Projection, T>(
    runtime: &Runtime,
    edition: &Edition,
    change: impl Fn(&mut Generations) -> Result<T, ReplayError>,
) -> Result<T, ReplayError> {
    let changed = editions::change::<P, _>(runtime, |editions: &mut Editions| {
        let found = editions.find_mut(edition).ok_or_else(ReplayError::superseded::<P>)?;
        change(&mut found.generations)
    });
    changed.await.map_err(ReplayError::store::<P>)?
}
