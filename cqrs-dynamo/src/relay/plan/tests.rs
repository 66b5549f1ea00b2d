use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::lease::{Holder, Sign};
use super::*;

const MARGIN: Duration = Duration::from_mins(15);

/// Hours after a fixed time.
fn at(hours: u64) -> Timestamp {
    Timestamp::from_unix_millis(1_704_103_200_000) + Duration::from_hours(hours)
}

/// `("B", "A")` is a shard with its parent.
fn listed(shards: &[(&str, &str)]) -> Vec<Shard> {
    shards
        .iter()
        .map(|(id, parent)| Shard::new(id, Some(*parent).filter(|parent| !parent.is_empty())))
        .collect()
}

fn board(leases: impl IntoIterator<Item = Lease>) -> Board {
    let shards = leases.into_iter().map(|lease| (lease.id.clone(), lease)).collect();
    Board { begun: true, shards, ..Board::default() }
}

fn done(lease: Lease) -> Lease {
    Lease { done: true, ..lease }
}

fn read(lease: Lease) -> Lease {
    Lease { position: Some("1".to_owned()), ..lease }
}

fn held(lease: Lease, relay: &str, life: Life) -> Lease {
    Lease { holder: Some(Holder { relay: relay.to_owned(), sign: SIGN, life }), ..lease }
}

const SIGN: Sign = Sign { until: None, beat: None, lasts: None };

fn ids(leases: &[&Lease]) -> Vec<String> {
    leases.iter().map(|lease| lease.id.clone()).collect()
}

#[test]
fn the_first_relay_begins_with_what_the_stream_holds() {
    // The parent of C is gone: before the first relay this is not a hole.
    let shards = listed(&[("A", ""), ("B", "A"), ("C", "gone")]);
    let findings = survey(&Board::default(), &shards, at(48), MARGIN);
    let all = ["A", "B", "C"].map(|id| Lease::new(id, at(24), at(48)));
    assert_eq!(findings, Findings { new: all.into(), ..Findings::default() });
    // It is not a hole for a second relay either, which starts while the first one works.
    let half = Board { begun: false, ..board([Lease::new("A", at(24), at(48))]) };
    assert_eq!(survey(&half, &shards, at(48), MARGIN).hole, None);
}

#[test]
fn a_shard_that_follows_another_goes_back_as_far_as_that_one() {
    let board = board([read(Lease::new("A", at(40), at(30)))]);
    let findings = survey(&board, &listed(&[("A", ""), ("B", "A"), ("C", "B")]), at(48), MARGIN);
    let new = ["B", "C"].map(|id| Lease::new(id, at(40), at(48)));
    assert_eq!(findings, Findings { new: new.into(), ..Findings::default() });
}

#[test]
fn a_shard_that_is_gone_before_its_end_is_a_hole() {
    let shards = listed(&[("B", "A")]);
    let leases = |a: Lease| board([a, read(Lease::new("B", at(40), at(30)))]);
    let a = read(Lease::new("A", at(10), at(5)));
    let findings = survey(&leases(a.clone()), &shards, at(48), MARGIN);
    assert_eq!((findings.hole, findings.lost), (Some(at(10)), vec!["A".to_owned()]));

    let findings = survey(&leases(done(a.clone())), &shards, at(48), MARGIN);
    assert_eq!(
        (findings.hole, findings.over),
        (None, vec!["A".to_owned()]),
        "a shard that was read to its end is not a hole"
    );

    let held = survey(&leases(held(a.clone(), "other", Life::Unknown)), &shards, at(48), MARGIN);
    assert_eq!(held, Findings::default(), "a relay is reading it");
    let recent = survey(&leases(Lease { since: at(30), ..a }), &shards, at(48), MARGIN);
    assert_eq!(recent, Findings::default(), "it cannot be gone yet: the list is behind");
}

