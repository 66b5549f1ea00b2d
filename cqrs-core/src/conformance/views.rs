//! The promises of a view store.

use serde_json::json;

use super::Candidate;
use super::samples::at;
use crate::key::StreamKey;
use crate::registry::AskedIndexes;
use crate::store::{Extent, StoreError};
use crate::version::Version;
use crate::view::{
    DynViewStore, Fence, IndexEntry, QueriedViews, Revision, SortRange, StoredView, SwapIn, Unfenced, ViewId,
    ViewQuery, Write,
};

/// The index slots that the views of this suite use.
#[doc(hidden)]
pub const INDEXES: AskedIndexes = AskedIndexes(3);

/// A view is absent, then as it was written.
pub async fn a_view_is_read_back(candidate: Candidate) {
    let store = candidate.views();
    assert_eq!(store.get(&id("1")).await.unwrap(), None);
    for (name, generation) in [("1", 0), ("2", 7)] {
        let written = StoredView { generation, ..view(name, 3) };
        assert_eq!(store.put(&written, Revision::NONE).await.unwrap(), Write::Done);
        assert_eq!(store.get(&id(name)).await.unwrap(), Some(written));
    }
    assert_eq!(store.get(&id("3")).await.unwrap(), None);
}

/// If a store keeps notes, every read returns a view with its note, until the view is written without one.
pub async fn a_view_keeps_what_it_says_of_its_fence(candidate: Candidate) {
    let store = candidate.views();
    if !store.keeps_unfenced() {
        return;
    }
    let note = |version| {
        let stream = StreamKey::new("TENANT001#ORDER", "ORDER#1 %23\u{e9}").unwrap();
        Some(Unfenced::new(stream, Version::new(version)))
    };
    let digest = Some("9f2c61d0a7b3e845".parse().unwrap());
    let first = view("1", 1).with_unfenced(note(7)).with_digest(digest);
    let second = view("1", 2).with_unfenced(note(8)).with_digest(digest);
    assert_eq!(store.put(&first, Revision::NONE).await.unwrap(), Write::Done);
    assert_eq!(store.get(&id("1")).await.unwrap().as_ref(), Some(&first));
    let all = ViewQuery::new(None, id("1").pk, 10);
    let only = std::slice::from_ref(&first);
    assert_eq!(found(store, &all).await, only);
    assert_eq!(store.scan(&Extent::Partition(id("1").pk), None).await.unwrap().views, only);
    assert_eq!(store.put(&second, first.revision()).await.unwrap(), Write::Done);
    assert_eq!(store.get(&id("1")).await.unwrap().as_ref(), Some(&second));
    // The digest of the commit belongs to the revision.
    assert_eq!(store.put(&view("1", 3), at_version(2)).await.unwrap(), Write::Stale);
    let last = [(view("1", 3), second.revision())];
    assert_eq!(store.put_fenced(&fence(8), &fence(0), &last).await.unwrap(), Write::Done);
    assert_eq!(store.get(&id("1")).await.unwrap(), Some(view("1", 3)));
}

/// A write succeeds only over the revision that was read. The same version of another generation is another revision.
pub async fn a_stale_write_changes_nothing(candidate: Candidate) {
    let store = candidate.views();
    assert_eq!(store.put(&view("1", 2), at_version(1)).await.unwrap(), Write::Stale, "over nothing");
    assert_eq!(store.put(&view("1", 2), Revision::NONE).await.unwrap(), Write::Done);
    for expected in [Revision::NONE, at_version(1), at_version(3), of_generation(2, 1)] {
        assert_eq!(store.put(&view("1", 9), expected).await.unwrap(), Write::Stale, "{expected:?}");
    }
    assert_eq!(store.get(&id("1")).await.unwrap(), Some(view("1", 2)));
    let rebuilt = StoredView { generation: 4, ..view("1", 5) };
    assert_eq!(store.put(&rebuilt, at_version(2)).await.unwrap(), Write::Done);
    for expected in [at_version(5), of_generation(5, 3), of_generation(5, 5), of_generation(4, 4)] {
        assert_eq!(store.put(&view("1", 9), expected).await.unwrap(), Write::Stale, "{expected:?}");
    }
    assert_eq!(store.get(&id("1")).await.unwrap(), Some(rebuilt));
    assert_eq!(store.put(&view("1", 6), of_generation(5, 4)).await.unwrap(), Write::Done);
}

