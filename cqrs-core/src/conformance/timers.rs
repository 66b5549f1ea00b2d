//! The promises of an event store that keeps timers.

use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::json;

use super::Candidate;
use super::samples::{at, commit, event, stream, write};
use crate::commit::Commit;
use crate::commit::record::Record;
use crate::key::{StreamKey, Tenant};
use crate::metadata::Metadata;
use crate::registry::AskedTimers;
use crate::store::limits::{self, MAX_ITEM_BYTES};
use crate::store::{
    AppendAll, DynEventStore, LETTER_BYTES, NewCommit, NewCommits, Reservation, ReservationChange,
    StoreError, TIMER_SHARDS, Taken, Timer, TimerId, UniqueValue,
};
use crate::timestamp::Timestamp;
use crate::version::Version;

/// A store that makes room for timers also makes it for those of this suite.
#[doc(hidden)]
pub const TIMERS: AskedTimers = AskedTimers;

/// Later than all timers of this suite.
const LATE: u64 = 1_000_000;

/// A timer comes back with everything that was stored in it.
pub async fn a_timer_is_read_back(candidate: Candidate) {
    let store = candidate.events();
    let mut timer = timer(0, 1, "first");
    timer.command.data = json!({ "text": "\u{6ce8}\u{6587}", "list": [1, 2.5, null, true], "empty": {} });
    (timer.command.schema, timer.command.widened) = (7, 3);
    set(store, &[timer.clone()]).await;
    let found = due(store, 0, LATE).await;
    assert_eq!(found, [timer.record()]);
    assert_eq!(Timer::decode(&found[0]), Ok(timer));
}

/// A timer is due to the millisecond, whatever its name.
pub async fn a_timer_is_found_when_it_is_due_and_not_before(candidate: Candidate) {
    let store = candidate.events();
    let named = ["0", "z", "~"].map(|name| timer(0, 500, name));
    set(store, &named).await;
    assert_eq!(due(store, 0, 0).await, Vec::<Record>::new());
    assert_eq!(due(store, 0, 499).await, Vec::<Record>::new());
    assert_eq!(due(store, 0, 500).await.len(), 3);
    assert_eq!(due(store, 0, 501).await.len(), 3);
}

/// The earliest timer comes first, in whatever order they were set.
pub async fn the_earliest_timers_come_first(candidate: Candidate) {
    let store = candidate.events();
    let times = [700, 5, 90_000, 1_000, 999, 4];
    let timers = times.map(|due| timer(0, due, "timer"));
    for timer in &timers {
        set(store, std::slice::from_ref(timer)).await;
    }
    let mut expected = times;
    expected.sort_unstable();
    let found = due(store, 0, LATE).await;
    assert_eq!(dues(&found), expected.map(at));
    assert_eq!(
        dues(&due(store, 0, 1_000).await),
        expected[..5].iter().map(|due| at(*due)).collect::<Vec<_>>()
    );
}

/// Each of many timers is there once, even if they are large.
pub async fn due_timers_are_paged_to_their_end(candidate: Candidate) {
    let store = candidate.events();
    let mut expected = Vec::new();
    for round in 0..10 {
        let mut timers: Vec<_> = (0..25).map(|number| timer(0, round * 100 + number, "many")).collect();
        timers[7].command.data = json!({ "text": "x".repeat(200_000) });
        set(store, &timers).await;
        expected.extend(timers.iter().map(Timer::record));
    }
    assert_eq!(due(store, 0, LATE).await, expected);
    assert_eq!(due(store, 0, 899).await, expected[..225]);
}

/// A page continues after a timer that has been removed in the meantime, and after the last one.
pub async fn a_page_begins_behind_any_timer(candidate: Candidate) {
    let store = candidate.events();
    let timers = [1, 2, 3, 4].map(|due| timer(0, due, "timer"));
    set(store, &timers).await;
    let [_, second, third, last] = timers.clone();
    assert_eq!(behind(store, 0, LATE, Some(&second.id)).await, [third.record(), last.record()]);
    assert_eq!(behind(store, 0, 3, Some(&second.id)).await, [third.record()]);
    assert_eq!(behind(store, 0, 3, Some(&third.id)).await, Vec::<Record>::new());
    assert_eq!(behind(store, 0, LATE, Some(&last.id)).await, Vec::<Record>::new());
    assert_eq!(behind(store, 0, 1, Some(&last.id)).await, Vec::<Record>::new(), "it is not due yet");
    assert!(store.remove_timer(&second.id).await.unwrap());
    assert_eq!(behind(store, 0, LATE, Some(&second.id)).await, [third.record(), last.record()]);
}

