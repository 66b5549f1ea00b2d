//! From a stream, and its snapshot if it has one, to a state.

use futures_util::future;

use super::snapshots::Opened;
use super::state::State;
use crate::aggregate::{Aggregate, Snapshots};
use crate::commit::Commit;
use crate::key::StreamKey;
use crate::runtime::{Runtime, SnapshotShelf};
use crate::store::{CommitPage, StoreError};
use crate::timestamp::Timestamp;
use crate::version::Version;

/// How far into the past a state is wanted.
#[derive(Clone, Copy)]
pub(crate) enum Until {
    Version(Version),
    Time(Timestamp),
    Recorded(Timestamp),
}

impl Until {
    fn last_version(self) -> Version {
        match self {
            Self::Version(version) => version,
            Self::Time(_) | Self::Recorded(_) => Version::MAX,
        }
    }

    fn includes(self, commit: &Commit) -> bool {
        match self {
            Self::Version(version) => commit.version <= version,
            // A commit whose time is later than its recording had already happened when it was recorded.
            Self::Time(time) => commit.metadata.created_at.min(commit.metadata.recorded()) <= time,
            Self::Recorded(time) => commit.metadata.recorded() <= time,
        }
    }

    /// Whether no commit of the snapshot is too late.
    pub(super) fn includes_all_of<A>(self, snapshot: &Opened<A>) -> bool {
        match self {
            Self::Version(version) => snapshot.version <= version,
            Self::Time(time) => snapshot.last_at <= time,
            // The snapshot does not know: the time of a commit may be earlier than its recording.
            Self::Recorded(_) => false,
        }
    }
}

/// What the last commits of a stream yield.
enum Within<A> {
    All(Box<State<A>>),
    /// They are not enough; here they are.
    Some(Vec<Commit>),
}

impl Runtime {
    /// The state now. With snapshots that is one round trip: the last commits, one of which carries the state. If the
    /// snapshot store has the state, snapshot and commits are read at the same time: the commits since the snapshot
    /// that was seen last, or as many as lie between two snapshots.
    pub(crate) async fn load_now<A: Aggregate>(&self, stream: &StreamKey) -> Result<State<A>, StoreError> {
        let Some((snapshots, shelf)) = self.snapshots_of::<A>() else {
            let mut state = State::empty();
            self.fold(&mut state, stream, Until::Version(Version::MAX)).await?;
            return Ok(state);
        };
        // Includes the commit of the snapshot itself, which shows whether the two belong together.
        let after = shelf.last_seen(stream).previous();
        let now = Until::Version(Version::MAX);
        if shelf.is_apart(A::NAME) {
            return self.load_apart(stream, &snapshots, shelf, after, now, Vec::new()).await;
        }
        let limit = if after.is_none() { snapshots.step() } else { snapshots.every };
        let last = self.event_store().read_last(stream, after, Version::MAX, limit).await?;
        match self.resume_within(&snapshots, shelf, last, after, now)? {
            Within::All(state) => {
                // A state among the last commits is found there.
                let is_far = state.version.get() - state.snapshot_at.get() >= snapshots.step();
                shelf.saw(stream, if is_far { state.snapshot_at } else { Version::NONE });
                Ok(*state)
            }
            Within::Some(last) => {
                // There is no commit after the place that was seen last: the stream ends before it.
                let after = if last.is_empty() { Version::NONE } else { after };
                self.load_apart(stream, &snapshots, shelf, after, now, last).await
            }
        }
    }

    /// The state from the snapshot store, or from a commit further back, with the commits after it; `last` are those at
    /// the end.
    async fn load_apart<A: Aggregate>(
        &self,
        stream: &StreamKey,
        snapshots: &Snapshots<A>,
        shelf: &SnapshotShelf,
        after: Version,
        until: Until,
        last: Vec<Commit>,
    ) -> Result<State<A>, StoreError> {
        let before = last.first().map_or(until.last_version(), |commit| commit.version.previous());
        let (apart, page) = future::join(
            shelf.open(snapshots, stream),
            self.event_store().read_last(stream, after, before, snapshots.every),
        )
        .await;
        let apart = apart.filter(|apart| until.includes_all_of(apart));
        let mut page = page?;
        let mut carried = shelf.open_carried(snapshots, &mut page, until);
        // A page of the store may end before that many commits: large ones soon fill a megabyte.
        while page.more
            && carried.is_none()
            && apart.is_none()
            && shelf.carried_bytes > 0
            && (!after.is_none() || (page.commits.len() as u64) < snapshots.every)
            && let Some(first) = page.commits.first()
        {
            let before = first.version.previous();
            let mut earlier = self.event_store().read_last(stream, after, before, snapshots.every).await?;
            carried = shelf.open_carried(snapshots, &mut earlier, until);
            earlier.commits.append(&mut page.commits);
            page = earlier;
        }
        page.commits.extend(last);
        let last = page.commits;
        let from = carried.as_ref().map_or(Version::NONE, |carried| carried.version);
        let mut resumed = match apart.filter(|apart| apart.version > from) {
            Some(apart) => self.resume(stream, apart, until, &last).await?,
            None => None,
        };
        if resumed.is_some() {
            shelf.note_apart(A::NAME);
        } else if let Some(carried) = carried {
            shelf.note_carried(A::NAME);
            resumed = Some(carried.into_state());
        }
        let mut state = resumed.unwrap_or_else(State::empty);
        let snapshot_at = state.snapshot_at;
        if until.last_version() == Version::MAX {
            shelf.saw(stream, snapshot_at);
        }
        match last.first() {
            Some(first) if first.version <= state.version.next() => {}
            Some(first) => {
                self.fold(&mut state, stream, Until::Version(first.version.previous())).await?;
            }
            None if after.is_none() => {}
            // The snapshot that was seen last lay after the end of the stream.
            None => self.fold(&mut state, stream, until).await?,
        }
        let known = state.version;
        for commit in last.into_iter().skip_while(|commit| commit.version <= known) {
            state.fold(commit)?;
        }
        state.snapshot_at = snapshot_at;
        Ok(state)
    }