/// A view comes back with its entries in indexes, and is found by each of them until it is written with others.
pub async fn a_view_is_found_by_its_entries(candidate: Candidate) {
    let store = candidate.views();
    let entry =
        |slot, first: &str, sk: &str| IndexEntry::new(slot, format!("TENANT001#TOTALS#by#{first}"), sk);
    let by = |slot, first: &str| ViewQuery::new(Some(slot), format!("TENANT001#TOTALS#by#{first}"), 10);
    let one = view("1", 1).with_entries(vec![entry(1, "a", "5 1"), entry(3, "a", "1")]);
    let two = view("2", 1).with_entries(vec![entry(1, "a", "4 2")]);
    for view in [&one, &two] {
        assert_eq!(store.put(view, Revision::NONE).await.unwrap(), Write::Done);
        assert_eq!(store.get(&view.id).await.unwrap().as_ref(), Some(view));
    }
    assert_eq!(found(store, &by(1, "a")).await, [two.clone(), one.clone()]);
    assert_eq!(found(store, &by(3, "a")).await, std::slice::from_ref(&one));
    for nobody in [by(2, "a"), by(1, "b")] {
        assert_eq!(found(store, &nobody).await, []);
    }
    let moved = view("1", 2).with_entries(vec![entry(1, "b", "5 1")]);
    assert_eq!(store.put(&moved, one.revision()).await.unwrap(), Write::Done);
    assert_eq!(found(store, &by(1, "a")).await, [two]);
    assert_eq!(found(store, &by(1, "b")).await, std::slice::from_ref(&moved));
    assert_eq!(found(store, &by(3, "a")).await, []);
    assert_eq!(store.delete(&moved.id, moved.revision()).await.unwrap(), Write::Done);
    assert_eq!(found(store, &by(1, "b")).await, []);
}

/// A partition of views or of an index is read in both directions, between any bounds, in pages of any size, and after
/// a view that has been removed.
pub async fn a_partition_is_queried_page_by_page(candidate: Candidate) {
    let store = candidate.views();
    let names = ["0", "00", "1", "a", "a b", "a!", "aa", "b", "\u{e9}", "\u{10000}", "\u{ffff}"];
    for name in names {
        let entries = vec![IndexEntry::new(1, "TENANT001#TOTALS#by#x", format!("x{name}"))];
        let view = view(name, 1).with_entries(entries);
        assert_eq!(store.put(&view, Revision::NONE).await.unwrap(), Write::Done);
    }
    let sk = |slot: Option<usize>, name: &str| match slot {
        Some(_) => format!("x{name}"),
        None => id(name).sk,
    };
    for slot in [None, Some(1)] {
        let pk = if slot.is_some() { "TENANT001#TOTALS#by#x".to_owned() } else { id("1").pk };
        let at = |name: &str| sk(slot, name);
        for range in [
            SortRange::All,
            SortRange::Prefix(at("a")),
            SortRange::Prefix(at("a b")),
            SortRange::From(at("a!")),
            SortRange::UpTo(at("a!")),
            SortRange::Between(at("00"), at("aa")),
            SortRange::Between(at("a"), at("a")),
            SortRange::Between(at("c"), at("d")),
        ] {
            for descending in [false, true] {
                let query = ViewQuery::new(slot, pk.as_str(), 1000);
                let query = query.with_range(range.clone()).with_descending(descending);
                let mut wanted: Vec<_> = names.map(at).into_iter().filter(|sk| range.holds(sk)).collect();
                wanted.sort();
                if descending {
                    wanted.reverse();
                }
                for limit in [1, 2, 3, 100] {
                    let all = found(store, &ViewQuery { limit, ..query.clone() }).await;
                    let all: Vec<_> =
                        all.iter().map(|view| sk(slot, &view.id.sk[id("").sk.len()..])).collect();
                    assert_eq!(all, wanted, "{query:?}, {limit} at a time");
                }
            }
        }
    }
    let first = ViewQuery::new(None, id("1").pk, 2);
    let QueriedViews { views, next } = store.query(&first).await.unwrap();
    let gone = &views[1];
    assert_eq!(store.delete(&gone.id, gone.revision()).await.unwrap(), Write::Done);
    let rest = found(store, &first.with_after(next)).await;
    assert_eq!(rest.len(), names.len() - 2);
}

/// All views of a query, page by page.
async fn found(store: &dyn DynViewStore, query: &ViewQuery) -> Vec<StoredView> {
    let (mut query, mut all) = (query.clone(), Vec::new());
    loop {
        let QueriedViews { views, next } = store.query(&query).await.unwrap();
        assert!(views.len() <= query.limit as usize, "{} views, for {query:?}", views.len());
        all.extend(views);
        match next {
            Some(next) => query.after = Some(next),
            None => return all,
        }
    }
}