#[test]
fn a_shard_whose_forebears_nobody_saw_is_a_hole() {
    let leases = [done(Lease::new("A", at(10), at(5))), done(Lease::new("X", at(7), at(5)))];
    let findings = survey(&board(leases), &listed(&[("C", "B"), ("D", "C")]), at(60), MARGIN);
    assert_eq!(findings.hole, Some(at(7)), "it may have followed any of the others");
    assert_eq!(findings.new[0], Lease::new("C", at(60), at(60)));
    // A stream that was turned off and on again begins with new shards.
    let turned_on =
        survey(&board([done(Lease::new("A", at(10), at(9)))]), &listed(&[("N", "")]), at(12), MARGIN);
    assert_eq!(turned_on.hole, Some(at(10)));
}

#[test]
fn a_shard_that_nobody_began_in_time_is_a_hole() {
    let shards = listed(&[("A", "")]);
    let a = Lease::new("A", at(1), at(5));
    assert_eq!(survey(&board([a.clone()]), &shards, at(28), MARGIN), Findings::default());
    let findings = survey(&board([a.clone()]), &shards, at(29), MARGIN);
    assert_eq!((findings.hole, findings.late), (Some(at(1)), vec!["A".to_owned()]));
    // Once there is a position, the stream itself says whether it still has what follows.
    assert_eq!(survey(&board([read(a.clone())]), &shards, at(48), MARGIN), Findings::default());
    assert_eq!(survey(&board([held(a, "other", Life::Seen)]), &shards, at(48), MARGIN), Findings::default());
}

#[test]
fn children_are_read_when_any_relay_has_finished_their_parent() {
    let shards = listed(&[("A", ""), ("B", "A"), ("C", "A"), ("D", "B"), ("E", "gone")]);
    let leases = |finished: &[&str]| {
        board(["A", "B", "C", "D", "E"].map(|id| {
            let lease = held(Lease::new(id, at(1), at(1)), "other", Life::Seen);
            if finished.contains(&id) { done(lease) } else { lease }
        }))
    };
    assert_eq!(ids(&readable(&leases(&[]), &shards)), ["A", "E"]);
    assert_eq!(ids(&readable(&leases(&["A"]), &shards)), ["B", "C", "E"]);
    assert_eq!(ids(&readable(&leases(&["A", "B", "E"]), &shards)), ["C", "D"]);
    // A listed parent without a lease is not done.
    let mut unseen = leases(&["A"]);
    unseen.shards.remove("A");
    assert_eq!(ids(&readable(&unseen, &shards)), ["E"]);
}

#[test]
fn shards_wait_for_a_catch_up() {
    let mut leases = board([Lease::new("A", at(1), at(1))]);
    leases.segments.insert("@catch-up#0001/0004".to_owned(), Lease::new("@catch-up#0001/0004", at(1), at(1)));
    let shards = listed(&[("A", "")]);
    let readable = readable(&leases, &shards);
    assert_eq!(ids(&readable), ["@catch-up#0001/0004"]);
    let share = share(&readable, ["A"], 0, "me");
    assert_eq!((share.take.len(), share.hand_back), (1, vec!["A".to_owned()]));
}

#[test]
fn relays_share_evenly() {
    let free = ["A", "B", "C", "D", "E"].map(|id| Lease::new(id, at(1), at(1)));
    let free: Vec<&Lease> = free.iter().collect();
    let share = |held: &[&str], others: usize| {
        let share = share(&free, held.iter().copied(), others, "me");
        let take: String = share.take.into_iter().map(|lease| lease.id).collect();
        (take, share.hand_back.concat())
    };
    let of = |take: &str, hand_back: &str| (take.to_owned(), hand_back.to_owned());
    assert_eq!(share(&[], 0), of("ABCDE", ""));
    assert_eq!(share(&["A", "B"], 1), of("C", ""));
    assert_eq!(share(&["A", "B", "C", "D", "E"], 1), of("", "DE"));
    assert_eq!(share(&["A"], 2), of("B", ""));
}

#[test]
fn a_relay_that_is_silent_has_no_share() {
    let relays = [("me", Life::Seen), ("you", Life::Unknown), ("they", Life::Seen), ("gone", Life::Silent)];
    let relays = relays.map(|(relay, life)| (relay.to_owned(), (SIGN, life)));
    let board = Board { relays: relays.into(), ..board([]) };
    assert_eq!(board.others("me"), 2);
    assert_eq!(survey(&board, &[], at(1), MARGIN).silent, ["gone"]);
}

