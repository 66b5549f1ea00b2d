//! States that commits carry in their own items.
//!
//! ```json
//! "snapshot": { "state": { "open": true, "total": 15000 }, "fingerprint": "9f2c61d0a7b3e845", "ids": "q83vEjRW",
//!               "lastAt": "2024-01-01T10:00:00.000Z" }
//! ```
//!
//! `ids` are the digests of the command ids before the commit's own, two bytes each. `lastAt` and `clockAt` are left
//! out if they are the commit's `createdAt`.

use serde_json::Value;

use super::load::Until;
use super::snapshots::{Opened, Place, decode_state};
use super::state::State;
use crate::aggregate::{Aggregate, Snapshots, fingerprint};
use crate::commit::record::{self, Record};
use crate::commit::{Commit, CommitState};
use crate::runtime::SnapshotShelf;
use crate::snapshot::EarlierIds;
use crate::store::{CommitPage, NewCommit, limits};
use crate::timestamp::Timestamp;

/// The bytes of one write unit (Amazon DynamoDB Developer Guide, "Write unit consumption").
const WRITE_UNIT: usize = 1024;

impl SnapshotShelf {
    /// Lets a commit carry the state after it, if one is due: as soon as it costs no further write unit, and in any
    /// case as often as `snapshot_every` says. The state has folded the commit, but has not noted it yet.
    pub(super) fn carry<A: Aggregate>(
        &self,
        snapshots: &Snapshots<A>,
        state: &mut State<A>,
        new: &mut NewCommit<'_>,
    ) -> bool {
        let version = new.commit.version;
        let since = version.get().saturating_sub(state.snapshot_at.get());
        // All writers use the same versions: another process may have counted from there.
        let is_round = version.get().is_multiple_of(snapshots.every) && since >= snapshots.step();
        let must = state.overdue || since >= snapshots.every || is_round;
        let looked_at = state.looked_at.max(state.snapshot_at);
        let looks = !state.apart && version.get().saturating_sub(looked_at.get()) >= snapshots.step();
        if self.carried_bytes == 0 || !(must || looks) {
            return false;
        }
        state.looked_at = version;
        let carried = self.carried(snapshots, state, new.commit);
        let carried = carried.filter(|carried| limits::size(carried) <= self.carried_bytes);
        let Some(carried) = carried else {
            state.keep_apart();
            return false;
        };
        state.apart = false;
        let (bytes, with) = (limits::size(&new.record), limits::size(&carried));
        let units = |bytes: usize| bytes.div_ceil(WRITE_UNIT);
        if !must && units(bytes + with) > units(bytes) {
            return false;
        }
        let carries = carried.into_iter().next().is_some_and(|(_, carried)| new.carry(carried));
        if !carries {
            state.keep_apart();
        }
        carries
    }

    /// The attribute alone; `None` for a state that cannot be stored.
    fn carried<A: Aggregate>(
        &self,
        snapshots: &Snapshots<A>,
        state: &State<A>,
        commit: &Commit,
    ) -> Option<Record> {
        let encoded = self.encode(snapshots, &commit.stream, &state.aggregate)?;
        let created_at = commit.metadata.created_at;
        let clock_at = state.clock_at_with(&commit.metadata);
        let mut fields = Record::from_iter([
            ("state".to_owned(), encoded),
            ("fingerprint".to_owned(), fingerprint::<A>().into()),
        ]);
        let ids = state.command_ids.digests(self.ids_with(snapshots) - 1);
        if !ids.is_empty() {
            fields.insert("ids".to_owned(), ids.encode().into());
        }
        let last_at = state.last_at.max(Some(created_at));
        for (name, at) in [("lastAt", last_at), ("clockAt", clock_at)] {
            if at != Some(created_at) {
                fields.insert(name.to_owned(), at.map_or(Value::Null, |at| at.to_string().into()));
            }
        }
        let carried = Record::from_iter([(record::STATE.to_owned(), Value::Object(fields))]);
        limits::check(&carried).is_ok().then_some(carried)
    }

    /// The last state that one of these commits carries, made by this program's fold, with nothing in it after `until`.
    pub(super) fn open_carried<A: Aggregate>(
        &self,
        snapshots: &Snapshots<A>,
        page: &mut CommitPage,
        until: Until,
    ) -> Option<Opened<A>> {
        if self.carried_bytes == 0 {
            return None;
        }
        while let Some(carried) = page.states.pop() {
            let Some(commit) = page.commits.iter().find(|commit| commit.version == carried.version) else {
                continue;
            };
            match open(snapshots, carried, commit) {
                Ok(Some(opened)) if until.includes_all_of(&opened) => return Some(opened),
                Ok(Some(_)) => {}
                Ok(None) => tracing::debug!(
                    pk = commit.stream.pk(),
                    sk = commit.stream.sk(),
                    aggregate = A::NAME,
                    version = commit.version.get(),
                    "the state in the commit is of another fold, and ignored"
                ),
                Err(reason) => tracing::warn!(
                    pk = commit.stream.pk(),
                    sk = commit.stream.sk(),
                    aggregate = A::NAME,
                    version = commit.version.get(),
                    error = reason,
                    "the state in the commit cannot be decoded, and is ignored"
                ),
            }
        }
        None
    }
}

/// `None` for a state that another fold has made.
fn open<A: Aggregate>(
    snapshots: &Snapshots<A>,
    carried: CommitState,
    commit: &Commit,
) -> Result<Option<Opened<A>>, String> {
    let CommitState { version, stored } = carried;
    let Value::Object(mut fields) = stored else { return Err("`snapshot` is not a map".to_owned()) };
    if record::text(&fields, "fingerprint")? != fingerprint::<A>() {
        return Ok(None);
    }
    let earlier_ids = match fields.get("ids") {
        Some(_) => EarlierIds::decode(record::text(&fields, "ids")?).ok_or("`ids` holds no digests")?,
        None => EarlierIds::default(),
    };
    if earlier_ids.len() as u64 >= version.get() {
        return Err(format!("`ids` has {} digests for {version} commits", earlier_ids.len()));
    }
    let time = |name: &str| match fields.get(name) {
        None => Ok(Some(commit.metadata.created_at)),
        Some(Value::Null) => Ok(None),
        Some(_) => record::text(&fields, name)?
            .parse::<Timestamp>()
            .map(Some)
            .map_err(|error| format!("`{name}`: {error}")),
    };
    let (last_at, clock_at) = (time("lastAt")?, time("clockAt")?);
    let last_at = last_at.ok_or("`lastAt` is null")?;
    let state = fields.remove("state").ok_or("`state` is missing")?;
    let aggregate = decode_state(snapshots, state)?;
    let command_ids = vec![commit.metadata.command_id.clone()];
    Ok(Some(Opened { aggregate, version, last_at, clock_at, command_ids, earlier_ids, place: Place::Commit }))
}