/// Each partition has its own timers.
pub async fn partitions_stay_apart(candidate: Candidate) {
    let store = candidate.events();
    let all: Vec<_> = (0..TIMER_SHARDS).map(|shard| timer(shard, 10, "timer")).collect();
    set(store, &all).await;
    for (shard, timer) in (0..).zip(&all) {
        assert_eq!(due(store, shard, LATE).await, [timer.record()], "{shard}");
    }
    assert!(store.remove_timer(&all[3].id).await.unwrap());
    for shard in 0..TIMER_SHARDS {
        assert_eq!(due(store, shard, LATE).await.len(), usize::from(shard != 3), "{shard}");
    }
}

/// A timer is as it was set last: an answer was lost, or a command was scheduled twice under one id.
pub async fn a_timer_that_is_set_again_is_there_once(candidate: Candidate) {
    let store = candidate.events();
    let mut timer = timer(0, 1, "timer");
    set(store, &[timer.clone()]).await;
    set(store, &[timer.clone()]).await;
    timer.command.data = json!({ "text": "another" });
    let answer = append(store, &[named(1, 1)], none().setting(timer.clone())).await;
    assert_eq!(answer, AppendAll::Written);
    assert_eq!(due(store, 0, LATE).await, [timer.record()]);
}

/// A commit and its timer are written in one step.
pub async fn timers_are_set_with_a_commit(candidate: Candidate) {
    let store = candidate.events();
    let timers = [timer(0, 1, "one"), timer(1, 2, "other")];
    let both = timers.iter().cloned().fold(none(), NewCommits::setting);
    assert_eq!(append(store, &[named(1, 1)], both).await, AppendAll::Written);
    assert_eq!(all(store, 1).await, [named(1, 1)]);
    assert_eq!(due(store, 0, LATE).await, [timers[0].record()]);
    assert_eq!(due(store, 1, LATE).await, [timers[1].record()]);
}

/// If the version is taken, neither a new timer is set nor an existing one replaced.
pub async fn a_taken_version_sets_no_timer(candidate: Candidate) {
    let store = candidate.events();
    let winner = named(1, 1);
    write(store, &winner).await;
    let old = timer(0, 1, "old");
    set(store, std::slice::from_ref(&old)).await;
    let mut changed = old.clone();
    changed.command.data = json!({ "text": "another" });
    let both = none().setting(changed).setting(timer(0, 2, "new"));
    let answer = append(store, &[late(1, 1)], both).await;
    assert_eq!(answer, AppendAll::Taken(vec![Taken::new(key(1), Some(winner))]));
    assert_eq!(due(store, 0, LATE).await, [old.record()]);
}

/// The second commit that fires a timer writes nothing, whatever goes with it.
pub async fn a_timer_is_fired_once_with_its_commit(candidate: Candidate) {
    let store = candidate.events();
    let (first, next, other) = (timer(0, 1, "first"), timer(0, 2, "next"), timer(0, 3, "other"));
    set(store, &[first.clone(), other.clone()]).await;
    let fire = none().firing(first.id.clone()).setting(next.clone());
    assert_eq!(append(store, &[named(1, 1)], fire).await, AppendAll::Written);
    assert_eq!(all(store, 1).await, [named(1, 1)]);
    assert_eq!(due(store, 0, LATE).await, [next.record(), other.record()]);

    let again = none().firing(first.id.clone()).setting(timer(0, 4, "never"));
    assert_eq!(append(store, &[named(1, 2), named(2, 1)], again).await, AppendAll::Gone);
    assert_eq!(all(store, 1).await, [named(1, 1)]);
    assert_eq!(all(store, 2).await, []);
    assert_eq!(due(store, 0, LATE).await, [next.record(), other.record()]);

    // The same holds without a commit, for a timer that takes the place of another one, and for one that was never
    // there.
    let failed = timer(0, 2, "next failed");
    let alone = none().firing(next.id).setting(failed.clone());
    assert_eq!(append(store, &[], alone.clone()).await, AppendAll::Written);
    assert_eq!(due(store, 0, LATE).await, [failed.record(), other.record()]);
    let alone_again = none().firing(failed.id);
    assert_eq!(append(store, &[], alone_again.clone()).await, AppendAll::Written);
    assert_eq!(append(store, &[], alone_again).await, AppendAll::Gone);
    assert_eq!(append(store, &[], alone).await, AppendAll::Gone);
    let never = none().firing(timer(5, 5, "never").id);
    assert_eq!(append(store, &[named(3, 1)], never).await, AppendAll::Gone);
    assert_eq!(due(store, 0, LATE).await, [other.record()]);
}

