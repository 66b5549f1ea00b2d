//! The promises of an event store that keeps unique values.

use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::json;

use super::Candidate;
use super::samples::{at, commit, stream, write};
use crate::commit::Commit;
use crate::key::{StreamKey, Tenant, encode_into};
use crate::metadata::Metadata;
use crate::registry::AskedReservations;
use crate::store::{
    AppendAll, DynEventStore, NewCommit, NewCommits, Reservation, ReservationChange, StoreError, Taken,
    UniqueValue,
};
use crate::version::Version;

/// A store that makes room for reservations also makes it for those of this suite.
#[doc(hidden)]
pub const RESERVATIONS: AskedReservations = AskedReservations;

/// A value belongs to no stream, then to the stream that took it.
pub async fn a_value_belongs_to_one_stream(candidate: Candidate) {
    let store = candidate.events();
    assert_eq!(store.reservation(&value("a")).await.unwrap(), None);
    assert_eq!(take(store, 1, 1, "a").await.unwrap(), AppendAll::Written);
    assert_eq!(owner(store, "a").await, Some(key(1)));
    // The owner of a value may take it again, because an answer may have been lost.
    assert_eq!(take(store, 1, 2, "a").await.unwrap(), AppendAll::Written);
    assert_eq!(owner(store, "a").await, Some(key(1)));
}

/// Nothing is written for the second stream that wants a value.
pub async fn a_taken_value_refuses_the_commits_and_names_its_owner(candidate: Candidate) {
    let store = candidate.events();
    assert_eq!(take(store, 1, 1, "a").await.unwrap(), AppendAll::Written);
    let refused = AppendAll::Reserved(vec![Reservation::new(value("a"), key(1))]);
    assert_eq!(take(store, 2, 1, "a").await.unwrap(), refused);
    let free = ReservationChange::new(value("a"), Some(key(2)), None);
    assert_eq!(append(store, &[named(2, 1)], vec![free]).await.unwrap(), refused);
    assert_eq!(all(store, 2).await, []);
    assert_eq!(owner(store, "a").await, Some(key(1)));
}

/// A value that was given away belongs to no stream.
pub async fn a_freed_value_can_be_taken(candidate: Candidate) {
    let store = candidate.events();
    assert_eq!(take(store, 1, 1, "a").await.unwrap(), AppendAll::Written);
    let changes = vec![
        ReservationChange::new(value("a"), Some(key(1)), None),
        ReservationChange::new(value("b"), None, Some(key(1))),
    ];
    assert_eq!(append(store, &[named(1, 2)], changes.clone()).await.unwrap(), AppendAll::Written);
    assert_eq!((owner(store, "a").await, owner(store, "b").await), (None, Some(key(1))));
    // A free value may be freed, even if it was never reserved.
    assert_eq!(append(store, &[named(1, 3)], changes).await.unwrap(), AppendAll::Written);
    assert_eq!(take(store, 2, 1, "a").await.unwrap(), AppendAll::Written);
}

/// A value changes its owner in one step, with commits of both streams.
pub async fn a_value_moves_from_one_stream_to_another(candidate: Candidate) {
    let store = candidate.events();
    assert_eq!(take(store, 1, 1, "a").await.unwrap(), AppendAll::Written);
    let moved = ReservationChange::new(value("a"), Some(key(1)), Some(key(2)));
    let commits = [named(1, 2), named(2, 1)];
    assert_eq!(append(store, &commits, vec![moved.clone()]).await.unwrap(), AppendAll::Written);
    assert_eq!(owner(store, "a").await, Some(key(2)));
    let elsewhere = ReservationChange::new(value("a"), Some(key(1)), Some(key(3)));
    let refused = AppendAll::Reserved(vec![Reservation::new(value("a"), key(2))]);
    assert_eq!(append(store, &[named(3, 1)], vec![elsewhere]).await.unwrap(), refused);
}

