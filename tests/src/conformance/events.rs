//! The promises of an event store and of its feed.

use std::sync::Arc;

use cqrs_core::delivery::{Change, ChangeFeed, Positions};
use cqrs_core::store::limits::{self, MAX_ITEM_BYTES};
use cqrs_core::store::{Append, CommitKey, CommitPage, CommitScan, EventStore, Extent, NewCommit, record};
use cqrs_core::{Commit, StoreError, StreamKey, Version};
use serde_json::{Value, json};

use super::{Whole, append, at, commit, event, filled, stream};

/// Ids that a careless store would confuse with one another.
pub const KINDRED: [&str; 7] = ["A", "A1", "A10", "A%400000000001", "A ", "a", "注文"];

/// Everything in a commit comes back as it was.
pub async fn a_commit_is_read_back(store: impl Whole) {
    let data = json!({
        "text": "注文 \u{0} \" \\ \u{1F980}", "empty": "", "yes": true, "no": false, "nothing": null,
        "zero": 0, "most": u64::MAX, "least": i64::MIN, "float": 0.1, "small": 1e-100, "large": -1.5e100,
        "list": [1, "two", [3], {}, []], "map": { "a.b": 1, "#": 2, "deep": { "er": [null] } },
    });
    let mut written = commit(&stream("1"), 1, data);
    written.events.push(event("OrderShipped", json!({ "tracking": "Z1" })));
    written.events.push(event("OrderCreated", json!({})));
    written.events[1].schema = 7;
    let metadata = Arc::make_mut(&mut written.metadata);
    metadata.recorded_at = Some(at(7));
    metadata.created_by = Some("user-123".to_owned());
    metadata.correlation_id = "correlation".to_owned();
    metadata.causation_id = Some("causation".to_owned());
    metadata.trace_context = Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned());

    assert_eq!(append(&store, &written).await.unwrap(), Append::Written);
    assert_eq!(all(&store, &stream("1")).await, [written]);
}

/// A version is given once; who comes second is handed the commit that holds it.
pub async fn a_taken_version_is_answered_with_its_commit(store: impl Whole) {
    let first = commit(&stream("1"), 1, json!({ "who": "first" }));
    let second = Commit {
        metadata: Arc::new(cqrs_core::Metadata::new("second", at(9))),
        ..commit(&stream("1"), 1, json!({ "who": "second" }))
    };
    append(&store, &first).await.unwrap();
    assert_eq!(append(&store, &second).await.unwrap(), Append::Taken(Box::new(first.clone())));
    assert_eq!(append(&store, &first).await.unwrap(), Append::Taken(Box::new(first.clone())));
    assert_eq!(all(&store, &stream("1")).await, [first]);
}

/// Streams whose ids are prefixes of each other, or look like a version, stay apart.
pub async fn kindred_streams_stay_apart(store: impl Whole) {
    for (number, id) in KINDRED.iter().enumerate() {
        for version in 1..=number as u64 + 1 {
            append(&store, &commit(&stream(id), version, json!({ "id": id }))).await.unwrap();
        }
    }
    for (number, id) in KINDRED.iter().enumerate() {
        let found = all(&store, &stream(id)).await;
        assert_eq!(found.len(), number + 1, "{id}");
        assert!(found.iter().all(|commit| commit.stream == stream(id)), "{id}: {found:?}");
    }
    assert_eq!(all(&store, &stream("B")).await, []);
}

