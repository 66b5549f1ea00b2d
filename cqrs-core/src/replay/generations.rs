use super::ReplayError;
use crate::key::Tenant;
use crate::projection::{Edition, Editions, Erased, Generations, Phase, Underway};
use crate::projector::editions;
use crate::runtime::Runtime;

/// Begins a replay of an edition, or finds the running one with the same scope.
pub(super) async fn begin(
    projection: Erased,
    runtime: &Runtime,
    edition: &Edition,
    tenant: Option<&Tenant>,
    segments: u32,
    restart: bool,
) -> Result<Underway, ReplayError> {
    let tenant = tenant.map(Tenant::as_str);
    change(projection, runtime, edition, |generations| match &generations.underway {
        Some(underway) if !restart && underway.tenant.as_deref() == tenant => Ok(underway.clone()),
        Some(underway) if !restart => {
            Err(ReplayError::Busy { projection: projection.name, tenant: underway.tenant.clone() })
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
pub(super) async fn next(projection: Erased, runtime: &Runtime) -> Result<u64, ReplayError> {
    change(projection, runtime, &Edition::FIRST, |generations| {
        generations.last = generations.last.saturating_add(1);
        Ok(generations.last)
    })
    .await
}

/// Notes that all streams have been folded.
pub(super) async fn begin_swap(
    projection: Erased,
    runtime: &Runtime,
    edition: &Edition,
    generation: u64,
) -> Result<(), ReplayError> {
    change(projection, runtime, edition, |generations| match &mut generations.underway {
        Some(underway) if underway.generation == generation => {
            underway.phase = Phase::Swap;
            Ok(())
        }
        _ => Err(ReplayError::superseded(projection)),
    })
    .await
}

/// Notes that a replay is over, even if another process has ended it.
pub(super) async fn end(
    projection: Erased,
    runtime: &Runtime,
    edition: &Edition,
    generation: u64,
) -> Result<(), ReplayError> {
    change(projection, runtime, edition, |generations| match &generations.underway {
        Some(underway) if underway.generation != generation => Err(ReplayError::superseded(projection)),
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

async fn change<T>(
    projection: Erased,
    runtime: &Runtime,
    edition: &Edition,
    change: impl Fn(&mut Generations) -> Result<T, ReplayError>,
) -> Result<T, ReplayError> {
    let changed = editions::change(projection, runtime, |editions: &mut Editions| {
        let found = editions.find_mut(edition).ok_or_else(|| ReplayError::superseded(projection))?;
        change(&mut found.generations)
    });
    changed.await.map_err(ReplayError::store(projection))?
}