/// One version of a view that took another commit is another revision. The same holds for a fence.
pub async fn what_took_another_commit_is_another(candidate: Candidate) {
    let store = candidate.views();
    let digest = |text: &str| Some(text.parse().unwrap());
    let (lost, new) = (digest("9f2c61d0a7b3e845"), digest("00000000000000ff"));
    let with = |digest| StoredView { digest, ..view("1", 3) };
    assert_eq!(store.put(&with(lost), Revision::NONE).await.unwrap(), Write::Done);
    assert_eq!(store.get(&id("1")).await.unwrap(), Some(with(lost)));
    for stale in [with(new), with(None)] {
        assert_eq!(store.put(&with(new), stale.revision()).await.unwrap(), Write::Stale, "{stale:?}");
    }
    assert_eq!(store.put(&with(new), with(lost).revision()).await.unwrap(), Write::Done);
    let fenced = |digest| Fence { digest, ..fence(3) };
    assert_eq!(store.put_fenced(&fenced(lost), &fence(0), &[]).await.unwrap(), Write::Done);
    assert_eq!(store.fence(&fence_id()).await.unwrap(), Some(fenced(lost)));
    for stale in [fenced(new), fenced(None)] {
        assert_eq!(store.put_fenced(&fenced(new), &stale, &[]).await.unwrap(), Write::Stale, "{stale:?}");
    }
    assert_eq!(store.put_fenced(&fenced(new), &fenced(lost), &[]).await.unwrap(), Write::Done);
}

/// Another edition may leave its number at a fence, even if nothing of the stream has been applied. Then the fence
/// exists.
pub async fn the_number_of_an_edition_belongs_to_a_fence(candidate: Candidate) {
    let store = candidate.views();
    let numbered = |version, last_edition| Fence { last_edition, ..fence(version) };
    assert_eq!(store.put_fenced(&numbered(0, 2), &fence(0), &[]).await.unwrap(), Write::Done);
    assert_eq!(store.fence(&fence_id()).await.unwrap(), Some(numbered(0, 2)));
    for stale in [fence(0), numbered(0, 3)] {
        assert_eq!(store.put_fenced(&numbered(1, 2), &stale, &[]).await.unwrap(), Write::Stale, "{stale:?}");
    }
    assert_eq!(store.put_fenced(&numbered(1, 2), &numbered(0, 2), &[]).await.unwrap(), Write::Done);
    assert_eq!(store.put_fenced(&numbered(1, 3), &numbered(1, 2), &[]).await.unwrap(), Write::Done);
    assert_eq!(store.put_fenced(&numbered(2, 2), &numbered(1, 2), &[]).await.unwrap(), Write::Stale);
    assert_eq!(store.fence(&fence_id()).await.unwrap(), Some(numbered(1, 3)));
}

/// A fence is removed like a view, if it is where it was.
pub async fn a_fence_is_removed_if_nothing_was_applied_since(candidate: Candidate) {
    let store = candidate.views();
    assert_eq!(
        store.put_fenced(&fence(3), &fence(0), &[(view("1", 1), Revision::NONE)]).await.unwrap(),
        Write::Done
    );
    assert_eq!(store.delete(&fence_id(), fence(2).revision()).await.unwrap(), Write::Stale);
    assert_eq!(store.delete(&fence_id(), fence(3).revision()).await.unwrap(), Write::Done);
    assert_eq!(store.fence(&fence_id()).await.unwrap(), None);
    assert_eq!(store.get(&id("1")).await.unwrap(), Some(view("1", 1)));
    assert_eq!(store.put_fenced(&fence(1), &fence(0), &[]).await.unwrap(), Write::Done);
}

/// A rebuilt view replaces a view that is not ahead and of an earlier generation, and takes a place that is empty.
pub async fn a_rebuilt_view_never_goes_back(candidate: Candidate) {
    let store = candidate.views();
    let rebuilt = |version, generation| StoredView { generation, ..view("1", version) };
    for (version, generation, expected) in [
        (3, 2, Write::Done),
        (3, 2, Write::Stale),
        (4, 1, Write::Stale),
        (2, 3, Write::Stale),
        (3, 3, Write::Done),
        (9, 4, Write::Done),
    ] {
        let written = store.put_rebuilt(&rebuilt(version, generation)).await.unwrap();
        assert_eq!(written, expected, "version {version}, generation {generation}");
    }
    assert_eq!(store.get(&id("1")).await.unwrap(), Some(rebuilt(9, 4)));
    // It replaces a view that no replay has built.
    assert_eq!(store.put(&view("2", 5), Revision::NONE).await.unwrap(), Write::Done);
    assert_eq!(store.put_rebuilt(&StoredView { generation: 1, ..view("2", 4) }).await.unwrap(), Write::Stale);
    assert_eq!(store.put_rebuilt(&StoredView { generation: 1, ..view("2", 5) }).await.unwrap(), Write::Done);
}

