use std::marker::PhantomData;

use super::walk::{Run, Work};
use super::{ReplayError, Replayed};
use crate::app::App;
use crate::commit::Commit;
use crate::delivery::{ProjectError, encode, fold, wants};
use crate::key::StreamKey;
use crate::projection::{Projection, ViewAddress, ViewId};
use crate::store::CorruptCommit;
use crate::tenant::Tenant;
use crate::timestamp::Timestamp;
use crate::version::Version;
use crate::view::{StoredView, Write};

/// Rebuilds views that live at their aggregates' own keys: each is folded in memory, and put over the live one by a
/// write of its own.
pub(super) struct Own<'a, P> {
    app: &'a App,
    build: u64,
    tenant: Option<&'a Tenant>,
    projection: PhantomData<fn() -> P>,
}

/// A view that is being folded.
pub(super) struct Folding<P> {
    stream: StreamKey,
    /// None for a stream of another aggregate, or of a tenant that is left out.
    id: Option<ViewId>,
    view: P,
    /// The last commit that was folded.
    folded: Version,
    /// The version that the view has with it: that of the last commit that the projection listens to.
    version: Version,
    /// The commits did not come one after another: the stream is read again on its own.
    broken: bool,
}

impl<'a, P: Projection> Own<'a, P> {
    pub(super) fn new(app: &'a App, build: u64, tenant: Option<&'a Tenant>) -> Self {
        Self { app, build, tenant, projection: PhantomData }
    }

    /// Rebuilds the view of one stream.
    pub(super) async fn rebuild(&self, stream: &StreamKey) -> Result<Replayed, ReplayError> {
        let rebuilt = async {
            let mut folding = self.open(stream)?;
            folding.read_on(self.app).await?;
            let commits = folding.folded.get();
            Ok(Replayed { commits, ..self.put(folding).await? })
        };
        rebuilt.await.map_err(ReplayError::project::<P>)
    }

    fn open(&self, stream: &StreamKey) -> Result<Folding<P>, ProjectError> {
        let key = P::Key::from_stream(stream).and_then(Result::ok);
        let key = key.filter(|key| self.tenant.is_none_or(|tenant| key.view_tenant() == tenant));
        Ok(Folding {
            stream: stream.clone(),
            id: key.map(|key| ViewId::of::<P>(&key)).transpose()?,
            view: P::default(),
            folded: Version::NONE,
            version: Version::NONE,
            broken: false,
        })
    }

    /// Puts a view over the live one, however far that has come meanwhile.
    async fn put(&self, mut folding: Folding<P>) -> Result<Replayed, ProjectError> {
        let views = self.app.view_store()?;
        if folding.broken {
            folding = self.open(&folding.stream)?;
            folding.read_on(self.app).await?;
        }
        let Some(id) = folding.id.clone().filter(|_| !folding.version.is_none()) else {
            return Ok(Replayed::default());
        };
        loop {
            let rebuilt = StoredView {
                id: id.clone(),
                version: folding.version,
                build: self.build,
                data: encode(&folding.view)?,
                updated_at: Timestamp::now(),
            };
            if views.put_rebuilt(&rebuilt).await? == Write::Done {
                break;
            }
            match views.get(&id).await? {
                // By an earlier run of this replay, or by a later replay.
                Some(live) if live.build >= self.build => break,
                Some(live) => folding.reach(self.app, live.version).await?,
                None => {}
            }
        }
        Ok(Replayed { commits: 0, streams: 1, views: 1 })
    }
}

impl<P: Projection> Folding<P> {
    fn fold(&mut self, app: &App, commit: &Commit) -> Result<(), ProjectError> {
        if self.id.is_none() || self.broken {
            return Ok(());
        }
        if commit.version != self.folded.next() {
            self.broken = true;
            return Ok(());
        }
        fold(app, &mut self.view, commit)?;
        self.folded = commit.version;
        if wants::<P>(commit) {
            self.version = commit.version;
        }
        Ok(())
    }

    /// Folds what the store has behind the last commit.
    async fn read_on(&mut self, app: &App) -> Result<(), ProjectError> {
        loop {
            let page = app.event_store().read(&self.stream, self.folded, Version::MAX).await?;
            for commit in &page.commits {
                self.fold(app, commit)?;
                if self.broken {
                    let gap = CorruptCommit::behind_gap(commit, self.folded.next());
                    return Err(ProjectError::Store(gap.into()));
                }
            }
            if !page.more {
                return Ok(());
            }
        }
    }

    /// Makes the view one of this version or a later one, because the live view has it.
    async fn reach(&mut self, app: &App, version: Version) -> Result<(), ProjectError> {
        if version > self.folded {
            self.read_on(app).await?;
        }
        if version > self.folded {
            return Err(ProjectError::Permanent(
                format!(
                    "the view is at version {version}, and stream {} ends at version {}",
                    self.stream, self.folded
                )
                .into(),
            ));
        }
        // The live view may have listened to commits that this one leaves out.
        self.version = self.version.max(version);
        Ok(())
    }
}

impl<P: Projection> Work for Own<'_, P> {
    type View = P;
    type Open = Folding<P>;

    async fn take(&self, run: &Run, open: Option<Folding<P>>) -> Result<Folding<P>, ReplayError> {
        let take = || {
            let mut folding = open.map_or_else(|| self.open(&run.stream), Ok)?;
            run.commits.iter().try_for_each(|commit| folding.fold(self.app, commit))?;
            Ok(folding)
        };
        take().map_err(ReplayError::project::<P>)
    }

    async fn finish(&self, open: Folding<P>) -> Result<Replayed, ReplayError> {
        self.put(open).await.map_err(ReplayError::project::<P>)
    }
}
