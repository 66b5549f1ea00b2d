//! The promises of an event store.

use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::json;

use super::Candidate;
use super::samples::{KINDRED, append, at, commit, event, filled, stream, write};
use crate::commit::{Commit, record};
use crate::key::StreamKey;
use crate::metadata::Metadata;
use crate::runtime::Stores;
use crate::store::limits::{self, MAX_ITEM_BYTES};
use crate::store::{
    Append, CommitKey, CommitPage, CommitScan, CommitState, DynEventStore, EventStore, Extent, NewCommit,
    StoreError,
};
use crate::version::Version;

/// Everything in a commit comes back as it was.
pub async fn a_commit_is_read_back(candidate: Candidate) {
    let store = candidate.events();
    let data = json!({
        "text": "注文 \u{0} \" \\ \u{1F980}", "empty": "", "yes": true, "no": false, "nothing": null,
        "zero": 0, "most": u64::MAX, "least": i64::MIN, "float": 0.1, "small": 1e-100, "large": -1.5e100,
        "list": [1, "two", [3], {}, []], "map": { "a.b": 1, "#": 2, "deep": { "er": [null] } },
    });
    let mut written = commit(&stream("1"), 1, data);
    written.events.push(event("OrderShipped", json!({ "tracking": "Z1" })));
    written.events.push(event("OrderCreated", json!({})));
    written.events[0].widened = 2;
    (written.events[1].schema, written.events[1].widened) = (7, 3);
    let metadata = Arc::make_mut(&mut written.metadata);
    metadata.recorded_at = Some(at(7));
    metadata.created_by = Some("user-123".to_owned());
    metadata.correlation_id = "correlation".to_owned();
    metadata.causation_id = Some("causation".to_owned());
    metadata.trace_context = Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned());

    assert_eq!(append(store, &written).await.unwrap(), Append::Written);
    assert_eq!(all(store, &stream("1")).await, [written]);
}

/// A version is given once. The second writer gets the commit that holds it.
pub async fn a_taken_version_is_answered_with_its_commit(candidate: Candidate) {
    let store = candidate.events();
    let first = commit(&stream("1"), 1, json!({ "who": "first" }));
    let second = Commit {
        metadata: Arc::new(Metadata::new("second", at(9))),
        ..commit(&stream("1"), 1, json!({ "who": "second" }))
    };
    write(store, &first).await;
    assert_eq!(append(store, &second).await.unwrap(), Append::Taken(Box::new(first.clone())));
    assert_eq!(append(store, &first).await.unwrap(), Append::Taken(Box::new(first.clone())));
    assert_eq!(all(store, &stream("1")).await, [first]);
}

/// If many writers want a version at the same time, one gets it, and the others get the commit that it has written.
pub async fn one_of_many_appends_succeeds(candidate: Candidate) {
    let store = candidate.events();
    for version in 1..=5 {
        let commits: Vec<_> = (0..20)
            .map(|writer| Commit {
                metadata: Arc::new(Metadata::new(format!("writer {writer}"), at(writer))),
                ..commit(&stream("1"), version, json!({ "writer": writer }))
            })
            .collect();
        let answers = join_all(commits.iter().map(|commit| append(store, commit))).await;
        let answers: Vec<_> = commits.iter().zip(answers.into_iter().map(Result::unwrap)).collect();
        let written: Vec<_> = answers.iter().filter(|(_, answer)| *answer == Append::Written).collect();
        let [(winner, _)] = written[..] else { panic!("{} writers were told `Written`", written.len()) };
        let taken = Append::Taken(Box::new((*winner).clone()));
        assert_eq!(answers.iter().filter(|(_, answer)| *answer == taken).count(), 19, "{answers:?}");
        assert_eq!(all(store, &stream("1")).await.last(), Some(*winner));
    }
}

/// Streams whose ids are prefixes of each other, or look like a version, stay apart.
pub async fn kindred_streams_stay_apart(candidate: Candidate) {
    let store = candidate.events();
    for (number, id) in KINDRED.iter().enumerate() {
        for version in 1..=number as u64 + 1 {
            write(store, &commit(&stream(id), version, json!({ "id": id }))).await;
        }
    }
    for (number, id) in KINDRED.iter().enumerate() {
        let found = all(store, &stream(id)).await;
        assert_eq!(found.len(), number + 1, "{id}");
        assert!(found.iter().all(|commit| commit.stream == stream(id)), "{id}: {found:?}");
    }
    assert_eq!(all(store, &stream("B")).await, []);
}

