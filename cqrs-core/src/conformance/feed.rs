//! The promises of a change feed.

use serde_json::{Value, json};

use super::Candidate;
use super::samples::{commit, stream, write};
use crate::commit::{Commit, record};
use crate::store::{Append, Change, DynChangeFeed, NewCommit, Positions};

/// The feed brings every commit once, in the order of its stream, and continues from where it was.
pub async fn the_feed_has_every_commit_in_order(candidate: Candidate) {
    let store = candidate.events();
    let mut feed = candidate.feed();
    assert_eq!(feed.read(&Positions::new()).await.unwrap().changes, []);
    for version in 1..=20 {
        for id in ["1", "2", "3"] {
            write(store, &commit(&stream(id), version, json!({ "id": id }))).await;
        }
    }
    let everything = drain(feed, Positions::new()).await;
    assert_eq!(everything.len(), 60);
    for id in ["1", "2", "3"] {
        let commits = everything.iter().map(decoded).filter(|commit| commit.stream == stream(id));
        let versions: Vec<u64> = commits.map(|commit| commit.version.get()).collect();
        assert_eq!(versions, (1..=20).collect::<Vec<_>>(), "{id}");
    }
    for pair in everything.windows(2).filter(|pair| pair[0].shard == pair[1].shard) {
        assert!(pair[0].position < pair[1].position, "positions sort as text: {pair:?}");
    }
}

/// A feed that is opened again, as after a restart, continues after any kept position.
pub async fn a_new_feed_goes_on_behind_any_position(candidate: Candidate) {
    let store = candidate.events();
    for version in 1..=9 {
        write(store, &commit(&stream("1"), version, json!({ "number": version }))).await;
    }
    let everything = drain(candidate.feed(), Positions::new()).await;
    for (index, change) in everything.iter().enumerate() {
        let kept = Positions::from([(change.shard.clone(), change.position.clone())]);
        let rest = drain(candidate.feed(), kept.clone()).await;
        assert_eq!(rest, everything[index + 1..], "behind {index}");
    }
    // A page that was not taken is read again by the same feed.
    let mut feed = candidate.feed();
    let once = feed.read(&Positions::new()).await.unwrap();
    assert_eq!(feed.read(&Positions::new()).await.unwrap(), once);
}

/// The feed brings empty values as they were appended.
pub async fn the_feed_has_what_is_empty(candidate: Candidate) {
    let store = candidate.events();
    let mut appended = Vec::new();
    for (version, data) in
        [json!({}), json!({ "a": {}, "b": [{}], "c": [], "d": "", "e": null })].into_iter().enumerate()
    {
        appended.push(commit(&stream("1"), version as u64 + 1, data));
        write(store, appended.last().unwrap()).await;
    }
    let everything = drain(candidate.feed(), Positions::new()).await;
    assert_eq!(everything.iter().map(decoded).collect::<Vec<_>>(), appended);
}

/// A commit's state stays in the store, if the store keeps states.
pub async fn the_feed_leaves_states_out(candidate: Candidate) {
    let store = candidate.events();
    let commit = commit(&stream("1"), 1, json!({ "number": 1 }));
    let mut new = NewCommit::of(&commit).unwrap();
    if store.keeps_states() {
        new.record.insert(record::STATE.to_owned(), json!({ "state": 1 }));
    }
    assert_eq!(store.append(new).await.unwrap(), Append::Written);
    let everything = drain(candidate.feed(), Positions::new()).await;
    assert_eq!(everything.iter().map(decoded).collect::<Vec<_>>(), [commit]);
    assert_eq!(everything[0].record.get(record::STATE), None);
}

/// Reads a feed until nothing comes.
async fn drain(mut feed: Box<dyn DynChangeFeed>, mut positions: Positions) -> Vec<Change> {
    let mut found = Vec::new();
    loop {
        let page = feed.read(&positions).await.unwrap();
        if page.changes.is_empty() {
            return found;
        }
        for change in page.changes {
            positions.insert(change.shard.clone(), change.position.clone());
            found.push(change);
        }
    }
}

fn decoded(change: &Change) -> Commit {
    let Value::Object(fields) = change.record.clone() else { panic!("{change:?}") };
    record::decode(fields).unwrap()
}
