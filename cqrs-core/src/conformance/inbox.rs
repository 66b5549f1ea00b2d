//! The promises of an inbox.

use futures_util::future::join_all;

use super::Candidate;
use super::samples::{at, stream};
use crate::key::StreamKey;
use crate::store::{Claim, Finish, InboxId, InboxLease};
use crate::version::Version;

/// The time at which the records of these tests expire, in 2100. It is long after all leases, and after today, because
/// DynamoDB deletes what has expired, and MiniStack does so within a minute.
const EXPIRES: u64 = 4_102_444_800_000;

/// An event is leased to one owner, who may renew the lease. After it has run out, another owner may take it.
pub async fn an_event_is_leased_to_one_owner_at_a_time(candidate: Candidate) {
    let (inbox, id) = (candidate.delivery(), id("mailer", &stream("1"), 1, 0));
    assert_eq!(inbox.claim(&id, &lease("a", 0, 100)).await.unwrap(), Claim::Claimed);
    assert_eq!(inbox.claim(&id, &lease("b", 50, 150)).await.unwrap(), Claim::Busy { until: at(100) });
    assert_eq!(inbox.claim(&id, &lease("a", 60, 160)).await.unwrap(), Claim::Claimed);
    assert_eq!(inbox.claim(&id, &lease("b", 159, 259)).await.unwrap(), Claim::Busy { until: at(160) });
    assert_eq!(inbox.claim(&id, &lease("b", 160, 260)).await.unwrap(), Claim::Claimed);
    assert_eq!(inbox.claim(&id, &lease("a", 170, 270)).await.unwrap(), Claim::Busy { until: at(260) });
}

/// A finished event stays finished, for every owner and after any lease.
pub async fn a_finished_event_is_not_claimed_again(candidate: Candidate) {
    let (inbox, id) = (candidate.delivery(), id("mailer", &stream("1"), 1, 0));
    let own = lease("a", 0, 100);
    assert_eq!(inbox.claim(&id, &own).await.unwrap(), Claim::Claimed);
    // A second time, as after a lost answer.
    assert_eq!(inbox.finish(&id, &own).await.unwrap(), Finish::Done);
    assert_eq!(inbox.finish(&id, &own).await.unwrap(), Finish::Done);
    for (owner, now) in [("a", 10), ("a", 200), ("b", 10), ("b", 200), ("b", EXPIRES - 1)] {
        let claim = inbox.claim(&id, &lease(owner, now, now + 100)).await.unwrap();
        assert_eq!(claim, Claim::Done, "{owner} {now}");
    }
}

/// A lease that has run out is good until another owner claims the event. Then it is lost, and its former owner changes
/// nothing.
pub async fn a_lost_lease_is_told(candidate: Candidate) {
    let (inbox, id) = (candidate.delivery(), id("mailer", &stream("1"), 1, 0));
    let (slow, fast) = (lease("slow", 0, 100), lease("fast", 100, 200));
    assert_eq!(inbox.finish(&id, &slow).await.unwrap(), Finish::Lost, "never claimed");
    assert_eq!(inbox.claim(&id, &slow).await.unwrap(), Claim::Claimed);
    assert_eq!(inbox.claim(&id, &fast).await.unwrap(), Claim::Claimed);
    assert_eq!(inbox.finish(&id, &slow).await.unwrap(), Finish::Lost);
    inbox.release(&id, &slow).await.unwrap();
    assert_eq!(inbox.claim(&id, &lease("c", 150, 250)).await.unwrap(), Claim::Busy { until: at(200) });
    assert_eq!(inbox.finish(&id, &fast).await.unwrap(), Finish::Done, "nobody has claimed it since");
    assert_eq!(inbox.finish(&id, &slow).await.unwrap(), Finish::Lost);
}