/// Each of many rebuilt views replaces the stored one or does not, independently, and leaves nothing of it.
pub async fn rebuilt_views_are_written_each_for_itself(candidate: Candidate) {
    let store = candidate.views();
    let by = |first: &str| ViewQuery::new(Some(1), format!("TENANT001#TOTALS#by#{first}"), 100);
    let entry = |first: &str, sk: &str| vec![IndexEntry::new(1, format!("TENANT001#TOTALS#by#{first}"), sk)];
    let name = |number: usize| format!("{number:02}");
    assert_eq!(store.put_rebuilt_all(&[]).await.unwrap(), []);
    // Of 60 views, every third is new, and every third is ahead or of a later replay.
    for number in (0..60).filter(|number| number % 3 > 0) {
        let (version, generation) = match number % 6 {
            2 => (9, 1),
            5 => (3, 4),
            _ => (3, 1),
        };
        let stored = StoredView { generation, ..view(&name(number), version) };
        let stored = stored.with_entries(entry("old", &name(number)));
        assert_eq!(store.put(&stored, Revision::NONE).await.unwrap(), Write::Done);
    }
    let rebuilt = |number: usize, generation| {
        let rebuilt = StoredView { generation, data: json!({ "rebuilt": number }), ..view(&name(number), 4) };
        rebuilt.with_entries(if number.is_multiple_of(2) { entry("new", &name(number)) } else { Vec::new() })
    };
    let all: Vec<_> = (0..60).map(|number| rebuilt(number, 3)).collect();
    let written = store.put_rebuilt_all(&all).await.unwrap();
    let expected: Vec<_> =
        (0..60).map(|number| if number % 3 == 2 { Write::Stale } else { Write::Done }).collect();
    assert_eq!(written, expected);
    for (view, written) in all.iter().zip(written) {
        let stored = store.get(&view.id).await.unwrap();
        assert_eq!(stored.as_ref() == Some(view), written == Write::Done, "{stored:?}");
    }
    // A rebuilt view is not where the earlier one was.
    let listed: Vec<_> = found(store, &by("old")).await.into_iter().map(|view| view.id).collect();
    assert_eq!(
        listed,
        (0..60).filter(|number| number % 3 == 2).map(|number| id(&name(number))).collect::<Vec<_>>()
    );
    assert_eq!(found(store, &by("new")).await.len(), 20);
    // Again, and again by a later replay.
    assert_eq!(store.put_rebuilt_all(&all).await.unwrap(), [Write::Stale; 60]);
    let later: Vec<_> = (0..60).map(|number| rebuilt(number, 5)).collect();
    let ahead = |number| if number % 6 == 2 { Write::Stale } else { Write::Done };
    assert_eq!(store.put_rebuilt_all(&later).await.unwrap(), (0..60).map(ahead).collect::<Vec<_>>());
    // A view that does not fit anywhere is an error, as it is alone.
    let mut large = rebuilt(0, 7);
    large.data = json!({ "text": "x".repeat(500_000) });
    let error = store.put_rebuilt_all(&[rebuilt(1, 7), large]).await.unwrap_err();
    assert!(matches!(error, StoreError::TooLarge { .. }), "{error:?}");
    // Large views are written too, however many there are.
    let large = |number| {
        let large = StoredView { generation: 1, ..view(&format!("large-{number}"), 1) };
        StoredView { data: json!({ "text": "x".repeat(390_000) }), ..large }
    };
    let large: Vec<_> = (0..25).map(large).collect();
    assert_eq!(store.put_rebuilt_all(&large).await.unwrap(), [Write::Done; 25]);
    assert_eq!(store.get(&large[24].id).await.unwrap().as_ref(), Some(&large[24]));
}

