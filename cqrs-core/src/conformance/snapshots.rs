//! The promises of a snapshot store that answers with what was written last.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::Candidate;
use super::samples::{KINDRED, at, stream};
use crate::key::StreamKey;
use crate::snapshot::{EarlierIds, StoredSnapshot};
use crate::store::StoreError;
use crate::store::limits::{self, MAX_ITEM_BYTES};
use crate::version::Version;

/// Everything in a snapshot comes back as it was.
pub async fn a_snapshot_is_read_back(candidate: Candidate) {
    let store = candidate.snapshots();
    assert_eq!(store.get(&stream("1")).await.unwrap(), None);
    let state = json!({
        "text": "注文 \u{0} \" \\ \u{1F980}", "empty": "", "yes": true, "nothing": null, "most": u64::MAX,
        "least": i64::MIN, "float": 0.1, "list": [1, "two", [3], {}, []], "map": { "a.b": 1, "#": { "deep": [null] } },
    });
    for (id, state) in ["1", "2", "3", "4"].into_iter().zip([state, Value::Null, json!([]), json!("text")]) {
        let written = snapshot(&stream(id), 2, state);
        store.put(&written).await.unwrap();
        assert_eq!(store.get(&stream(id)).await.unwrap(), Some(written));
    }
}

/// A later version replaces an earlier one. The same version or an earlier one changes nothing, and is not an error.
pub async fn a_snapshot_never_goes_back(candidate: Candidate) {
    let store = candidate.snapshots();
    let stream = stream("1");
    let kept = snapshot(&stream, 10, json!("ten"));
    store.put(&snapshot(&stream, 9, json!("nine"))).await.unwrap();
    store.put(&kept).await.unwrap();
    for version in [1, 9, 10] {
        store.put(&snapshot(&stream, version, json!("late"))).await.unwrap();
        assert_eq!(store.get(&stream).await.unwrap().as_ref(), Some(&kept), "{version}");
    }
    // Versions are compared as numbers: as a text, this one would be before the ninth.
    let later = snapshot(&stream, 100, json!("later"));
    store.put(&later).await.unwrap();
    assert_eq!(store.get(&stream).await.unwrap(), Some(later));
}

/// If there are many writes at the same time, the latest version stays.
pub async fn the_latest_of_many_snapshots_stays(candidate: Candidate) {
    let store = candidate.snapshots();
    let stream = stream("1");
    join_all((1..=30).map(|number| {
        let snapshot = snapshot(&stream, number * 7 % 31, json!(number));
        async move { store.put(&snapshot).await.unwrap() }
    }))
    .await;
    assert_eq!(store.get(&stream).await.unwrap().unwrap().version, Version::new(30));
}

/// Streams whose ids are prefixes of each other have a snapshot each.
pub async fn kindred_snapshots_stay_apart(candidate: Candidate) {
    let store = candidate.snapshots();
    let other = StreamKey::new("TENANT002#ORDER", "ORDER#A").unwrap();
    let streams: Vec<_> = KINDRED.map(stream).into_iter().chain([other]).collect();
    for (number, stream) in (1..).zip(&streams) {
        assert_eq!(store.get(stream).await.unwrap(), None, "{stream}");
        store.put(&snapshot(stream, number, json!(number))).await.unwrap();
    }
    for (number, stream) in (1..).zip(&streams) {
        let found = store.get(stream).await.unwrap().unwrap();
        assert_eq!(found, snapshot(stream, number, json!(number)));
    }
}

/// A snapshot that no item can hold is refused before it is sent, and the earlier snapshot stays.
pub async fn an_oversized_snapshot_is_refused(candidate: Candidate) {
    let store = candidate.snapshots();
    let stream = stream("1");
    let empty = limits::size(&snapshot(&stream, 1, json!("")).record());
    let largest = snapshot(&stream, 1, json!("x".repeat(MAX_ITEM_BYTES - empty)));
    store.put(&largest).await.unwrap();
    let error = store.put(&snapshot(&stream, 2, json!("x".repeat(MAX_ITEM_BYTES)))).await.unwrap_err();
    assert!(matches!(error, StoreError::TooLarge { limit: MAX_ITEM_BYTES, .. }), "{error:?}");
    let error = store.put(&snapshot(&stream, 2, json!({ "far": 1e200 }))).await.unwrap_err();
    assert!(matches!(error, StoreError::Refused { .. }), "{error:?}");
    assert_eq!(store.get(&stream).await.unwrap(), Some(largest));
}

fn snapshot(stream: &StreamKey, version: u64, state: Value) -> StoredSnapshot {
    StoredSnapshot {
        stream: stream.clone(),
        version: Version::new(version),
        state,
        fingerprint: format!("{version:016x}"),
        command_ids: vec![format!("{stream} {version}")],
        earlier_ids: EarlierIds::default(),
        last_at: at(version),
        clock_at: Some(at(version)),
    }
}
