use super::Replayed;
use super::checkpoint::{Checkpoints, Course};
use crate::projection::{Edition, Erased, Phase, State};
use crate::projector::editions;
use crate::runtime::Runtime;
use crate::store::StoreError;
use crate::timestamp::Timestamp;

/// What is stored about the views of a projection as a whole.
#[derive(Debug)]
pub(crate) struct Standing {
    /// The fingerprint of this program's fold.
    pub(crate) fold: &'static str,
    /// Whether there are views of this fold.
    pub(crate) views: Views,
    /// What is being built.
    pub(crate) building: Option<Building>,
    /// The number of the last finished replay of all tenants; 0 if there was none.
    pub(crate) replayed: u64,
}

/// Views of a fold.
#[derive(Debug)]
pub(crate) enum Views {
    /// They get every commit.
    Followed,
    /// No program of the fold has been at work yet.
    Missing,
    /// They lack commits that another release has taken while no program of the fold was running.
    Left { since: Option<Timestamp> },
}

/// A replay that is not over, or the building of an edition.
#[derive(Debug)]
pub(crate) struct Building {
    pub(crate) phase: Phase,
    /// The only tenant; `None` for all.
    pub(crate) tenant: Option<String>,
    /// As of the last checkpoints.
    pub(crate) done: Replayed,
}

/// The state of the views of a projection, by what is stored: one request, and one more while something is being built.
pub(crate) async fn standing(projection: Erased, runtime: &Runtime) -> Result<Standing, StoreError> {
    let editions = editions::fresh(projection, runtime).await?;
    let fold = projection.fingerprint;
    let (edition, views) = match editions.of_fold(fold) {
        _ if !projection.keyed => (Edition::FIRST, Views::Followed),
        Some((edition, one)) if one.follows() => (edition, Views::Followed),
        Some((edition, one)) => (edition, Views::Left { since: one.left }),
        None => match editions.written_by(fold) {
            // A release made them that did not record its fold.
            edition if edition == Edition::FIRST => (edition, Views::Followed),
            edition => (edition, Views::Missing),
        },
    };
    let now = editions.of(&edition);
    let building = if now.state == State::Building {
        let done = Checkpoints::done(projection, runtime, &edition, &[Course::Build], now.number).await?;
        Some(Building { phase: Phase::Fold, tenant: None, done })
    } else if let Some(underway) = now.generations.underway.clone() {
        let courses = [Course::Fold, Course::Swap];
        let done = Checkpoints::done(projection, runtime, &edition, &courses, underway.generation).await?;
        Some(Building { phase: underway.phase, tenant: underway.tenant, done })
    } else {
        None
    };
    Ok(Standing { fold, views, building, replayed: now.replayed() })
}