/// Many views or fences come back as each does alone, in the order in which they were requested.
pub async fn many_are_read_in_the_order_of_their_ids(candidate: Candidate) {
    let store = candidate.views();
    assert_eq!(store.get_all(&[]).await.unwrap(), []);
    let large = |number: usize| {
        let large = view(&format!("{number:03}"), 1);
        StoredView { data: json!({ "text": "x".repeat(100_000) }), ..large }
    };
    let fence_of = |number: usize| {
        let mut fence = fence(number as u64 + 1);
        fence.id.sk = format!("ORDER#{number:03}");
        fence
    };
    for number in (0..210).step_by(2) {
        let (view, fence) = (large(number), fence_of(number));
        let none = Fence::none(fence.id.clone());
        let written = store.put_fenced(&fence, &none, &[(view, Revision::NONE)]).await.unwrap();
        assert_eq!(written, Write::Done);
    }
    let numbers: Vec<usize> = (0..210).rev().collect();
    let is_there = |number: &usize| number.is_multiple_of(2);
    let ids: Vec<_> = numbers.iter().map(|number| large(*number).id).collect();
    let views: Vec<_> = numbers.iter().map(|number| is_there(number).then(|| large(*number))).collect();
    assert_eq!(store.get_all(&ids).await.unwrap(), views);
    let ids: Vec<_> = numbers.iter().map(|number| fence_of(*number).id).collect();
    let fences: Vec<_> = numbers.iter().map(|number| is_there(number).then(|| fence_of(*number))).collect();
    assert_eq!(store.fences(&ids).await.unwrap(), fences);
    assert_eq!(store.fences(&ids[1..2]).await.unwrap(), fences[1..2]);
}

/// Several fences and their views are written in one step, as many as the store takes.
pub async fn several_fences_are_written_together_or_not_at_all(candidate: Candidate) {
    let store = candidate.views();
    let of = |stream: usize, version| {
        let mut fence = fence(version);
        fence.id.sk = format!("ORDER#{stream}");
        fence
    };
    let absent = |stream| Fence::none(of(stream, 0).id);
    let both = [(view("1", 1), Revision::NONE), (view("2", 1), Revision::NONE)];
    // One is always taken.
    assert_eq!(store.put_all_fenced(&[(of(0, 1), absent(0))], &[]).await.unwrap(), Write::Done);
    let most = store.fences_at_once();
    if most < 2 {
        let several = [(of(1, 1), absent(1)), (of(2, 1), absent(2))];
        let error = store.put_all_fenced(&several, &both).await.unwrap_err();
        assert!(matches!(error, StoreError::Refused { .. }), "{error:?}");
        return;
    }
    // A fence or a view that is not as expected prevents the whole write.
    for (expected, revision) in [(of(2, 7), Revision::NONE), (absent(2), at_version(1))] {
        let several = [(of(1, 1), absent(1)), (of(2, 1), expected)];
        let views = [(view("1", 1), Revision::NONE), (view("2", 1), revision)];
        assert_eq!(store.put_all_fenced(&several, &views).await.unwrap(), Write::Stale);
        assert_eq!(store.fences(&[of(1, 0).id, of(2, 0).id]).await.unwrap(), [None, None]);
        assert_eq!(store.get_all(&[id("1"), id("2")]).await.unwrap(), [None, None]);
    }
    let several = [(of(0, 2), of(0, 1)), (of(1, 1), absent(1)), (of(2, 1), absent(2))];
    assert_eq!(store.put_all_fenced(&several, &both).await.unwrap(), Write::Done);
    assert_eq!(store.put_all_fenced(&several, &both).await.unwrap(), Write::Stale);
    for (fence, _) in &several {
        assert_eq!(store.fence(&fence.id).await.unwrap().as_ref(), Some(fence));
    }
    assert_eq!(store.get(&id("2")).await.unwrap(), Some(view("2", 1)));
    // Together with the views, they are as many as one transaction takes.
    let many = |count| (10..10 + count).map(|stream| (of(stream, 1), absent(stream))).collect::<Vec<_>>();
    let next = [(view("1", 2), at_version(1)), (view("2", 2), at_version(1))];
    let error = store.put_all_fenced(&many(99), &next).await.unwrap_err();
    assert!(matches!(error, StoreError::Refused { .. }), "{error:?}");
    assert_eq!(store.put_all_fenced(&many(most.min(98)), &next).await.unwrap(), Write::Done);
}