/// The commit that holds the version may be your own, whose answer was lost. The timer stays in that case.
pub async fn a_taken_version_is_told_before_a_missing_timer(candidate: Candidate) {
    let store = candidate.events();
    let (fired, waiting) = (timer(0, 1, "fired"), timer(0, 2, "waiting"));
    set(store, &[fired.clone(), waiting.clone()]).await;
    let own = named(1, 1);
    let (fire, fire_other) = (none().firing(fired.id), none().firing(waiting.id.clone()));
    assert_eq!(append(store, std::slice::from_ref(&own), fire.clone()).await, AppendAll::Written);
    let taken = AppendAll::Taken(vec![Taken::new(key(1), Some(own.clone()))]);
    assert_eq!(append(store, &[own], fire.clone()).await, taken);
    assert_eq!(append(store, &[late(1, 1)], fire_other).await, taken);
    assert_eq!(append(store, &[], fire.unchanged(key(1), Version::NONE)).await, taken);
    assert_eq!(due(store, 0, LATE).await, [waiting.record()]);
}

/// A store that keeps no unique values is not asked for them.
pub async fn a_taken_value_is_told_before_a_missing_timer(candidate: Candidate) {
    let store = candidate.events();
    let value = UniqueValue::new(&Tenant::new("TENANT001").unwrap(), "ORDER", "code", "a").unwrap();
    if matches!(store.reservation(&value).await, Err(StoreError::Refused { .. })) {
        return;
    }
    let take = |id| ReservationChange::new(value.clone(), None, Some(key(id)));
    let timer = timer(0, 1, "timer");
    let first = none().reserving(take(1)).setting(timer.clone());
    assert_eq!(append(store, &[named(1, 1)], first).await, AppendAll::Written);
    let reserved = AppendAll::Reserved(vec![Reservation::new(value.clone(), key(1))]);
    let fire = none().reserving(take(2)).firing(timer.id.clone());
    assert_eq!(append(store, &[named(2, 1)], fire.clone()).await, reserved);
    assert_eq!(due(store, 0, LATE).await, [timer.record()]);
    assert!(store.remove_timer(&timer.id).await.unwrap());
    assert_eq!(append(store, &[named(2, 1)], fire.clone()).await, reserved);
    let taken = AppendAll::Taken(vec![Taken::new(key(1), Some(named(1, 1)))]);
    assert_eq!(append(store, &[late(1, 1)], fire).await, taken);
    assert_eq!(all(store, 2).await, []);
}

/// It cannot be fired any more either.
pub async fn a_timer_is_removed_once(candidate: Candidate) {
    let store = candidate.events();
    let (first, other) = (timer(0, 1, "first"), timer(0, 1, "other"));
    assert!(!store.remove_timer(&first.id).await.unwrap());
    set(store, &[first.clone(), other.clone()]).await;
    assert!(store.remove_timer(&first.id).await.unwrap());
    assert!(!store.remove_timer(&first.id).await.unwrap());
    assert_eq!(append(store, &[named(1, 1)], none().firing(first.id)).await, AppendAll::Gone);
    assert_eq!(all(store, 1).await, []);
    assert_eq!(due(store, 0, LATE).await, [other.record()]);
    // A timer that was fired is not there either.
    let fire = none().firing(other.id.clone());
    assert_eq!(append(store, &[named(1, 1)], fire).await, AppendAll::Written);
    assert!(!store.remove_timer(&other.id).await.unwrap());
}

/// Many commits fire one timer at the same time, and many calls remove it in the meantime.
pub async fn one_of_many_fires(candidate: Candidate) {
    let store = candidate.events();
    for round in 0..5 {
        let timer = timer(0, round, "timer");
        set(store, std::slice::from_ref(&timer)).await;
        let commits: Vec<_> = (0..8).map(|id| named(round * 100 + id, 1)).collect();
        let fired = commits
            .iter()
            .map(|commit| try_append(store, std::slice::from_ref(commit), none().firing(timer.id.clone())));
        // In the last round, nothing removes it.
        let removed = (0..if round < 4 { 2 } else { 0 }).map(|_| store.remove_timer(&timer.id));
        let (fired, removed) = futures_util::future::join(join_all(fired), join_all(removed)).await;
        let mut done = 0;
        let mut undecided = 0;
        for (commit, answer) in commits.iter().zip(fired) {
            let is_written = match answer {
                Ok(AppendAll::Written) => true,
                Ok(AppendAll::Gone) => false,
                Ok(other) => panic!("{other:?}"),
                // A store may say that it had no time for all of them.
                Err(error) => {
                    assert!(error.is_transient(), "{error}");
                    undecided += 1;
                    continue;
                }
            };
            done += usize::from(is_written);
            assert_eq!(page(store, &commit.stream).await.len(), usize::from(is_written));
        }
        for answer in removed {
            match answer {
                Ok(removed) => done += usize::from(removed),
                Err(error) => {
                    assert!(error.is_transient(), "{error}");
                    undecided += 1;
                }
            }
        }
        assert!(done == 1 || done == 0 && undecided > 0, "{done} of round {round}");
    }
}