/// A read starts after one version and ends with another.
pub async fn reads_have_bounds(candidate: Candidate) {
    let store = candidate.events();
    for version in 1..=12 {
        write(store, &commit(&stream("1"), version, json!({}))).await;
    }
    for (after, until, expected) in
        [(0, 12, 1..=12), (0, 3, 1..=3), (9, 12, 10..=12), (4, 5, 5..=5), (11, 99, 12..=12)]
    {
        let page = store.read(&stream("1"), Version::new(after), Version::new(until)).await.unwrap();
        let versions: Vec<u64> = page.commits.iter().map(|commit| commit.version.get()).collect();
        assert_eq!((versions, page.more), (expected.collect(), false), "after {after} until {until}");
    }
    for (after, until) in [(3, 3), (5, 2), (12, 12), (20, 30)] {
        let page = store.read(&stream("1"), Version::new(after), Version::new(until)).await.unwrap();
        assert!(page.commits.is_empty() && !page.more, "after {after} until {until}");
    }
}

/// Three megabytes take three pages or more, and none of them is lost.
pub async fn a_long_stream_is_paged_to_its_end(candidate: Candidate) {
    let store = candidate.events();
    for version in 1..=30 {
        write(store, &filled(&stream("1"), version, 105_000)).await;
    }
    let first = store.read(&stream("1"), Version::NONE, Version::MAX).await.unwrap();
    assert!(first.more && first.commits.len() < 12, "one page held {} commits", first.commits.len());
    let versions: Vec<u64> =
        all(store, &stream("1")).await.iter().map(|commit| commit.version.get()).collect();
    assert_eq!(versions, (1..=30).collect::<Vec<_>>());
}

/// The size that is counted here is the size that the store counts: the largest commit goes in, and one byte more is
/// refused.
pub async fn the_largest_commit_fits_and_no_more(candidate: Candidate) {
    let store = candidate.events();
    let stream = stream("1");
    let empty = limits::size(&record::encode(&filled(&stream, 1, 0)));
    let largest = filled(&stream, 1, MAX_ITEM_BYTES - empty);
    assert_eq!(append(store, &largest).await.unwrap(), Append::Written);
    assert_eq!(all(store, &stream).await, [largest]);
    match append(store, &filled(&stream, 2, MAX_ITEM_BYTES - empty + 1)).await {
        Err(StoreError::TooLarge { bytes, limit }) => {
            assert_eq!((bytes, limit), (MAX_ITEM_BYTES + 1, MAX_ITEM_BYTES));
        }
        other => panic!("{other:?}"),
    }
}

/// The segments of a scan hold every commit once, each stream in one segment and in its order. A partition holds its
/// own commits.
pub async fn a_scan_finds_every_commit_once(candidate: Candidate) {
    let store = candidate.events();
    let mut written = Vec::new();
    for tenant in 0..12 {
        for id in ["1", "10", "2"] {
            let stream = StreamKey::new(format!("TENANT{tenant:03}#ORDER"), format!("ORDER#{id}")).unwrap();
            for version in 1..=4 {
                let commit = commit(&stream, version, json!({ "id": id }));
                write(store, &commit).await;
                written.push(commit);
            }
        }
    }
    written.sort_by_key(CommitKey::of);
    for of in [1, 2, 5] {
        let mut found = Vec::new();
        for number in 0..of {
            let segment = scan(store, &Extent::Segment { number, of }).await;
            for run in segment.chunk_by(|one, next| one.stream == next.stream) {
                let versions: Vec<u64> = run.iter().map(|commit| commit.version.get()).collect();
                assert_eq!(versions, [1, 2, 3, 4], "{number} of {of}");
            }
            found.extend(segment);
        }
        found.sort_by_key(CommitKey::of);
        assert_eq!(found, written, "{of} segments");
    }
    let mut partition = scan(store, &Extent::Partition("TENANT007#ORDER".to_owned())).await;
    // As texts, `ORDER#10@…` sorts before `ORDER#1@…`.
    partition.sort_by_key(CommitKey::of);
    let expected: Vec<_> =
        written.into_iter().filter(|commit| commit.stream.pk() == "TENANT007#ORDER").collect();
    assert_eq!(partition, expected);
    assert_eq!(scan(store, &Extent::Partition("TENANT00".to_owned())).await, []);
}