/// Each of many views is put in place and its shadow removed, or neither happens.
pub async fn views_are_swapped_in_each_for_itself(candidate: Candidate) {
    let store = candidate.views();
    let shadow = |number: usize| {
        let mut shadow = view(&format!("{number:03}"), 2);
        shadow.id.pk.push_str("~3");
        shadow
    };
    let live = |number: usize| view(&format!("{number:03}"), 5);
    assert_eq!(store.swap_in_all(&[]).await.unwrap(), []);
    for number in 0..70 {
        assert_eq!(store.put(&shadow(number), Revision::NONE).await.unwrap(), Write::Done);
        if number.is_multiple_of(2) {
            assert_eq!(store.put(&live(number), Revision::NONE).await.unwrap(), Write::Done);
        }
    }
    let swap = |number: usize| {
        let new = StoredView { generation: 3, ..view(&format!("{number:03}"), 2) };
        // Of two of the first 50, one copy has changed since.
        let expected = match number {
            4 => at_version(4),
            _ if number.is_multiple_of(2) => at_version(5),
            _ => Revision::NONE,
        };
        let shadow_expected = at_version(if number == 7 { 1 } else { 2 });
        SwapIn::new(new, expected, shadow(number).id, shadow_expected)
    };
    let swaps: Vec<_> = (0..70).map(swap).collect();
    let written = store.swap_in_all(&swaps).await.unwrap();
    for (number, (swap, written)) in swaps.iter().zip(&written).enumerate() {
        let is_swapped = ![4, 7].contains(&number);
        assert_eq!(*written, if is_swapped { Write::Done } else { Write::Stale }, "{number}");
        let stored = store.get(&swap.view.id).await.unwrap();
        assert_eq!(stored.as_ref() == Some(&swap.view), is_swapped, "{number}");
        assert_eq!(store.get(&swap.shadow).await.unwrap().is_none(), is_swapped, "{number}");
    }
    assert_eq!(written.len(), 70);
}

/// A view is removed only if it is as it was read.
pub async fn a_stale_removal_changes_nothing(candidate: Candidate) {
    let store = candidate.views();
    let written = StoredView { generation: 2, ..view("1", 3) };
    assert_eq!(store.put(&written, Revision::NONE).await.unwrap(), Write::Done);
    for expected in [at_version(3), of_generation(3, 1), of_generation(2, 2)] {
        assert_eq!(store.delete(&id("1"), expected).await.unwrap(), Write::Stale, "{expected:?}");
    }
    assert_eq!(store.get(&id("1")).await.unwrap(), Some(written));
    assert_eq!(store.delete(&id("1"), of_generation(3, 2)).await.unwrap(), Write::Done);
    assert_eq!(store.get(&id("1")).await.unwrap(), None);
}

/// A view replaces the live one and its shadow is removed, together or not at all.
pub async fn a_view_is_swapped_in_whole(candidate: Candidate) {
    let store = candidate.views();
    let shadow = |version| {
        let mut shadow = view("1", version);
        shadow.id.pk.push_str("~3");
        shadow
    };
    let new = StoredView { generation: 3, ..view("1", 8) };
    assert_eq!(store.put(&view("1", 5), Revision::NONE).await.unwrap(), Write::Done);
    assert_eq!(store.put(&shadow(8), Revision::NONE).await.unwrap(), Write::Done);
    let place = shadow(8).id;
    for (live, expected) in [
        (at_version(4), at_version(8)),
        (Revision::NONE, at_version(8)),
        (at_version(5), at_version(7)),
        (at_version(5), Revision::NONE),
    ] {
        let swapped = store.swap_in(&new, live, &place, expected).await.unwrap();
        assert_eq!(swapped, Write::Stale, "{live:?} {expected:?}");
    }
    assert_eq!(store.get(&id("1")).await.unwrap(), Some(view("1", 5)));
    assert_eq!(store.get(&place).await.unwrap(), Some(shadow(8)));
    let swapped = store.swap_in(&new, at_version(5), &place, at_version(8)).await.unwrap();
    assert_eq!(swapped, Write::Done);
    assert_eq!(store.get(&id("1")).await.unwrap(), Some(new.clone()));
    assert_eq!(store.get(&place).await.unwrap(), None);
    // The same holds if there is no live view.
    assert_eq!(store.put(&shadow(1), Revision::NONE).await.unwrap(), Write::Done);
    assert_eq!(store.delete(&id("1"), new.revision()).await.unwrap(), Write::Done);
    let swapped = store.swap_in(&new, Revision::NONE, &place, at_version(1)).await.unwrap();
    assert_eq!(swapped, Write::Done);
}

