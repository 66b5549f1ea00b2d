use serde::{Deserialize, Serialize};

use crate::key::Tenant;
use crate::store::Extent;

/// The phase of a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Phase {
    /// Folds the commits of all streams.
    Fold,
    /// Replaces the live views with those that were built aside; only for keyed views.
    Swap,
}

/// The replays of one edition of a projection.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Generations {
    /// The number of the last replay.
    pub(crate) last: u64,
    /// The number of the last finished replay of all tenants.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) whole: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) underway: Option<Underway>,
}

/// A replay that has begun and is not over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Underway {
    #[serde(rename = "build")]
    pub(crate) generation: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tenant: Option<String>,
    pub(crate) phase: Phase,
    /// Into how many parts the tables were divided when it began.
    pub(crate) segments: u32,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
pub(super) fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Underway {
    /// Whether the streams of a tenant take part.
    pub(crate) fn covers(&self, tenant: &Tenant) -> bool {
        self.tenant.as_deref().is_none_or(|covered| covered == tenant.as_str())
    }

    /// The parts of a whole table.
    pub(crate) fn extents(&self) -> Vec<Extent> {
        (0..self.segments).map(|number| Extent::Segment { number, of: self.segments }).collect()
    }
}

impl Generations {
    /// The last replay that all writers know, or could know, to be over.
    pub(crate) fn over(&self) -> u64 {
        self.underway.as_ref().map_or(self.last, |underway| underway.generation.saturating_sub(1))
    }
}
