use super::walk::{Run, Whole, Work};
use super::{ReplayError, Replayed};
use crate::commit::{Commit, CorruptCommit};
use crate::key::{StreamKey, Tenant};
use crate::panic::caught;
use crate::projection::{AnyView, Erased};
use crate::projector::{Astray, LeftOut, ProjectError, Seen, discards, encode, entries, fold, wants};
use crate::runtime::Runtime;
use crate::timestamp::Timestamp;
use crate::version::Version;
use crate::view::{StoredView, ViewId, Write};

/// Rebuilds views at their aggregates' own keys: each is folded in memory, and replaces the live one with its own write.
pub(super) struct AggregateViews<'a> {
    pub(super) projection: Erased,
    pub(super) runtime: &'a Runtime,
    pub(super) generation: u64,
    tenant: Option<&'a Tenant>,
    /// Whether a view may be ahead of its stream.
    after_restore: bool,
}

/// A view that is being folded.
pub(super) struct Folding {
    projection: Erased,
    stream: StreamKey,
    /// `None` for a stream of another aggregate, or of an excluded tenant.
    id: Option<ViewId>,
    /// `None` for a removed view.
    view: Option<AnyView>,
    /// The last commit that was folded.
    folded: Seen,
    /// The version of the view: the last commit that the projection listens to.
    pub(super) shown: Seen,
    /// The stream is read again, separately.
    broken: Option<Broken>,
    /// The skipped versions.
    left_out: LeftOut,
}

/// Why a view cannot be folded from the commits of the walk.
enum Broken {
    /// The commits are not consecutive.
    Order,
    /// A commit cannot be applied.
    Commit(ProjectError),
}

impl<'a> AggregateViews<'a> {
    pub(super) fn new(
        projection: Erased,
        runtime: &'a Runtime,
        generation: u64,
        tenant: Option<&'a Tenant>,
    ) -> Self {
        Self { projection, runtime, generation, tenant, after_restore: false }
    }

    /// Resets views that are ahead of their streams, instead of an error.
    pub(super) fn after_restore(self, after_restore: bool) -> Self {
        Self { after_restore, ..self }
    }

    /// Rebuilds the view of one stream.
    pub(super) async fn rebuild(&self, stream: &StreamKey) -> Result<Replayed, ReplayError> {
        let rebuilt = async {
            let folding = self.read(stream).await?;
            let commits = folding.folded.version.get();
            if let Some(id) =
                folding.id.as_ref().filter(|_| self.after_restore && folding.shown.version.is_none())
                && let Some(view) = self.runtime.view_store()?.get(id).await?
            {
                self.remove_if_vanished(view).await?;
            }
            Ok(Replayed { commits, ..self.put(folding).await? })
        };
        rebuilt.await.map_err(ReplayError::project(self.projection))
    }

    pub(super) fn covers(&self, tenant: &Tenant) -> bool {
        self.tenant.is_none_or(|covered| covered == tenant)
    }

    fn open(&self, stream: &StreamKey) -> Result<Folding, ProjectError> {
        let view = caught(|| self.projection.view_of(stream).and_then(Result::ok));
        let view = view.map_err(|text| ProjectError::panicked(stream, &text))?;
        let id = view.filter(|view| self.covers(&view.tenant)).map(|view| view.id).transpose()?;
        Ok(Folding {
            projection: self.projection,
            stream: stream.clone(),
            id,
            view: Some(self.projection.new_view()),
            folded: Seen::NONE,
            shown: Seen::NONE,
            broken: None,
            left_out: LeftOut::new(),
        })
    }

    /// Folds a stream as it is now.
    pub(super) async fn read(&self, stream: &StreamKey) -> Result<Folding, ProjectError> {
        self.read_again(self.open(stream)?, Broken::Order).await
    }

    /// Folds the stream from its start; if that fails, without the discarded commits.
    async fn read_again(&self, folding: Folding, broken: Broken) -> Result<Folding, ProjectError> {
        let mut again = self.open(&folding.stream)?;
        let error = match broken {
            Broken::Commit(error) => error,
            Broken::Order => match again.read_on(self.runtime).await {
                Ok(()) => return Ok(again),
                Err(error) => error,
            },
        };
        let left_out = discards::of_stream(self.runtime, self.projection.name, &folding.stream).await?;
        if left_out.is_empty() {
            return Err(error);
        }
        tracing::warn!(
            projection = self.projection.name, stream = %folding.stream, ?left_out, ?error,
            "continuing without the discarded commits"
        );
        again = Folding { left_out, ..self.open(&folding.stream)? };
        again.read_on(self.runtime).await?;
        Ok(again)
    }

    /// Replaces the live view, however far that has advanced meanwhile.
    async fn put(&self, folding: Folding) -> Result<Replayed, ProjectError> {
        let Some((id, folding)) = self.mended(folding).await? else { return Ok(Replayed::default()) };
        let written = self.runtime.view_store()?.put_rebuilt(&self.rebuilt(&id, &folding)?).await?;
        self.settle(id, folding, written).await
    }

    /// The same for several views, in as few requests as the store allows. A live view that is further does not hold up the
    /// others.
    async fn put_all(&self, all: Vec<Folding>) -> Result<Replayed, ProjectError> {
        let (mut foldings, mut rebuilt) = (Vec::with_capacity(all.len()), Vec::with_capacity(all.len()));
        for folding in all {
            if let Some((id, folding)) = self.mended(folding).await? {
                rebuilt.push(self.rebuilt(&id, &folding)?);
                foldings.push((id, folding));
            }
        }
        let mut put = Replayed::default();
        if foldings.is_empty() {
            return Ok(put);
        }
        let written = self.runtime.view_store()?.put_rebuilt_all(&rebuilt).await?;
        for ((id, folding), written) in foldings.into_iter().zip(written) {
            put.add(self.settle(id, folding, written).await?);
        }
        Ok(put)
    }