/// A fence and its views are written together or not at all.
pub async fn a_fenced_write_is_all_or_nothing(candidate: Candidate) {
    let store = candidate.views();
    let none = Revision::NONE;
    assert_eq!(store.fence(&fence_id()).await.unwrap(), None);
    let both = [(view("1", 1), none), (view("2", 1), none)];
    assert_eq!(store.put_fenced(&fence(4), &fence(0), &both).await.unwrap(), Write::Done);
    assert_eq!(store.fence(&fence_id()).await.unwrap(), Some(fence(4)));

    // A stale fence prevents the write of the views. A stale view prevents the write of the fence and of the other
    // view.
    let next = [(view("1", 2), at_version(1)), (view("2", 2), at_version(1))];
    assert_eq!(store.put_fenced(&fence(5), &fence(3), &next).await.unwrap(), Write::Stale);
    for stale in [at_version(7), of_generation(1, 1)] {
        let stale = [(view("1", 2), at_version(1)), (view("2", 2), stale)];
        assert_eq!(store.put_fenced(&fence(5), &fence(4), &stale).await.unwrap(), Write::Stale);
    }
    let appears = [(view("1", 2), at_version(1)), (view("3", 1), at_version(1))];
    assert_eq!(store.put_fenced(&fence(5), &fence(4), &appears).await.unwrap(), Write::Stale);
    assert_eq!(store.fence(&fence_id()).await.unwrap(), Some(fence(4)));
    assert_eq!(store.get(&id("1")).await.unwrap(), Some(view("1", 1)));
    assert_eq!(store.get(&id("2")).await.unwrap(), Some(view("2", 1)));
    assert_eq!(store.get(&id("3")).await.unwrap(), None);

    assert_eq!(store.put_fenced(&fence(5), &fence(4), &next).await.unwrap(), Write::Done);
    assert_eq!(store.get(&id("2")).await.unwrap(), Some(view("2", 2)));
    // Events that change no view still move the fence.
    assert_eq!(store.put_fenced(&fence(6), &fence(5), &[]).await.unwrap(), Write::Done);
    assert_eq!(store.fence(&fence_id()).await.unwrap(), Some(fence(6)));
}

/// A fence that has joined a replay, or has advanced in it, is another fence.
pub async fn a_fence_tells_replays_apart(candidate: Candidate) {
    let store = candidate.views();
    let part = |version, generation, generation_version| Fence {
        generation,
        generation_version: Version::new(generation_version),
        ..fence(version)
    };
    assert_eq!(store.put_fenced(&fence(4), &fence(0), &[]).await.unwrap(), Write::Done);
    let mut stored = fence(4);
    for next in [part(4, 3, 0), part(4, 3, 2), part(5, 3, 2), part(5, 3, 5), part(6, 3, 6), part(6, 4, 0)] {
        for stale in [part(4, 2, 4), part(4, 3, 3), part(5, 3, 4), part(6, 3, 5), part(7, 4, 0)] {
            assert_eq!(store.put_fenced(&part(9, 9, 9), &stale, &[]).await.unwrap(), Write::Stale);
        }
        assert_eq!(store.put_fenced(&next, &stored, &[]).await.unwrap(), Write::Done, "{next:?}");
        assert_eq!(store.put_fenced(&next, &stored, &[]).await.unwrap(), Write::Stale, "{next:?}");
        assert_eq!(store.fence(&fence_id()).await.unwrap(), Some(next.clone()));
        stored = next;
    }
}

/// A fence within a commit differs from the fence before and after it, even within the first commit of a stream.
pub async fn a_fence_tells_how_far_a_commit_is_applied(candidate: Candidate) {
    let store = candidate.views();
    for version in [0, 4] {
        let part = |part: Option<&str>, generation_part: Option<&str>| {
            let text = |part: &str| format!("ORDER_SUMMARY#{part}");
            Fence { part: part.map(text), generation_part: generation_part.map(text), ..fence(version) }
        };
        let mut stored = part(None, None);
        if !stored.is_none() {
            assert_eq!(store.put_fenced(&stored, &fence(1), &[]).await.unwrap(), Write::Done);
        }
        let steps = [(Some("1"), None), (Some("2"), None), (Some("2"), Some("1")), (Some("2"), Some("2"))];
        let steps = steps.map(|(one, other)| part(one, other));
        for next in &steps {
            for stale in steps.iter().chain([&part(None, Some("1"))]).filter(|stale| **stale != stored) {
                assert_eq!(store.put_fenced(&fence(9), stale, &[]).await.unwrap(), Write::Stale, "{stale:?}");
            }
            assert_eq!(store.put_fenced(next, &stored, &[]).await.unwrap(), Write::Done, "{next:?}");
            assert_eq!(store.fence(&fence_id()).await.unwrap().as_ref(), Some(next));
            stored = next.clone();
        }
        assert_eq!(store.put_fenced(&fence(version + 1), &stored, &[]).await.unwrap(), Write::Done);
        assert_eq!(store.fence(&fence_id()).await.unwrap(), Some(fence(version + 1)));
    }
}

