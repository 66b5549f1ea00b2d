use serde::{Deserialize, Serialize};

use super::ReplayError;
use crate::key::Tenant;
use crate::projection::View;
use crate::store::{Extent, StoreError};
use crate::timestamp::Timestamp;
use crate::view::ViewId;
use crate::view::{DynViewStore, Revision, StoredView, Write};

/// What a replay does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Phase {
    /// Folds the commits of all streams.
    Fold,
    /// Puts the views that were built aside in the place of the live ones; only for views across aggregates.
    Swap,
}

/// The replays of one projection: an item of the views table, at pk `@{VIEW}` and sk `@`, where no view can be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Builds {
    /// The number of the last one.
    last: u64,
    /// The number of the last one of all tenants that came to its end.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) whole: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) underway: Option<Underway>,
}

/// A replay that has begun and is not over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Underway {
    pub(crate) build: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<String>,
    pub(crate) phase: Phase,
    /// Into how many parts the tables were divided when it began.
    segments: u32,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Underway {
    /// Whether the streams of a tenant take part.
    pub(crate) fn covers(&self, tenant: &Tenant) -> bool {
        self.tenant.as_deref().is_none_or(|covered| covered == tenant.as_str())
    }

    /// The parts of a whole table.
    pub(super) fn extents(&self) -> Vec<Extent> {
        (0..self.segments).map(|number| Extent::Segment { number, of: self.segments }).collect()
    }
}

impl Builds {
    /// The last replay of which all writers know, or could know, that it is over.
    pub(crate) fn over(&self) -> u64 {
        self.underway.as_ref().map_or(self.last, |underway| underway.build.saturating_sub(1))
    }

    /// Reads the record, and the revision that a write over it expects.
    pub(crate) async fn read<V: View>(views: &dyn DynViewStore) -> Result<(Self, Revision), StoreError> {
        let Some(stored) = views.get(&Self::id::<V>()).await? else {
            return Ok((Self::default(), Revision::NONE));
        };
        let builds = Self::deserialize(&stored.data).map_err(|error| StoreError::Refused {
            source: format!("the record of the replays of `{}` cannot be read: {error}", V::NAME).into(),
        })?;
        Ok((builds, stored.revision()))
    }

    /// Begins a replay, or finds the one with the same scope that is under way.
    pub(super) async fn begin<V: View>(
        views: &dyn DynViewStore,
        tenant: Option<&Tenant>,
        segments: u32,
        restart: bool,
    ) -> Result<Underway, ReplayError> {
        let tenant = tenant.map(Tenant::as_str);
        Self::change::<V, _>(views, |builds| match &builds.underway {
            Some(underway) if !restart && underway.tenant.as_deref() == tenant => Ok(underway.clone()),
            Some(underway) if !restart => {
                Err(ReplayError::Busy { projection: V::NAME, tenant: underway.tenant.clone() })
            }
            _ => {
                builds.last += 1;
                let tenant = tenant.map(str::to_owned);
                let underway = Underway { build: builds.last, tenant, phase: Phase::Fold, segments };
                builds.underway = Some(underway.clone());
                Ok(underway)
            }
        })
        .await
    }

    /// The number for a replay of one view, which needs no record.
    pub(super) async fn next<V: View>(views: &dyn DynViewStore) -> Result<u64, ReplayError> {
        Self::change::<V, _>(views, |builds| {
            builds.last += 1;
            Ok(builds.last)
        })
        .await
    }

    /// Notes that all streams have been folded.
    pub(super) async fn begin_swap<V: View>(views: &dyn DynViewStore, build: u64) -> Result<(), ReplayError> {
        Self::change::<V, _>(views, |builds| match &mut builds.underway {
            Some(underway) if underway.build == build => {
                underway.phase = Phase::Swap;
                Ok(())
            }
            _ => Err(ReplayError::superseded::<V>()),
        })
        .await
    }

    /// Notes that a replay is over. One that somebody else has ended is over, too.
    pub(super) async fn end<V: View>(views: &dyn DynViewStore, build: u64) -> Result<(), ReplayError> {
        Self::change::<V, _>(views, |builds| match &builds.underway {
            Some(underway) if underway.build != build => Err(ReplayError::superseded::<V>()),
            underway => {
                if underway.as_ref().is_some_and(|underway| underway.tenant.is_none()) {
                    builds.whole = build;
                }
                builds.underway = None;
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
            let record =
                StoredView { id, version, build: 0, digest: None, data, updated_at: Timestamp::now() };
            let written = views.put(&record, expected).await.map_err(ReplayError::store::<V>)?;
            if written == Write::Done {
                return Ok(outcome);
            }
        }
    }

    fn id<V: View>() -> ViewId {
        ViewId { pk: format!("@{}", V::VIEW), sk: "@".to_owned() }
    }
}