    /// The state that the last commits alone lead to: one of them carries a state, or they are the whole stream.
    fn resume_within<A: Aggregate>(
        &self,
        snapshots: &Snapshots<A>,
        shelf: &SnapshotShelf,
        mut last: CommitPage,
        after: Version,
        until: Until,
    ) -> Result<Within<A>, StoreError> {
        let first = last.commits.first().map(|commit| commit.version.previous());
        let from_the_start = after.is_none() && (!last.more || first.is_some_and(Version::is_none));
        let mut state = match shelf.open_carried(snapshots, &mut last, until) {
            Some(opened) => opened.into_state(),
            None if from_the_start => State::empty(),
            None => return Ok(Within::Some(last.commits)),
        };
        let snapshot_at = state.snapshot_at;
        for commit in last.commits.into_iter().skip_while(|commit| commit.version <= snapshot_at) {
            if !until.includes(&commit) {
                break;
            }
            state.fold(commit)?;
        }
        state.snapshot_at = snapshot_at;
        Ok(Within::All(Box::new(state)))
    }

    /// The state in the past. If an earlier commit carries a state, it is read with the last commits before `until`. A
    /// snapshot in the snapshot store is read first, and is usually too late to be useful.
    pub(crate) async fn load_until<A: Aggregate>(
        &self,
        stream: &StreamKey,
        until: Until,
    ) -> Result<State<A>, StoreError> {
        let mut state = State::empty();
        let snapshots = self.snapshots_of::<A>().filter(|_| !matches!(until, Until::Recorded(_)));
        let Some((snapshots, shelf)) = snapshots else {
            self.fold(&mut state, stream, until).await?;
            return Ok(state);
        };
        if !shelf.is_apart(A::NAME) {
            let page = self
                .event_store()
                .read_last(stream, Version::NONE, until.last_version(), snapshots.step())
                .await?;
            match (self.resume_within(&snapshots, shelf, page, Version::NONE, until)?, until) {
                (Within::All(state), _) => return Ok(*state),
                (Within::Some(last), Until::Version(_)) => {
                    return self.load_apart(stream, &snapshots, shelf, Version::NONE, until, last).await;
                }
                // It is unknown how far back a time lies.
                (Within::Some(_), Until::Time(_) | Until::Recorded(_)) => {}
            }
        }
        if until.last_version().get() >= snapshots.every
            && let Some(snapshot) = shelf.open(&snapshots, stream).await
            && until.includes_all_of(&snapshot)
            && let Some(resumed) = self.read_on(stream, snapshot, until).await?
        {
            return Ok(resumed);
        }
        self.fold(&mut state, stream, until).await?;
        Ok(state)
    }

    /// Folds what was appended after the state's version.
    pub(super) async fn catch_up<A: Aggregate>(
        &self,
        state: &mut State<A>,
        stream: &StreamKey,
    ) -> Result<(), StoreError> {
        let before = state.version;
        self.fold(state, stream, Until::Version(Version::MAX)).await?;
        if before > Version::NONE && state.version > before {
            state.rival.met();
        }
        Ok(())
    }

    async fn fold<A: Aggregate>(
        &self,
        state: &mut State<A>,
        stream: &StreamKey,
        until: Until,
    ) -> Result<(), StoreError> {
        loop {
            let page = self.event_store().read(stream, state.version, until.last_version()).await?;
            for commit in page.commits {
                if !until.includes(&commit) {
                    return Ok(());
                }
                state.fold(commit)?;
            }
            if !page.more {
                return Ok(());
            }
        }
    }

    /// The state of a snapshot, with everything between it and `last`; `None` if the snapshot does not belong to the
    /// stream.
    async fn resume<A: Aggregate>(
        &self,
        stream: &StreamKey,
        snapshot: Opened<A>,
        until: Until,
        last: &[Commit],
    ) -> Result<Option<State<A>>, StoreError> {
        if let Some(commit) = last.iter().find(|commit| commit.version == snapshot.version) {
            return Ok(snapshot.state_after(stream, Some(commit)));
        }
        let first = last.first().map(|commit| commit.version);
        let first = first.filter(|first| *first > snapshot.version).map(Version::previous);
        self.read_on(stream, snapshot, first.map_or(until, Until::Version)).await
    }

    /// The state of a snapshot and of the commits after it; `None` if it does not belong to the stream.
    async fn read_on<A: Aggregate>(
        &self,
        stream: &StreamKey,
        snapshot: Opened<A>,
        until: Until,
    ) -> Result<Option<State<A>>, StoreError> {
        let before = snapshot.version.previous();
        let page = self.event_store().read(stream, before, until.last_version()).await?;
        let Some(mut state) = snapshot.state_after(stream, page.commits.first()) else { return Ok(None) };
        let snapshot_at = state.snapshot_at;
        for commit in page.commits.into_iter().skip(1) {
            if !until.includes(&commit) {
                return Ok(Some(state));
            }
            state.fold(commit)?;
        }
        if page.more {
            self.fold(&mut state, stream, until).await?;
        }
        state.snapshot_at = snapshot_at;
        Ok(Some(state))
    }

    /// How the aggregate's snapshots are made, and where they are kept.
    pub(super) fn snapshots_of<A: Aggregate>(&self) -> Option<(Snapshots<A>, &SnapshotShelf)> {
        A::SNAPSHOTS.zip(self.snapshots.as_ref())
    }
}
