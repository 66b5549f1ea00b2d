//! The promises of a delivery store.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::{Value, json};

use super::Candidate;
use super::samples::{at, commit, filled, stream, write};
use crate::commit::record;
use crate::key::StreamKey;
use crate::metadata::Metadata;
use crate::store::{DeadLetter, DynDeliveryStore, LetterId, Positions};
use crate::timestamp::Timestamp;
use crate::version::Version;

/// Every subscriber has a position per shard.
pub async fn positions_are_kept_apart(candidate: Candidate) {
    let delivery = candidate.delivery();
    assert_eq!(delivery.positions("a").await.unwrap(), Positions::new());
    for (subscriber, shard, position) in
        [("a", "shard-1", "001"), ("a", "shard-2", "007"), ("b", "shard-1", "003"), ("a", "shard-1", "002")]
    {
        delivery.save_position(subscriber, shard, position).await.unwrap();
    }
    let kept = |entries: &[(&str, &str)]| -> Positions {
        entries.iter().map(|(shard, position)| ((*shard).to_owned(), (*position).to_owned())).collect()
    };
    assert_eq!(delivery.positions("a").await.unwrap(), kept(&[("shard-1", "002"), ("shard-2", "007")]));
    assert_eq!(delivery.positions("b").await.unwrap(), kept(&[("shard-1", "003")]));
    assert_eq!(delivery.positions("a1").await.unwrap(), Positions::new());
}

/// Letters come back as they were. The letters of one stream come in the order of their versions.
pub async fn letters_are_listed_by_stream_and_version(candidate: Candidate) {
    let delivery = candidate.delivery();
    let mut written = Vec::new();
    for version in [12, 2, 100, 1] {
        for id in ["1", "2"] {
            let letter = letter("mailer", id, version);
            delivery.put_letter(&letter).await.unwrap();
            written.push(letter);
        }
    }
    delivery.put_letter(&letter("other", "1", 1)).await.unwrap();
    let found = all(delivery, "mailer").await;
    assert_eq!(found.len(), 8);
    for id in ["1", "2"] {
        let own = |letter: &&DeadLetter| letter.id.sk.starts_with(&format!("ORDER#{id}@"));
        let mut expected: Vec<_> = written.iter().filter(own).cloned().collect();
        expected.sort_by(|left, right| left.id.sk.cmp(&right.id.sk));
        assert_eq!(found.iter().filter(own).cloned().collect::<Vec<_>>(), expected);
    }
    let first = found.iter().position(|letter| letter.id.sk.starts_with("ORDER#1@")).unwrap();
    assert!(first == 0 || first == 4, "the letters of one stream are next to each other");
}

/// A letter that is put again replaces itself. A letter that is removed is gone.
pub async fn letters_are_replaced_and_removed(candidate: Candidate) {
    let delivery = candidate.delivery();
    let mut changed = letter("mailer", "1", 1);
    delivery.put_letter(&changed).await.unwrap();
    changed.attempts = 9;
    changed.reason = "still no".to_owned();
    delivery.put_letter(&changed).await.unwrap();
    assert_eq!(all(delivery, "mailer").await, [changed.clone()]);
    delivery.remove_letter(&changed.id).await.unwrap();
    delivery.remove_letter(&changed.id).await.unwrap();
    assert_eq!(all(delivery, "mailer").await, []);
}

/// More letters than one page holds; the largest possible commit is among them.
pub async fn many_and_large_letters_come_back(candidate: Candidate) {
    let delivery = candidate.delivery();
    for version in 1..=12 {
        let large = filled(&stream("1"), version, 390_000);
        write(candidate.events(), &large).await;
        let letter =
            DeadLetter { record: Value::Object(record::encode(&large)), ..letter("m", "1", version) };
        delivery.put_letter(&letter).await.unwrap();
    }
    let found = all(delivery, "m").await;
    assert_eq!(found.len(), 12);
    for (letter, version) in found.iter().zip(1..) {
        assert_eq!(letter.record, Value::Object(record::encode(&filled(&stream("1"), version, 390_000))));
    }
}

