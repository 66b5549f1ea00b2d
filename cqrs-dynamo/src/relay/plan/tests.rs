use proptest::prelude::*;

use super::*;

const MARGIN: Duration = Duration::from_mins(15);

/// Hours after some time.
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

fn held(lease: Lease, owner: &str, until: Timestamp) -> Lease {
    Lease { owner: Some(owner.to_owned()), until: Some(until), ..lease }
}

fn ids(leases: &[&Lease]) -> Vec<String> {
    leases.iter().map(|lease| lease.id.clone()).collect()
}

#[test]
fn the_first_relay_begins_with_what_the_stream_holds() {
    // The parent of C is gone: before the first relay that is no hole.
    let shards = listed(&[("A", ""), ("B", "A"), ("C", "gone")]);
    let findings = survey(&Board::default(), &shards, at(48), MARGIN);
    let all = ["A", "B", "C"].map(|id| Lease::new(id, at(24), at(48)));
    assert_eq!(findings, Findings { new: all.into(), ..Findings::default() });
    // Nor is it for a second one that starts amid the first one's work.
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
    assert_eq!((findings.hole, findings.over), (None, vec!["A".to_owned()]), "one read to its end is none");

    let held = survey(&leases(held(a.clone(), "other", at(49))), &shards, at(48), MARGIN);
    assert_eq!(held, Findings::default(), "a relay reads it just now");
    let recent = survey(&leases(Lease { since: at(30), ..a }), &shards, at(48), MARGIN);
    assert_eq!(recent, Findings::default(), "it cannot be gone yet: the list is behind");
}

#[test]
fn a_shard_whose_forebears_nobody_saw_is_a_hole() {
    let leases = [done(Lease::new("A", at(10), at(5))), done(Lease::new("X", at(7), at(5)))];
    let findings = survey(&board(leases), &listed(&[("C", "B"), ("D", "C")]), at(60), MARGIN);
    assert_eq!(findings.hole, Some(at(7)), "it may have followed any of the others");
    assert_eq!(findings.new[0], Lease::new("C", at(60), at(60)));
    // A stream that was turned off and on again begins with shards of its own.
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
    // Once there is a position, the stream itself says whether it has what follows.
    assert_eq!(survey(&board([read(a.clone())]), &shards, at(48), MARGIN), Findings::default());
    assert_eq!(survey(&board([held(a, "other", at(49))]), &shards, at(48), MARGIN), Findings::default());
}

#[test]
fn children_are_read_when_their_parent_is_done_whoever_read_it() {
    let shards = listed(&[("A", ""), ("B", "A"), ("C", "A"), ("D", "B"), ("E", "gone")]);
    let leases = |finished: &[&str]| {
        board(["A", "B", "C", "D", "E"].map(|id| {
            let lease = held(Lease::new(id, at(1), at(1)), "other", at(9));
            if finished.contains(&id) { done(lease) } else { lease }
        }))
    };
    assert_eq!(ids(&readable(&leases(&[]), &shards)), ["A", "E"]);
    assert_eq!(ids(&readable(&leases(&["A"]), &shards)), ["B", "C", "E"]);
    assert_eq!(ids(&readable(&leases(&["A", "B", "E"]), &shards)), ["C", "D"]);
    // A parent that is listed and has no lease yet is no parent that is done.
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
    let share = share(&readable, ["A"], &BTreeMap::new(), "me", at(2));
    assert_eq!((share.take.len(), share.hand_back), (1, vec!["A".to_owned()]));
}

#[test]
fn relays_share_evenly() {
    let free = ["A", "B", "C", "D", "E"].map(|id| Lease::new(id, at(1), at(1)));
    let free: Vec<&Lease> = free.iter().collect();
    let relays =
        |others: &[(&str, u64)]| others.iter().map(|(id, until)| ((*id).to_owned(), at(*until))).collect();
    let share = |held: &[&str], others: &[(&str, u64)]| {
        let share = share(&free, held.iter().copied(), &relays(others), "me", at(5));
        (share.take.concat(), share.hand_back.concat())
    };
    let of = |take: &str, hand_back: &str| (take.to_owned(), hand_back.to_owned());
    assert_eq!(share(&[], &[]), of("ABCDE", ""));
    assert_eq!(share(&[], &[("me", 9)]), of("ABCDE", ""));
    assert_eq!(share(&["A", "B"], &[("you", 9)]), of("C", ""));
    assert_eq!(share(&["A", "B", "C", "D", "E"], &[("you", 9)]), of("", "DE"));
    assert_eq!(
        share(&["A", "B", "C", "D", "E"], &[("you", 5)]),
        of("", ""),
        "that relay is believed to be gone"
    );
    assert_eq!(share(&["A"], &[("you", 9), ("they", 9)]), of("B", ""));
}

#[test]
fn a_lease_is_taken_when_its_relay_is_gone() {
    let leases = |until| [held(Lease::new("A", at(1), at(1)), "you", at(until))];
    let take = |until| {
        let leases = leases(until);
        share(&[&leases[0]], [], &BTreeMap::from([("you".to_owned(), at(9))]), "me", at(5)).take
    };
    assert_eq!(take(6), Vec::<String>::new());
    assert_eq!(take(5), ["A"]);
}

/// A tree of shards: for each the number of its parent before it, or itself for none.
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
        let mut leases = Board::default();
        for lease in survey(&leases, &shards, now, MARGIN).new {
            leases.shards.insert(lease.id.clone(), lease);
        }
        leases.begun = true;
        // At last every relay gets its turn until all is read.
        let rest = (0..3 * 3 * tree.len()).map(|turn| (turn % 3, 0, false));
        for (relay, finished, dies) in steps.into_iter().chain(rest) {
            now = now + Duration::from_secs(10);
            let me = format!("relay-{relay}");
            let findings = survey(&leases, &shards, now, MARGIN);
            for relay in &findings.silent {
                leases.relays.remove(relay);
            }
            prop_assert_eq!(Findings { silent: Vec::new(), ..findings }, Findings::default());
            leases.relays.insert(me.clone(), now + Duration::from_secs(30));
            let mine: Vec<String> =
                leases.shards.values().filter(|lease| lease.owner.as_ref() == Some(&me)).map(|lease| lease.id.clone()).collect();
            let readable = readable(&leases, &shards);
            for lease in &readable {
                let parent = shards.iter().find(|shard| shard.id() == lease.id).and_then(Shard::parent);
                prop_assert!(parent.is_none_or(|parent| leases.shards[parent].done), "{} before its parent", lease.id);
            }
            let share = share(&readable, mine.iter().map(String::as_str), &leases.relays, &me, now);
            for id in &share.take {
                prop_assert!(!leases.shards[id].is_taken(&me, now), "{id} is another relay's");
                let lease = leases.shards.get_mut(id).unwrap();
                (lease.owner, lease.until) = (Some(me.clone()), Some(now + Duration::from_secs(30)));
            }
            for id in &share.hand_back {
                leases.shards.get_mut(id).unwrap().owner = None;
            }
            if dies {
                continue;
            }
            let mut held: Vec<&mut Lease> =
                leases.shards.values_mut().filter(|lease| lease.owner.as_ref() == Some(&me) && !lease.done).collect();
            for lease in &mut held {
                lease.until = Some(now + Duration::from_secs(30));
            }
            if !held.is_empty() {
                let finished = finished % held.len();
                (held[finished].done, held[finished].owner) = (true, None);
            }
        }
        prop_assert!(leases.shards.values().all(|lease| lease.done), "{leases:?}");
    }
}