/// Each stream of a partition is found once, page by page, whatever the size of a page. Streams whose sort keys begin
/// with a text are found in the same way.
pub async fn the_streams_of_a_partition_are_found_each_once(candidate: Candidate) {
    let store = candidate.events();
    for (number, id) in KINDRED.iter().enumerate() {
        for version in 1..=(number as u64 * 9) + 1 {
            write(store, &commit(&stream(id), version, json!({}))).await;
        }
    }
    let other = StreamKey::new("TENANT002#ORDER", "ORDER#B").unwrap();
    write(store, &commit(&other, 1, json!({}))).await;
    for prefix in ["", "ORDER#", "ORDER#A", "ORDER#A1", "ORDER#B"] {
        let mut expected: Vec<_> = KINDRED.iter().map(|id| stream(id)).collect();
        expected.retain(|stream| stream.sk().starts_with(prefix));
        expected.sort();
        for limit in 1..=KINDRED.len() {
            let (mut found, mut after) = (Vec::new(), None);
            loop {
                let page = store.streams("TENANT001#ORDER", prefix, after.as_ref(), limit).await.unwrap();
                assert!(page.streams.len() <= limit, "{limit} of `{prefix}`: {page:?}");
                assert!(page.read >= page.streams.len() as u64, "{page:?}");
                found.extend(page.streams);
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            found.sort();
            assert_eq!(found, expected, "{limit} of `{prefix}`");
        }
    }
}

/// A scan of three megabytes is paged, and continues after any commit.
pub async fn a_scan_goes_on_behind_any_commit(candidate: Candidate) {
    let store = candidate.events();
    for version in 1..=30 {
        write(store, &filled(&stream("1"), version, 105_000)).await;
    }
    for extent in [Extent::Segment { number: 0, of: 1 }, Extent::Partition("TENANT001#ORDER".to_owned())] {
        let first = store.scan(&extent, None).await.unwrap();
        assert!(first.next.is_some() && first.commits.len() < 12, "one page held {}", first.commits.len());
        let everything = scan(store, &extent).await;
        assert_eq!(everything.len(), 30);
        for (index, commit) in everything.iter().enumerate().step_by(7) {
            let page = store.scan(&extent, Some(&CommitKey::of(commit))).await.unwrap();
            let rest = everything.get(index + 1..).unwrap();
            assert_eq!(page.commits, rest[..page.commits.len()], "behind {index}");
            assert_eq!(page.next.is_none(), page.commits.len() == rest.len(), "behind {index}");
        }
    }
    let count = store.count().await.unwrap();
    assert!(matches!(count, None | Some(30)), "{count:?}");
}

/// The end of a stream is read without its beginning, in the order of the versions.
pub async fn the_last_commits_are_read(candidate: Candidate) {
    let store = candidate.events();
    let streams = KINDRED.map(stream);
    for stream in &streams {
        for version in 1..=12 {
            write(store, &commit(stream, version, json!({}))).await;
        }
    }
    let slow = Forward(candidate.stores());
    let versions =
        |page: &CommitPage| page.commits.iter().map(|commit| commit.version.get()).collect::<Vec<_>>();
    for stream in &streams {
        for (after, limit, expected) in [
            (0, 3, 10..=12),
            (0, 100, 1..=12),
            (9, 3, 10..=12),
            (10, 3, 11..=12),
            (11, 1, 12..=12),
            (4, 7, 6..=12),
        ] {
            let page = store.read_last(stream, Version::new(after), Version::MAX, limit).await.unwrap();
            assert_eq!(versions(&page), expected.clone().collect::<Vec<_>>(), "{stream} {after} {limit}");
            assert!(page.more || *expected.start() == after + 1, "{stream} {after} {limit}");
            assert!(page.commits.iter().all(|commit| commit.stream == *stream));
            let same =
                EventStore::read_last(&slow, stream, Version::new(after), Version::MAX, limit).await.unwrap();
            assert_eq!(page.commits, same.commits, "by default: {stream} {after} {limit}");
        }
        for (until, expected) in [(1, 1..=1), (2, 1..=2), (5, 3..=5), (12, 10..=12), (99, 10..=12)] {
            let until = Version::new(until);
            let page = store.read_last(stream, Version::NONE, until, 3).await.unwrap();
            assert_eq!(versions(&page), expected.clone().collect::<Vec<_>>(), "{stream} until {until}");
            assert!(page.more || *expected.start() == 1, "{stream} until {until}");
            let same = EventStore::read_last(&slow, stream, Version::NONE, until, 3).await.unwrap();
            assert_eq!(page.commits, same.commits, "by default: {stream} until {until}");
        }
        for (after, limit) in [(12, 3), (100, 3), (0, 0), (Version::MAX.get(), 3)] {
            let page = store.read_last(stream, Version::new(after), Version::MAX, limit).await.unwrap();
            assert_eq!(page.commits, [], "{stream} {after} {limit}");
        }
    }
    assert_eq!(store.read_last(&stream("none"), Version::NONE, Version::MAX, 3).await.unwrap().commits, []);
}

/// Commits for which a page has no room are missing at its beginning.
pub async fn the_last_pages_end_at_the_end_of_the_stream(candidate: Candidate) {
    let store = candidate.events();
    for version in 1..=12 {
        write(store, &filled(&stream("1"), version, 200_000)).await;
    }
    let page = store.read_last(&stream("1"), Version::NONE, Version::MAX, 100).await.unwrap();
    let first = page.commits[0].version.get();
    // A store that cannot read backwards has everything in one page.
    assert!((1..12).contains(&first) && page.more == (first > 1), "{first}");
    let versions: Vec<_> = page.commits.iter().map(|commit| commit.version.get()).collect();
    assert_eq!(versions, (first..=12).collect::<Vec<_>>());
    let everything =
        EventStore::read_last(&Forward(candidate.stores()), &stream("1"), Version::NONE, Version::MAX, 100)
            .await
            .unwrap();
    assert_eq!(everything.commits.len(), 12, "by default");
}

/// The state that a commit carries comes with the last commits, and with nothing else. A store that does not keep
/// states says so.
pub async fn a_state_is_read_with_the_last_commits_alone(candidate: Candidate) {
    let store = candidate.events();
    let stream = stream("1");
    let state =
        |version: u64| json!({ "state": { "text": "注文", "none": null, "list": [[], {}] }, "at": version });
    for version in 1..=6 {
        let commit = commit(&stream, version, json!({ "number": version }));
        let mut new = NewCommit::of(&commit).unwrap();
        if version % 2 == 0 {
            new.record.insert(record::STATE.to_owned(), state(version));
        }
        assert_eq!(store.append(new).await.unwrap(), Append::Written);
    }
    for (until, limit) in [(6, 100), (5, 100), (6, 3), (1, 1)] {
        let page = store.read_last(&stream, Version::NONE, Version::new(until), limit).await.unwrap();
        let even = page.commits.iter().map(|commit| commit.version.get()).filter(|version| version % 2 == 0);
        let carried = even.map(|version| CommitState::new(Version::new(version), state(version)));
        let expected = if store.keeps_states() { carried.collect() } else { Vec::new() };
        assert_eq!(page.states, expected, "until {until}, {limit} at most");
    }
    for (version, found) in (1..).zip(all(store, &stream).await) {
        assert_eq!(found, commit(&stream, version, json!({ "number": version })));
    }
    assert_eq!(store.read(&stream, Version::NONE, Version::MAX).await.unwrap().states, []);
}

/// A store that cannot read backwards.
struct Forward(Arc<Stores>);

impl EventStore for Forward {
    async fn append(&self, commit: NewCommit<'_>) -> Result<Append, StoreError> {
        self.0.events.append(commit).await
    }
    async fn read(
        &self,
        stream: &StreamKey,
        after: Version,
        until: Version,
    ) -> Result<CommitPage, StoreError> {
        self.0.events.read(stream, after, until).await
    }
    async fn scan(&self, extent: &Extent, after: Option<&CommitKey>) -> Result<CommitScan, StoreError> {
        self.0.events.scan(extent, after).await
    }
}

/// Reads a stream page by page to its end.
async fn all(store: &dyn DynEventStore, stream: &StreamKey) -> Vec<Commit> {
    let mut found: Vec<Commit> = Vec::new();
    loop {
        let after = found.last().map_or(Version::NONE, |commit| commit.version);
        let page = store.read(stream, after, Version::MAX).await.unwrap();
        found.extend(page.commits);
        if !page.more {
            return found;
        }
    }
}

/// Scans an extent to its end.
async fn scan(store: &dyn DynEventStore, extent: &Extent) -> Vec<Commit> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = store.scan(extent, after.as_ref()).await.unwrap();
        found.extend(page.commits);
        after = page.next;
        if after.is_none() {
            return found;
        }
    }
}