    /// A complete view with its id; `None` if there is nothing to write.
    async fn mended(&self, mut folding: Folding) -> Result<Option<(ViewId, Folding)>, ProjectError> {
        if let Some(broken) = folding.broken.take() {
            folding = self.read_again(folding, broken).await?;
        }
        let id = folding.id.clone().filter(|_| !folding.shown.version.is_none());
        Ok(id.map(|id| (id, folding)))
    }

    fn rebuilt(&self, id: &ViewId, folding: &Folding) -> Result<StoredView, ProjectError> {
        Ok(StoredView {
            id: id.clone(),
            version: folding.shown.version,
            generation: self.generation,
            digest: folding.shown.digest,
            data: encode(self.projection, folding.view.as_ref())?,
            updated_at: Timestamp::now(),
            entries: entries(self.projection, id, folding.view.as_ref())?,
            fingerprint: Some(self.projection.fingerprint.to_owned()),
            unfenced: None,
        })
    }

    /// Continues after a first write until the view has replaced the live one.
    async fn settle(
        &self,
        id: ViewId,
        mut folding: Folding,
        mut written: Write,
    ) -> Result<Replayed, ProjectError> {
        let views = self.runtime.view_store()?;
        while written == Write::Stale {
            match views.get(&id).await? {
                // Written by an earlier run of this replay, or by a later replay.
                Some(live) if live.generation >= self.generation => break,
                Some(live) => match folding.reach(self.runtime, live.version).await {
                    Ok(true) => {}
                    Ok(false) if !self.after_restore => {
                        let (stream, end) = (folding.stream, folding.folded.version);
                        return Err(Astray::Ahead { stream, version: live.version, end }.into());
                    }
                    Ok(false) => {
                        tracing::warn!(
                            projection = self.projection.name, stream = %folding.stream, version = %live.version,
                            "a view that is ahead of its stream is put back"
                        );
                        let rebuilt = self.rebuilt(&id, &folding)?;
                        written = views.put(&rebuilt, live.revision()).await?;
                        continue;
                    }
                    Err(error @ ProjectError::Permanent(_)) if folding.left_out.is_empty() => {
                        folding = self.read_again(folding, Broken::Commit(error)).await?;
                    }
                    Err(error) => return Err(error),
                },
                None => {}
            }
            written = views.put_rebuilt(&self.rebuilt(&id, &folding)?).await?;
        }
        self.runtime.arrivals.note(self.projection.view, &folding.stream, folding.shown.version);
        Ok(Replayed { commits: 0, streams: 1, views: u64::from(folding.view.is_some()) })
    }
}

impl Folding {
    /// Folds a commit of the walk. A commit that cannot be folded breaks the view, which is handled at the end of its stream.
    fn take(&mut self, runtime: &Runtime, commit: &Commit) {
        if self.id.is_none() || self.broken.is_some() {
            return;
        }
        if commit.version != self.folded.version.next() {
            self.broken = Some(Broken::Order);
        } else if let Err(error) = self.fold(runtime, commit) {
            self.broken = Some(Broken::Commit(error));
        }
    }

    fn fold(&mut self, runtime: &Runtime, commit: &Commit) -> Result<(), ProjectError> {
        if !self.left_out.contains(&commit.version) {
            fold(self.projection, runtime, &mut self.view, commit)?;
        }
        self.folded = Seen::up_to(commit);
        if wants(self.projection, commit) {
            self.shown = self.folded;
        }
        Ok(())
    }

    /// Folds what the store has after the last commit.
    async fn read_on(&mut self, runtime: &Runtime) -> Result<(), ProjectError> {
        loop {
            let page = runtime.event_store().read(&self.stream, self.folded.version, Version::MAX).await?;
            for commit in &page.commits {
                if commit.version != self.folded.version.next() {
                    let gap = CorruptCommit::behind_gap(commit, self.folded.version.next());
                    return Err(ProjectError::Store(gap.into()));
                }
                self.fold(runtime, commit)?;
            }
            if !page.more {
                return Ok(());
            }
        }
    }

    /// Brings the view to this version or a later one, because the live view has reached it; false if the stream ends before.
    async fn reach(&mut self, runtime: &Runtime, version: Version) -> Result<bool, ProjectError> {
        if version > self.folded.version {
            self.read_on(runtime).await?;
        }
        if version > self.folded.version {
            return Ok(false);
        }
        // The live view may have listened to commits that this one does not.
        if version > self.shown.version {
            self.shown = self.folded;
        }
        Ok(true)
    }
}

impl Work for AggregateViews<'_> {
    type Open = Folding;

    /// As many as DynamoDB writes with one request, each with its own condition.
    const AT_ONCE: usize = 25;

    async fn take(&self, run: &Run, open: Option<Folding>) -> Result<Folding, ReplayError> {
        let folding = open.map_or_else(|| self.open(&run.stream), Ok);
        let mut folding = folding.map_err(ReplayError::project(self.projection))?;
        run.commits.iter().for_each(|commit| folding.take(self.runtime, commit));
        Ok(folding)
    }

    async fn finish(&self, open: Folding) -> Result<Replayed, ReplayError> {
        self.put(open).await.map_err(ReplayError::project(self.projection))
    }

    async fn take_whole(&self, streams: Vec<Whole<Folding>>, _: usize) -> Result<Replayed, ReplayError> {
        let mut folded = Vec::with_capacity(streams.len());
        for Whole { run, open } in streams {
            folded.push(self.take(&run, open).await?);
        }
        self.put_all(folded).await.map_err(ReplayError::project(self.projection))
    }
}