/// After a restore, another commit may be at a place. Its events are others.
pub async fn an_event_that_takes_the_place_of_another_is_another(candidate: Candidate) {
    let (inbox, lost) = (candidate.delivery(), id("mailer", &stream("1"), 1, 0));
    let other = |digest: &str| InboxId { digest: digest.parse().unwrap(), ..lost.clone() };
    let (finished, leased) = (lease("a", 0, 100), lease("b", 10, 110));
    assert_eq!(inbox.claim(&lost, &finished).await.unwrap(), Claim::Claimed);
    assert_eq!(inbox.finish(&lost, &finished).await.unwrap(), Finish::Done);
    let new = other("00000000000000ff");
    assert_eq!(inbox.claim(&new, &leased).await.unwrap(), Claim::Claimed);
    let until = at(110);
    assert_eq!(inbox.claim(&new, &lease("c", 20, 120)).await.unwrap(), Claim::Busy { until });
    assert_eq!(inbox.claim(&other("0000000000000100"), &lease("c", 20, 120)).await.unwrap(), Claim::Claimed);
}

/// A lease that was given back has no owner. A finished event cannot be given back.
pub async fn a_released_event_can_be_claimed_at_once(candidate: Candidate) {
    let (inbox, id) = (candidate.delivery(), id("mailer", &stream("1"), 1, 0));
    let (first, second) = (lease("a", 0, 100), lease("b", 10, 110));
    inbox.release(&id, &first).await.unwrap();
    assert_eq!(inbox.claim(&id, &first).await.unwrap(), Claim::Claimed);
    inbox.release(&id, &first).await.unwrap();
    assert_eq!(inbox.finish(&id, &first).await.unwrap(), Finish::Lost);
    assert_eq!(inbox.claim(&id, &second).await.unwrap(), Claim::Claimed);
    assert_eq!(inbox.finish(&id, &second).await.unwrap(), Finish::Done);
    inbox.release(&id, &second).await.unwrap();
    assert_eq!(inbox.claim(&id, &lease("c", 500, 600)).await.unwrap(), Claim::Done);
}

/// If there are many claims at the same time, one succeeds.
pub async fn one_of_many_claims_succeeds(candidate: Candidate) {
    let (inbox, id) = (candidate.delivery(), id("mailer", &stream("1"), 1, 0));
    let claims = (0..20).map(|owner| {
        let (inbox, id) = (inbox, &id);
        async move { inbox.claim(id, &lease(&owner.to_string(), 0, 100)).await.unwrap() }
    });
    let claims = join_all(claims).await;
    assert_eq!(claims.iter().filter(|claim| **claim == Claim::Claimed).count(), 1, "{claims:?}");
    let busy = Claim::Busy { until: at(100) };
    assert_eq!(claims.iter().filter(|claim| **claim == busy).count(), 19, "{claims:?}");
}

/// Handlers, streams, commits and events have a record each, however similar their names are.
pub async fn kindred_records_stay_apart(candidate: Candidate) {
    let inbox = candidate.delivery();
    let mut ids = Vec::new();
    for handler in ["mail", "mailer", "mail#1"] {
        for stream in [stream("1"), stream("11"), StreamKey::new("TENANT002#ORDER", "ORDER#1").unwrap()] {
            for (version, index) in [(1, 0), (1, 1), (1, 11), (11, 1), (11, 0), (2, 0)] {
                ids.push(id(handler, &stream, version, index));
            }
        }
    }
    // Each has its own owner, because one owner could claim one record again and again.
    for (owner, id) in ids.iter().enumerate() {
        let claim = inbox.claim(id, &lease(&owner.to_string(), 0, 100)).await.unwrap();
        assert_eq!(claim, Claim::Claimed, "{id:?}");
    }
}

fn id(handler: &str, stream: &StreamKey, version: u64, index: usize) -> InboxId {
    InboxId {
        handler: handler.to_owned(),
        stream: stream.clone(),
        version: Version::new(version),
        index,
        digest: "9f2c61d0a7b3e845".parse().unwrap(),
    }
}

fn lease(owner: &str, now: u64, until: u64) -> InboxLease {
    InboxLease { owner: owner.to_owned(), now: at(now), until: at(until), expires: at(EXPIRES) }
}