/// A command that has lost a version decides again, and may then want another value.
pub async fn a_taken_version_is_told_before_a_taken_value(candidate: Candidate) {
    let store = candidate.events();
    assert_eq!(take(store, 1, 1, "a").await.unwrap(), AppendAll::Written);
    let winner = named(2, 1);
    write(store, &winner).await;
    let late = Commit { metadata: Arc::new(Metadata::new("late", at(9))), ..named(2, 1) };
    let change = ReservationChange::new(value("a"), None, Some(key(2)));
    let taken = AppendAll::Taken(vec![Taken::new(key(2), Some(winner))]);
    assert_eq!(append(store, &[late], vec![change]).await.unwrap(), taken);
}

/// Values that a careless store would confuse.
pub async fn kindred_values_stay_apart(candidate: Candidate) {
    let store = candidate.events();
    let kindred = ["a", "A", "a ", "aa", "a#b", "a%23b", "\u{e9}", "e\u{301}", "\u{6ce8}\u{6587}"];
    for (id, text) in (1..).zip(kindred) {
        assert_eq!(take(store, id, 1, text).await.unwrap(), AppendAll::Written, "{text}");
    }
    for (id, text) in (1..).zip(kindred) {
        assert_eq!(owner(store, text).await, Some(key(id)), "{text}");
    }
}

/// Many streams want one value at the same time.
pub async fn one_of_many_gets_the_value(candidate: Candidate) {
    let store = candidate.events();
    for round in 0..5 {
        let text = format!("round {round}");
        let ids: Vec<u64> = (0..8).map(|id| round * 100 + id).collect();
        let answers = join_all(ids.iter().map(|id| take(store, *id, 1, &text))).await;
        let mut written = Vec::new();
        for (id, answer) in ids.iter().zip(answers) {
            match answer {
                Ok(AppendAll::Written) => written.push(*id),
                Ok(AppendAll::Reserved(_)) => assert_eq!(all(store, *id).await, []),
                Ok(other) => panic!("{other:?}"),
                // A store may say that it had no time for all of them.
                Err(error) => assert!(error.is_transient(), "{error}"),
            }
        }
        let owner = owner(store, &text).await;
        assert_eq!(written.into_iter().map(key).collect::<Vec<_>>(), owner.into_iter().collect::<Vec<_>>());
    }
}

/// Each reservation is listed once, page by page.
pub async fn all_reservations_are_listed(candidate: Candidate) {
    let store = candidate.events();
    let mut expected = Vec::new();
    for id in 0..40 {
        assert_eq!(take(store, id, 1, &format!("value {id}")).await.unwrap(), AppendAll::Written);
        expected.push(Reservation::new(value(&format!("value {id}")), key(id)));
    }
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = store.reservations(after.as_ref()).await.unwrap();
        found.extend(page.reservations);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let sorted = |mut all: Vec<Reservation>| {
        all.sort_by(|left, right| left.value.cmp(&right.value));
        all
    };
    assert_eq!(sorted(found), sorted(expected));
}

fn key(id: u64) -> StreamKey {
    stream(&id.to_string())
}

fn value(text: &str) -> UniqueValue {
    let mut rendered = String::new();
    encode_into(text, &mut rendered);
    UniqueValue::new(&Tenant::new("TENANT001").unwrap(), "ORDER", "code", &rendered).unwrap()
}

fn named(id: u64, version: u64) -> Commit {
    commit(&key(id), version, json!({}))
}

async fn take(store: &dyn DynEventStore, id: u64, version: u64, text: &str) -> Result<AppendAll, StoreError> {
    let change = ReservationChange::new(value(text), None, Some(key(id)));
    append(store, &[named(id, version)], vec![change]).await
}

async fn append(
    store: &dyn DynEventStore,
    commits: &[Commit],
    changes: Vec<ReservationChange>,
) -> Result<AppendAll, StoreError> {
    let new: Result<Vec<_>, _> = commits.iter().map(NewCommit::of).collect();
    store.append_all(changes.into_iter().fold(NewCommits::new(new?), NewCommits::reserving)).await
}

async fn owner(store: &dyn DynEventStore, text: &str) -> Option<StreamKey> {
    store.reservation(&value(text)).await.unwrap().map(|reservation| reservation.owner)
}

async fn all(store: &dyn DynEventStore, id: u64) -> Vec<Commit> {
    store.read(&key(id), Version::NONE, Version::MAX).await.unwrap().commits
}