/// Attempts are counted by queue and commit, until they are forgotten.
pub async fn tries_are_counted_by_queue_and_commit(candidate: Candidate) {
    let delivery = candidate.delivery();
    let (one, eleven) = (stream("1"), stream("11"));
    let expires = Timestamp::from_unix_millis(4_102_444_800_000);
    let count = async |queue: &str, stream: &StreamKey, version| {
        delivery.count_attempt(queue, &commit(stream, version, Value::Null), expires).await.unwrap()
    };
    for expected in 1..=3 {
        assert_eq!(count("mail", &one, 3).await, expected);
    }
    assert_eq!(count("mail", &one, 4).await, 1);
    assert_eq!(count("mail", &eleven, 3).await, 1);
    assert_eq!(count("mailer", &one, 3).await, 1);
    delivery.forget_attempts("mail", &commit(&one, 3, Value::Null)).await.unwrap();
    delivery.forget_attempts("mail", &commit(&one, 3, Value::Null)).await.unwrap();
    assert_eq!(count("mail", &one, 3).await, 1);
    assert_eq!(count("mail", &one, 4).await, 2);
    // Another commit in the place of one that a restore has taken back.
    let mut other = commit(&one, 4, Value::Null);
    other.metadata = Arc::new(Metadata::new("another command", at(4)));
    assert_eq!(delivery.count_attempt("mail", &other, expires).await.unwrap(), 1);
}

/// A stream is held back on one queue until nothing holds it back any more.
pub async fn a_parked_stream_waits_for_all_of_its_commits(candidate: Candidate) {
    let delivery = candidate.delivery();
    let (one, eleven) = (stream("1"), stream("11"));
    for (queue, stream, version) in
        [("mail", &one, 3), ("mail", &one, 4), ("mail", &one, 3), ("mail", &eleven, 3), ("mailer", &one, 3)]
    {
        delivery.park(queue, stream, Version::new(version)).await.unwrap();
    }
    let among = [one.clone(), stream("2"), eleven.clone()];
    let parked = async |queue: &str| delivery.parked(queue, &among).await.unwrap();
    assert_eq!(parked("mail").await, HashSet::from([one.clone(), eleven.clone()]));
    assert_eq!(parked("mailer").await, HashSet::from([one.clone()]));
    assert_eq!(parked("m").await, HashSet::new());
    assert_eq!(delivery.parked("mail", &among[1..2]).await.unwrap(), HashSet::new());
    assert_eq!(delivery.parked("mail", &among[2..]).await.unwrap(), HashSet::from([eleven.clone()]));
    assert_eq!(delivery.parked("mail", &[]).await.unwrap(), HashSet::new());
    delivery.unpark("mail", &one, Version::new(4)).await.unwrap();
    delivery.unpark("mail", &one, Version::new(5)).await.unwrap();
    assert_eq!(parked("mail").await, HashSet::from([one.clone(), eleven.clone()]));
    delivery.unpark("mail", &one, Version::new(3)).await.unwrap();
    delivery.unpark("mail", &one, Version::new(3)).await.unwrap();
    assert_eq!(parked("mail").await, HashSet::from([eleven]));
    assert_eq!(parked("mailer").await, HashSet::from([one]));
}

/// The requested streams are found among many parked streams, and no others.
pub async fn parked_streams_are_told_among_those_that_are_asked_for(candidate: Candidate) {
    let delivery = candidate.delivery();
    let tenant = "T".repeat(2000);
    let order =
        |number: u32| StreamKey::new(tenant.clone(), format!("ORDER#{number}{}", "x".repeat(900))).unwrap();
    for number in 0..400 {
        delivery.park("mail", &order(number), Version::new(1)).await.unwrap();
    }
    let asked: Vec<_> = (390..410).map(order).collect();
    assert_eq!(delivery.parked("mail", &asked).await.unwrap(), (390..400).map(order).collect());
}

async fn all(delivery: &dyn DynDeliveryStore, subscriber: &str) -> Vec<DeadLetter> {
    let mut found: Vec<DeadLetter> = Vec::new();
    loop {
        let page = delivery.letters(subscriber, found.last().map(|letter| &letter.id)).await.unwrap();
        if page.is_empty() {
            return found;
        }
        found.extend(page);
    }
}

fn letter(subscriber: &str, id: &str, version: u64) -> DeadLetter {
    let commit = commit(&stream(id), version, json!({ "total": 1 }));
    DeadLetter {
        id: LetterId {
            subscriber: subscriber.to_owned(),
            pk: commit.stream.pk().to_owned(),
            sk: commit.stream.commit_sk(commit.version),
        },
        reason: format!("no. {version}"),
        attempts: u32::try_from(version).unwrap_or(u32::MAX),
        since: at(version),
        record: Value::Object(record::encode(&commit)),
    }
}