#[test]
fn a_lease_is_taken_when_its_relay_is_silent() {
    let take = |life| {
        let lease = held(Lease::new("A", at(1), at(1)), "you", life);
        share(&[&lease], [], 1, "me").take
    };
    assert_eq!(take(Life::Unknown), []);
    assert_eq!(take(Life::Seen), []);
    assert_eq!(take(Life::Silent).len(), 1);
}

/// A tree of shards: for each, the number of an earlier shard as its parent, or its own number if it has no parent.
fn trees() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(any::<prop::sample::Index>(), 1..12)
        .prop_map(|parents| parents.iter().enumerate().map(|(own, parent)| parent.index(own + 1)).collect())
}

proptest! {
    /// Relays come, work, finish and die in any order.
    #[test]
    fn every_shard_is_read_by_one_at_a_time_and_after_its_parent(
        tree in trees(),
        steps in prop::collection::vec((0..3_usize, any::<usize>(), any::<bool>()), 0..60),
    ) {
        let name = |number: usize| format!("shard-{number:02}");
        let shards: Vec<Shard> = tree.iter().enumerate().map(|(own, parent)| {
            Shard::new(&name(own), Some(name(*parent)).filter(|_| *parent != own).as_deref())
        }).collect();
        let mut now = at(0);
        let mut signs: BTreeMap<String, Timestamp> = BTreeMap::new();
        let mut leases = Board::default();
        for lease in survey(&leases, &shards, now, MARGIN).new {
            leases.shards.insert(lease.id.clone(), lease);
        }
        leases.begun = true;
        // In the end every relay gets its turn until all is read.
        let rest = (0..3 * 3 * tree.len()).map(|turn| (turn % 3, 0, false));
        for (relay, finished, dies) in steps.into_iter().chain(rest) {
            now = now + Duration::from_secs(10);
            let me = format!("relay-{relay}");
            // Each relay has its own view of who is alive; here they agree.
            for (relay, at) in &signs {
                let silent = now.since(*at) >= Duration::from_secs(30);
                let life = if silent { Life::Silent } else { Life::Seen };
                leases.relays.insert(relay.clone(), (SIGN, life));
                for lease in leases.shards.values_mut() {
                    if let Some(holder) = lease.holder.as_mut().filter(|holder| holder.relay == *relay) {
                        holder.life = life;
                    }
                }
            }
            let findings = survey(&leases, &shards, now, MARGIN);
            for relay in &findings.silent {
                leases.relays.remove(relay);
            }
            prop_assert_eq!(Findings { silent: Vec::new(), ..findings }, Findings::default());
            signs.insert(me.clone(), now);
            leases.relays.insert(me.clone(), (SIGN, Life::Seen));
            let is_mine = |lease: &Lease| lease.holder.as_ref().is_some_and(|holder| holder.relay == me);
            let mine: Vec<String> =
                leases.shards.values().filter(|lease| is_mine(lease)).map(|lease| lease.id.clone()).collect();
            let readable = readable(&leases, &shards);
            for lease in &readable {
                let parent = shards.iter().find(|shard| shard.id() == lease.id).and_then(Shard::parent);
                prop_assert!(parent.is_none_or(|parent| leases.shards[parent].done), "{} before its parent", lease.id);
            }
            let share = share(&readable, mine.iter().map(String::as_str), leases.others(&me), &me);
            for seen in &share.take {
                prop_assert!(!leases.shards[&seen.id].is_taken(&me), "{} is another relay's", seen.id);
                let taken = held(seen.clone(), &me, Life::Seen);
                leases.shards.insert(seen.id.clone(), taken);
            }
            for id in &share.hand_back {
                leases.shards.get_mut(id).unwrap().holder = None;
            }
            if dies {
                continue;
            }
            let mut held: Vec<&mut Lease> =
                leases.shards.values_mut().filter(|lease| is_mine(lease) && !lease.done).collect();
            if !held.is_empty() {
                let finished = finished % held.len();
                (held[finished].done, held[finished].holder) = (true, None);
            }
        }
        prop_assert!(leases.shards.values().all(|lease| lease.done), "{leases:?}");
    }
}
