use super::walk::{Run, Work};
use super::{ReplayError, Replayed};
use crate::key::{StreamKey, Tenant};
use crate::projection::Projection;
use crate::projector::{
    Arrived, Goal, KeyedView as Projector, LeftOut, Origin, ProjectError, discards, wants,
};
use crate::runtime::Runtime;
use crate::version::Version;

/// Rebuilds keyed views: every stream is applied to shadow views through its fence, and takes part in the
/// replay from then on.
pub(super) struct KeyedViews<'a, P> {
    runtime: &'a Runtime,
    generation: u64,
    tenant: Option<&'a Tenant>,
    projector: Projector<P>,
}

/// A stream whose commits are being applied.
pub(super) struct Applying {
    stream: StreamKey,
    /// Whose it is; none as long as no commit came that the projection listens to.
    tenant: Option<Tenant>,
}

impl<'a, P: Projection> KeyedViews<'a, P> {
    pub(super) fn new(runtime: &'a Runtime, generation: u64, tenant: Option<&'a Tenant>) -> Self {
        Self { runtime, generation, tenant, projector: Projector::new() }
    }

    /// Nobody sends a replay again as a broker does a message, so it makes room for live writers and insists.
    async fn advance(&self, goal: Goal<'_>) -> Result<(), ReplayError> {
        let failed = match self.insist(goal).await {
            Err(failed @ ReplayError::Unreadable { .. }) => failed,
            advanced => return advanced,
        };
        let stream = goal.arrived.stream;
        let left_out =
            discards::of_stream(self.runtime, P::NAME, stream).await.map_err(ReplayError::store::<P>)?;
        if left_out.is_empty() {
            return Err(failed);
        }
        tracing::warn!(
            projection = P::NAME, %stream, ?left_out, error = %failed, "going on without what was discarded"
        );
        let arrived = Arrived { left_out: &left_out, ..goal.arrived };
        self.insist(Goal { arrived, ..goal }).await
    }

    async fn insist(&self, goal: Goal<'_>) -> Result<(), ReplayError> {
        let policy = self.runtime.settings.conflict;
        let mut lost = 0;
        loop {
            match self.projector.advance(self.runtime, goal).await {
                Err(ProjectError::Contended) if lost < policy.attempts => {
                    lost += 1;
                    policy.pause(lost).await;
                }
                advanced => return advanced.map_err(ReplayError::project::<P>),
            }
        }
    }

    fn covers(&self, tenant: &Tenant) -> bool {
        self.tenant.is_none_or(|covered| covered == tenant)
    }
}

impl<P: Projection> Work for KeyedViews<'_, P> {
    type View = P;
    type Open = Applying;

    async fn take(&self, run: &Run, open: Option<Applying>) -> Result<Applying, ReplayError> {
        let mut open = open.unwrap_or_else(|| Applying { stream: run.stream.clone(), tenant: None });
        let Some(last) = run.commits.iter().rev().find(|commit| wants::<P>(commit)) else { return Ok(open) };
        let tenant =
            self.runtime.index.tenant_of(last).map_err(|error| ReplayError::store::<P>(error.into()))?;
        if self.covers(&tenant) {
            let goal = Goal {
                arrived: Arrived {
                    stream: &run.stream,
                    commits: &run.commits,
                    origin: Origin::Store,
                    left_out: &LeftOut::new(),
                },
                tenant: &tenant,
                until: last.version,
                whole: false,
                replay: Some(self.generation),
            };
            self.advance(goal).await?;
            open.tenant = Some(tenant);
        }
        Ok(open)
    }

    async fn finish(&self, open: Applying) -> Result<Replayed, ReplayError> {
        let Some(tenant) = &open.tenant else { return Ok(Replayed::default()) };
        let goal = Goal {
            arrived: Arrived {
                stream: &open.stream,
                commits: &[],
                origin: Origin::Store,
                left_out: &LeftOut::new(),
            },
            tenant,
            until: Version::NONE,
            whole: true,
            replay: Some(self.generation),
        };
        self.advance(goal).await?;
        Ok(Replayed { streams: 1, ..Replayed::default() })
    }
}