/// A timer of the largest size goes in, and a larger one is refused before anything is written.
pub async fn the_largest_timer_fits_and_no_more(candidate: Candidate) {
    let store = candidate.events();
    let mut timer = timer(0, 1, "large");
    timer.command.data = json!({ "text": "" });
    // A dead letter keeps the timer in one of its attributes, beside its own data.
    let room = MAX_ITEM_BYTES - LETTER_BYTES - limits::size(&letter_of(&timer));
    timer.command.data = json!({ "text": "x".repeat(room) });
    set(store, &[timer.clone()]).await;
    assert_eq!(due(store, 0, LATE).await, [timer.record()]);

    let mut larger = timer.clone();
    larger.id = self::timer(0, 2, "larger").id;
    larger.command.data = json!({ "text": "x".repeat(room + 1) });
    for commits in [&[][..], &[named(1, 1)]] {
        let refused = try_append(store, commits, none().setting(larger.clone())).await;
        assert!(matches!(refused, Err(StoreError::TooLarge { .. })), "{refused:?}");
    }
    assert_eq!(all(store, 1).await, []);
    assert_eq!(due(store, 0, LATE).await.len(), 1);
}

fn letter_of(timer: &Timer) -> Record {
    let mut letter = Record::new();
    letter.insert("record".to_owned(), timer.record().into());
    letter
}

fn key(id: u64) -> StreamKey {
    stream(&id.to_string())
}

fn named(id: u64, version: u64) -> Commit {
    commit(&key(id), version, json!({}))
}

/// A commit other than that of [`named`].
fn late(id: u64, version: u64) -> Commit {
    Commit { metadata: Arc::new(Metadata::new("late", at(9))), ..named(id, version) }
}

/// A timer in this partition whose name begins like this.
fn timer(shard: u8, due: u64, name: &str) -> Timer {
    let partition = TimerId::partition(shard);
    let mut ids = (0_u32..).map(|number| TimerId::new(at(due), &format!("{name}-{number}")));
    let id = ids.find(|id| id.pk() == partition).expect("a name in each partition");
    let metadata = Metadata::new(format!("{name} {due}"), at(0));
    Timer::new(id, key(1), "ORDER", event("Release", json!({ "name": name })), metadata)
}

/// Changes without commits.
fn none() -> NewCommits<'static> {
    NewCommits::new(Vec::new())
}

async fn append(store: &dyn DynEventStore, commits: &[Commit], changes: NewCommits<'static>) -> AppendAll {
    try_append(store, commits, changes).await.unwrap()
}

async fn try_append(
    store: &dyn DynEventStore,
    commits: &[Commit],
    changes: NewCommits<'static>,
) -> Result<AppendAll, StoreError> {
    let mut new: NewCommits<'_> = changes;
    new.commits = commits.iter().map(NewCommit::of).collect::<Result<_, _>>()?;
    store.append_all(new).await
}

async fn set(store: &dyn DynEventStore, timers: &[Timer]) {
    let new = timers.iter().cloned().fold(none(), NewCommits::setting);
    assert_eq!(append(store, &[], new).await, AppendAll::Written);
}

/// The timers of a partition that are due, page by page.
async fn due(store: &dyn DynEventStore, shard: u8, until: u64) -> Vec<Record> {
    behind(store, shard, until, None).await
}

async fn behind(store: &dyn DynEventStore, shard: u8, until: u64, after: Option<&TimerId>) -> Vec<Record> {
    let partition = TimerId::partition(shard);
    let (mut found, mut after) = (Vec::new(), after.cloned());
    loop {
        let page = store.timers(&partition, at(until), after.as_ref()).await.unwrap();
        after = page.timers.last().map(id).or(after);
        found.extend(page.timers);
        if !page.more {
            return found;
        }
    }
}

fn id(record: &Record) -> TimerId {
    Timer::decode(record).unwrap().id
}

fn dues(records: &[Record]) -> Vec<Timestamp> {
    records.iter().map(|record| id(record).due()).collect()
}

async fn all(store: &dyn DynEventStore, id: u64) -> Vec<Commit> {
    page(store, &key(id)).await
}

async fn page(store: &dyn DynEventStore, stream: &StreamKey) -> Vec<Commit> {
    store.read(stream, Version::NONE, Version::MAX).await.unwrap().commits
}