/// What DynamoDB takes in one transaction goes in. Every store refuses more.
pub async fn a_transaction_has_its_limits(candidate: Candidate) {
    let store = candidate.views();
    let views = |count: usize, bytes: usize| -> Vec<(StoredView, Revision)> {
        let data = json!({ "text": "x".repeat(bytes) });
        let one = |number| StoredView { data: data.clone(), ..view(&format!("{count}-{number}"), 1) };
        (0..count).map(|number| (one(number), Revision::NONE)).collect()
    };
    assert_eq!(store.put_fenced(&fence(1), &fence(0), &views(99, 10)).await.unwrap(), Write::Done);
    assert_eq!(store.put_fenced(&fence(2), &fence(1), &views(10, 400_000)).await.unwrap(), Write::Done);
    for (count, bytes) in [(100, 10), (11, 400_000)] {
        let error = store.put_fenced(&fence(3), &fence(2), &views(count, bytes)).await.unwrap_err();
        assert!(matches!(error, StoreError::Refused { .. }), "{error:?}");
    }
    assert_eq!(store.fence(&fence_id()).await.unwrap(), Some(fence(2)));
}

/// The views of one partition, and no others, come in the order of their keys, page by page.
pub async fn a_partition_is_listed_to_its_end(candidate: Candidate) {
    let store = candidate.views();
    for number in 0..25 {
        let mut large = view(&format!("{number:03}"), 1);
        large.data = json!({ "text": "x".repeat(100_000) });
        assert_eq!(store.put(&large, Revision::NONE).await.unwrap(), Write::Done);
    }
    let mut other = view("000", 1);
    other.id.pk = "TENANT001#ORDER_SUMMARY2".to_owned();
    assert_eq!(store.put(&other, Revision::NONE).await.unwrap(), Write::Done);

    let extent = |pk: &str| Extent::Partition(pk.to_owned());
    let found = scan(store, &extent("TENANT001#ORDER_SUMMARY")).await;
    assert_eq!(found, (0..25).map(|number| id(&format!("{number:03}"))).collect::<Vec<_>>());
    assert_eq!(scan(store, &extent("TENANT001#NONE")).await, []);
}

/// The segments of a scan hold every view once, and nothing else.
pub async fn a_scan_finds_every_view_once(candidate: Candidate) {
    let store = candidate.views();
    let mut written = Vec::new();
    for tenant in 0..15 {
        for name in ["1", "2", "3"] {
            let mut view = view(name, 1);
            view.id.pk = format!("TENANT{tenant:03}#ORDER_SUMMARY");
            assert_eq!(store.put(&view, Revision::NONE).await.unwrap(), Write::Done);
            written.push(view.id.clone());
        }
    }
    assert_eq!(store.put_fenced(&fence(4), &fence(0), &[]).await.unwrap(), Write::Done);
    written.sort();
    for of in [1, 4] {
        let mut found = Vec::new();
        for number in 0..of {
            found.extend(scan(store, &Extent::Segment { number, of }).await);
        }
        found.sort();
        assert_eq!(found, written, "{of} segments");
    }
}

/// A view over 400 KB is refused with its size.
pub async fn an_oversized_view_is_refused(candidate: Candidate) {
    let store = candidate.views();
    let mut large = view("1", 1);
    large.data = json!({ "text": "x".repeat(500_000) });
    let error = store.put(&large, Revision::NONE).await.unwrap_err();
    assert!(matches!(error, StoreError::TooLarge { bytes: 500_000.., .. }), "{error:?}");
    assert_eq!(store.get(&id("1")).await.unwrap(), None);
}

async fn scan(store: &dyn DynViewStore, extent: &Extent) -> Vec<ViewId> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = store.scan(extent, after.as_ref()).await.unwrap();
        found.extend(page.views.into_iter().map(|view| view.id));
        after = page.next;
        if after.is_none() {
            return found;
        }
    }
}

fn id(id: &str) -> ViewId {
    ViewId { pk: "TENANT001#ORDER_SUMMARY".to_owned(), sk: format!("ORDER_SUMMARY#{id}") }
}

fn fence_id() -> ViewId {
    ViewId { pk: "TENANT001#ORDER@CUSTOMER_TOTALS".to_owned(), sk: "ORDER#1".to_owned() }
}

fn fence(version: u64) -> Fence {
    let version = Version::new(version);
    Fence { version, generation_version: version, ..Fence::none(fence_id()) }
}

fn at_version(version: u64) -> Revision {
    of_generation(version, 0)
}

fn of_generation(version: u64, generation: u64) -> Revision {
    Revision { generation, version: Version::new(version), digest: None }
}

fn view(name: &str, version: u64) -> StoredView {
    StoredView {
        id: id(name),
        version: Version::new(version),
        generation: 0,
        digest: None,
        data: json!({ "total": version, "note": null }),
        updated_at: at(version),
        entries: Vec::new(),
        fingerprint: Some("0123456789abcdef".to_owned()),
        unfenced: None,
    }
}