/// A read starts after one version and ends with another.
pub async fn reads_have_bounds(store: impl Whole) {
    for version in 1..=12 {
        append(&store, &commit(&stream("1"), version, json!({}))).await.unwrap();
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

/// Three megabytes take three pages or more, and none of it is lost.
pub async fn a_long_stream_is_paged_to_its_end(store: impl Whole) {
    for version in 1..=30 {
        append(&store, &filled(&stream("1"), version, 105_000)).await.unwrap();
    }
    let first = store.read(&stream("1"), Version::NONE, Version::MAX).await.unwrap();
    assert!(first.more && first.commits.len() < 12, "one page held {} commits", first.commits.len());
    let versions: Vec<u64> =
        all(&store, &stream("1")).await.iter().map(|commit| commit.version.get()).collect();
    assert_eq!(versions, (1..=30).collect::<Vec<_>>());
}

/// The size that is counted here is the size that the store counts: the largest commit goes in, one byte more
/// is refused.
pub async fn the_largest_commit_fits_and_no_more(store: impl Whole) {
    let stream = stream("1");
    let empty = limits::size(&record::encode(&filled(&stream, 1, 0)));
    let largest = filled(&stream, 1, MAX_ITEM_BYTES - empty);
    assert_eq!(append(&store, &largest).await.unwrap(), Append::Written);
    assert_eq!(all(&store, &stream).await, [largest]);
    match append(&store, &filled(&stream, 2, MAX_ITEM_BYTES - empty + 1)).await {
        Err(StoreError::TooLarge { bytes, limit }) => {
            assert_eq!((bytes, limit), (MAX_ITEM_BYTES + 1, MAX_ITEM_BYTES));
        }
        other => panic!("{other:?}"),
    }
}

/// What an item has no place for is refused with its place, and nothing is written.
pub async fn what_does_not_fit_is_named(store: impl Whole) {
    for (data, place) in [(json!({ "a": [1, 1e200] }), "`data.a.1`"), (json!({ "a": { "": 1 } }), "`data.a`")]
    {
        let error = append(&store, &commit(&stream("1"), 1, data)).await.unwrap_err();
        let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        assert!(matches!(error, StoreError::Refused { .. }) && source.contains(place), "{error:?}");
    }
    assert_eq!(all(&store, &stream("1")).await, []);
}

/// The segments of a scan hold every commit once, each stream in one segment and in its order; a partition holds its own.
pub async fn a_scan_finds_every_commit_once(store: impl Whole) {
    let mut written = Vec::new();
    for tenant in 0..12 {
        for id in ["1", "10", "2"] {
            let stream = StreamKey::new(format!("TENANT{tenant:03}#ORDER"), format!("ORDER#{id}")).unwrap();
            for version in 1..=4 {
                let commit = commit(&stream, version, json!({ "id": id }));
                append(&store, &commit).await.unwrap();
                written.push(commit);
            }
        }
    }
    written.sort_by_key(CommitKey::of);
    for of in [1, 2, 5] {
        let mut found = Vec::new();
        for number in 0..of {
            let segment = scan(&store, &Extent::Segment { number, of }).await;
            for run in segment.chunk_by(|one, next| one.stream == next.stream) {
                let versions: Vec<u64> = run.iter().map(|commit| commit.version.get()).collect();
                assert_eq!(versions, [1, 2, 3, 4], "{number} of {of}");
            }
            found.extend(segment);
        }
        found.sort_by_key(CommitKey::of);
        assert_eq!(found, written, "{of} segments");
    }
    let mut partition = scan(&store, &Extent::Partition("TENANT007#ORDER".to_owned())).await;
    // By text `ORDER#10@…` stands before `ORDER#1@…`.
    partition.sort_by_key(CommitKey::of);
    let expected: Vec<_> =
        written.into_iter().filter(|commit| commit.stream.pk() == "TENANT007#ORDER").collect();
    assert_eq!(partition, expected);
    assert_eq!(scan(&store, &Extent::Partition("TENANT00".to_owned())).await, []);
}

/// A scan of three megabytes is paged, and goes on behind any commit.
pub async fn a_scan_goes_on_behind_any_commit(store: impl Whole) {
    for version in 1..=30 {
        append(&store, &filled(&stream("1"), version, 105_000)).await.unwrap();
    }
    for extent in [Extent::Segment { number: 0, of: 1 }, Extent::Partition("TENANT001#ORDER".to_owned())] {
        let first = store.scan(&extent, None).await.unwrap();
        assert!(first.next.is_some() && first.commits.len() < 12, "one page held {}", first.commits.len());
        let everything = scan(&store, &extent).await;
        assert_eq!(everything.len(), 30);
        for (index, commit) in everything.iter().enumerate().step_by(7) {
            let page = store.scan(&extent, Some(&CommitKey::of(commit))).await.unwrap();
            let rest = everything.get(index + 1..).unwrap();
            assert_eq!(page.commits, rest[..page.commits.len()], "behind {index}");
            assert_eq!(page.next.is_none(), page.commits.len() == rest.len(), "behind {index}");
        }
    }
    assert_eq!(store.count().await.unwrap(), Some(30));
}

/// The feed brings every commit once, in the order of its stream, and goes on where it was.
pub async fn the_feed_has_every_commit_in_order(store: impl Whole) {
    let mut feed = store.feed();
    assert_eq!(feed.read(&Positions::new()).await.unwrap().changes, []);
    for version in 1..=20 {
        for id in ["1", "2", "3"] {
            append(&store, &commit(&stream(id), version, json!({ "id": id }))).await.unwrap();
        }
    }
    let everything = drain(&mut feed, Positions::new()).await;
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

/// The end of a stream is read without its beginning, in the order of the versions.
pub async fn the_last_commits_are_read(store: impl Whole + Clone) {
    let streams = KINDRED.map(stream);
    for stream in &streams {
        for version in 1..=12 {
            append(&store, &commit(stream, version, json!({}))).await.unwrap();
        }
    }
    let slow = Forward(store.clone());
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
            let page = store.read_last(stream, Version::new(after), limit).await.unwrap();
            assert_eq!(versions(&page), expected.clone().collect::<Vec<_>>(), "{stream} {after} {limit}");
            assert!(page.more || *expected.start() == after + 1, "{stream} {after} {limit}");
            assert!(page.commits.iter().all(|commit| commit.stream == *stream));
            let same = slow.read_last(stream, Version::new(after), limit).await.unwrap();
            assert_eq!(page.commits, same.commits, "by default: {stream} {after} {limit}");
        }
        for (after, limit) in [(12, 3), (100, 3), (0, 0), (Version::MAX.get(), 3)] {
            let page = store.read_last(stream, Version::new(after), limit).await.unwrap();
            assert_eq!(page.commits, [], "{stream} {after} {limit}");
        }
    }
    assert_eq!(store.read_last(&stream("none"), Version::NONE, 3).await.unwrap().commits, []);
}

/// What has no room in a page is missing at its beginning.
pub async fn the_last_pages_end_at_the_end_of_the_stream(store: impl Whole + Clone) {
    for version in 1..=12 {
        append(&store, &filled(&stream("1"), version, 200_000)).await.unwrap();
    }
    let page = store.read_last(&stream("1"), Version::NONE, 100).await.unwrap();
    let first = page.commits[0].version.get();
    assert!((2..12).contains(&first) && page.more, "{first}");
    let versions: Vec<_> = page.commits.iter().map(|commit| commit.version.get()).collect();
    assert_eq!(versions, (first..=12).collect::<Vec<_>>());
    let everything = Forward(store).read_last(&stream("1"), Version::NONE, 100).await.unwrap();
    assert_eq!(everything.commits.len(), 12, "by default");
}

/// A store that cannot read backwards.
struct Forward<S>(S);

impl<S: EventStore> EventStore for Forward<S> {
    async fn append(&self, commit: NewCommit<'_>) -> Result<Append, StoreError> {
        self.0.append(commit).await
    }
    async fn read(
        &self,
        stream: &StreamKey,
        after: Version,
        until: Version,
    ) -> Result<CommitPage, StoreError> {
        self.0.read(stream, after, until).await
    }
    async fn scan(&self, extent: &Extent, after: Option<&CommitKey>) -> Result<CommitScan, StoreError> {
        self.0.scan(extent, after).await
    }
}

/// A feed that is made anew, as after a restart, goes on behind any kept position.
pub async fn a_new_feed_goes_on_behind_any_position(store: impl Whole) {
    for version in 1..=9 {
        append(&store, &commit(&stream("1"), version, json!({ "number": version }))).await.unwrap();
    }
    let everything = drain(&mut store.feed(), Positions::new()).await;
    for (index, change) in everything.iter().enumerate() {
        let kept = Positions::from([(change.shard.clone(), change.position.clone())]);
        let rest = drain(&mut store.feed(), kept.clone()).await;
        assert_eq!(rest, everything[index + 1..], "behind {index}");
    }
    // A page that was not taken is read again by the same feed.
    let mut feed = store.feed();
    let once = feed.read(&Positions::new()).await.unwrap();
    assert_eq!(feed.read(&Positions::new()).await.unwrap(), once);
}

/// The feed brings what is empty as it was appended.
pub async fn the_feed_has_what_is_empty(store: impl Whole) {
    let mut appended = Vec::new();
    for (version, data) in
        [json!({}), json!({ "a": {}, "b": [{}], "c": [], "d": "", "e": null })].into_iter().enumerate()
    {
        appended.push(commit(&stream("1"), version as u64 + 1, data));
        append(&store, appended.last().unwrap()).await.unwrap();
    }
    let everything = drain(&mut store.feed(), Positions::new()).await;
    assert_eq!(everything.iter().map(decoded).collect::<Vec<_>>(), appended);
}

/// Reads a stream page by page to its end.
///
/// # Panics
/// Where the store fails.
pub async fn all(store: &impl EventStore, stream: &StreamKey) -> Vec<Commit> {
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
///
/// # Panics
/// Where the store fails.
pub async fn scan(store: &impl EventStore, extent: &Extent) -> Vec<Commit> {
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

/// Reads a feed until nothing comes.
///
/// # Panics
/// Where the feed fails.
pub async fn drain(feed: &mut impl ChangeFeed, mut positions: Positions) -> Vec<Change> {
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
