//! Streams and tenants: complete, each once, and with few requests.

use std::collections::BTreeSet;

use cqrs_core::app::Stores;
use cqrs_core::inspect::InspectError;
use cqrs_core::prelude::*;
use cqrs_core::store::{
    Append, CommitKey, CommitPage, CommitScan, EventStore, Extent, MemoryEventStore, NewCommit,
};
use cqrs_core::{Commit, Metadata, StoreError, StoredEvent, StreamKey, Timestamp, Version};
use proptest::prelude::*;
use serde_json::json;

use crate::bank::{AccountKey, Count, MeterKey, ParcelKey, Send, account, book, tenant};
use crate::{beside_views, embedded, memory};

/// Commits without the way through commands, which takes longer.
async fn write(store: &impl EventStore, stream: &StreamKey, versions: u64) {
    for version in 1..=versions {
        let event = StoredEvent::new("Booked", 1, json!({ "cents": 1, "on": "d" }));
        let metadata = Metadata::new(format!("{version}"), Timestamp::from_unix_millis(0));
        let commit = Commit::new(stream.clone(), Version::new(version), vec![event], metadata);
        assert_eq!(store.append(NewCommit::of(&commit).unwrap()).await.unwrap(), Append::Written);
    }
}

async fn all(app: &App, entity: &str, prefix: &str, limit: usize) -> Vec<Vec<String>> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = app.inspect().list(entity, &tenant(), prefix, limit, after.as_deref()).await.unwrap();
        assert!(page.items.len() <= limit);
        found.extend(page.items.into_iter().map(|head| head.id));
        after = page.next;
        if after.is_none() {
            return found;
        }
    }
}

#[tokio::test]
async fn a_long_stream_costs_one_request_and_not_its_commits() {
    let (dynamo, app) = embedded().await;
    let store = dynamo.event_store();
    write(&store, &account("m").stream().unwrap(), 600).await;
    for number in 0..30 {
        write(
            &store,
            &account(&format!("{}{number:02}", if number < 15 { "a" } else { "z" })).stream().unwrap(),
            3,
        )
        .await;
    }
    let inspect = app.inspect();
    let here = tenant();
    let spent = dynamo.spent(inspect.list("ACCOUNT", &here, "", 100, None)).await;
    let page = spent.output.unwrap();
    assert_eq!((page.items.len(), &page.next), (31, &None));
    // 45 commits before it, 5 of it, and 45 after it: no more of it than fills a page.
    assert_eq!(page.read_commits, 95);
    assert_eq!(spent.names, ["Query"; 2]);
    let spent = dynamo.spent(inspect.list("ACCOUNT", &here, "m", 100, None)).await;
    assert_eq!(spent.output.unwrap().items[0].id, ["m"]);
    assert_eq!(spent.names, ["Query"; 2]);
}

#[tokio::test]
async fn a_page_has_an_end_whatever_is_stored() {
    let (dynamo, app) = embedded().await;
    let store = dynamo.event_store();
    for number in 0..12 {
        write(&store, &account(&format!("{number:02}")).stream().unwrap(), 60).await;
    }
    let here = tenant();
    let spent = dynamo.spent(app.inspect().list("ACCOUNT", &here, "", 100, None)).await;
    assert_eq!(spent.names, ["Query"; 8]);
    let page = spent.output.unwrap();
    assert_eq!((page.items.len(), page.read_commits, page.next.is_some()), (8, 400, true));
    assert_eq!(all(&app, "ACCOUNT", "", 100).await.len(), 12);
}

#[tokio::test]
async fn pages_are_whole_and_have_each_stream_once() {
    let ids = ["1", "10", "1@2", "1#", "100%", "注文", "9", "99", "!", "~"];
    let (_, dynamo) = embedded().await;
    for app in [memory(), dynamo] {
        for (versions, id) in ids.iter().enumerate() {
            for _ in 0..=versions * 7 {
                app.execute(&account(id), book(1, "d")).await.unwrap();
            }
            app.execute(&AccountKey::new(&Tenant::new("BANK2").unwrap(), *id), book(1, "d")).await.unwrap();
        }
        let whole: BTreeSet<Vec<String>> = ids.iter().map(|id| vec![(*id).to_owned()]).collect();
        for limit in 1..=11 {
            let found = all(&app, "ACCOUNT", "", limit).await;
            assert_eq!(found.len(), ids.len(), "{limit}: {found:?}");
            assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), whole);
            let mut found = all(&app, "ACCOUNT", "1", limit).await;
            found.sort();
            assert_eq!(found, [["1"], ["1#"], ["10"], ["100%"], ["1@2"]]);
            assert_eq!(all(&app, "ACCOUNT", "1@", limit).await, [["1@2"]]);
            assert_eq!(all(&app, "ACCOUNT", "2", limit).await, [[""; 0]; 0]);
        }
    }
}

#[tokio::test]
async fn shards_and_unknown_partitions_are_listed_too() {
    let (_, dynamo) = embedded().await;
    for app in [memory(), dynamo] {
        for number in 0..20 {
            for _ in 0..3 {
                app.execute(&MeterKey::new(&tenant(), number), Count {}).await.unwrap();
                app.execute(&ParcelKey::new(&tenant(), format!("depot {}", number % 3), number), Send {})
                    .await
                    .unwrap();
            }
            app.execute(&account(&number.to_string()), book(1, "d")).await.unwrap();
        }
        for limit in [1, 2, 7, 20, 50] {
            let mut found = all(&app, "METER", "", limit).await;
            found.sort_by_key(|id| id[0].parse::<u32>().unwrap());
            assert_eq!(found, (0..20).map(|number| [number.to_string()]).collect::<Vec<_>>(), "{limit}");
            let parcels = all(&app, "PARCEL", "", limit).await;
            assert_eq!(parcels.len(), 20, "{limit}: {parcels:?}");
            assert_eq!(parcels.iter().collect::<BTreeSet<_>>().len(), 20);
            let ones = all(&app, "PARCEL", "1", limit).await;
            assert!(ones.len() == 11 && ones.iter().all(|id| id[1].starts_with('1')), "{ones:?}");
        }
        assert_eq!(all(&app, "METER", "00001", 50).await.len(), 10);
        let mut tenants = Vec::new();
        let mut after = None;
        loop {
            let page = app.inspect().tenants(after.as_deref()).await.unwrap();
            tenants.extend(page.items);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(tenants, ["BANK"]);
    }
}

#[tokio::test]
async fn what_is_no_cursor_of_the_list_is_said() {
    let app = memory();
    for id in ["1", "2", "3"] {
        app.execute(&account(id), book(1, "d")).await.unwrap();
    }
    let inspect = app.inspect();
    let next = inspect.list("ACCOUNT", &tenant(), "", 1, None).await.unwrap().next.unwrap();
    let other = Tenant::new("OTHER").unwrap();
    assert!(matches!(
        inspect.list("ACCOUNT", &other, "", 1, Some(&next)).await,
        Err(InspectError::Cursor(_))
    ));
    assert!(matches!(inspect.tenants(Some("nonsense")).await, Err(InspectError::Cursor(_))));
    let error = inspect.list("ACCUONT", &tenant(), "", 1, None).await.unwrap_err().to_string();
    assert!(error.contains("`ACCOUNT`, `LETTER_BOX`, `METER`, `PARCEL`, `TRANSFER`"), "{error}");
    for id in [&[][..], &["1", "2"], &[""]] {
        assert!(matches!(inspect.address("ACCOUNT", "BANK", id), Err(InspectError::Key(_))), "{id:?}");
    }
    assert!(matches!(inspect.address("METER", "BANK", &["x"]), Err(InspectError::Key(_))));
    let meter = inspect.address("METER", "BANK", &["7"]).unwrap();
    assert_eq!((meter.key.sk(), &meter.id[..]), ("METER#000007", &["7".to_owned()][..]));
}

/// A store that implements only what it must.
struct Plain(MemoryEventStore);

impl EventStore for Plain {
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
    /// With pages of five.
    async fn scan(&self, extent: &Extent, after: Option<&CommitKey>) -> Result<CommitScan, StoreError> {
        let mut scan = self.0.scan(extent, after).await?;
        if scan.commits.len() > 5 {
            scan.commits.truncate(5);
            scan.next = scan.commits.last().map(CommitKey::of);
        }
        Ok(scan)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn a_store_without_a_way_of_its_own_lists_all_streams(
        streams in prop::collection::btree_map("[ab@#]{1,3}", 1_u64..14, 0..12),
        limit in 1_usize..6,
        prefix in "[ab]{0,1}",
    ) {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
            let store = MemoryEventStore::new();
            let delivery = store.delivery();
            for (id, versions) in &streams {
                write(&store, &account(id).stream().unwrap(), *versions).await;
            }
            let plain = beside_views(Stores::new(Plain(store.clone()), delivery));
            let found = all(&plain, "ACCOUNT", &prefix, limit).await;
            let expected: BTreeSet<_> =
                streams.keys().filter(|id| id.starts_with(&prefix)).map(|id| vec![id.clone()]).collect();
            assert_eq!(found.len(), expected.len(), "{found:?}");
            assert_eq!(found.iter().cloned().collect::<BTreeSet<_>>(), expected);
            let own = beside_views(store);
            assert_eq!(all(&own, "ACCOUNT", &prefix, limit).await, found);
        });
    }
}

/// A newer program has written them, in streams of this one.
#[tokio::test]
async fn commits_with_unknown_events_belong_to_the_key_of_their_stream() {
    let app = memory_with_unknown_events().await;
    let inspect = app.inspect();
    assert_eq!(inspect.tenants(None).await.unwrap().items, ["BANK"]);
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = inspect.related(&tenant(), "correlation", after.as_deref()).await.unwrap();
        found.extend(page.items.into_iter().map(|related| related.place));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let found: Vec<_> = found.iter().map(|place| (place.entity, place.tenant.as_deref())).collect();
    assert_eq!(found, [(Some("ACCOUNT"), Some("BANK")), (Some("PARCEL"), Some("BANK"))]);
}

async fn memory_with_unknown_events() -> App {
    let store = MemoryEventStore::new();
    let parcel = ParcelKey::new(&tenant(), "depot 1".to_owned(), 1);
    let elsewhere = StreamKey::new("OTHER#THING", "THING#1").unwrap();
    for stream in [account("1").stream().unwrap(), parcel.stream().unwrap(), elsewhere] {
        let event = StoredEvent::new("Unheard", 1, json!({}));
        let mut metadata = Metadata::new("command", Timestamp::from_unix_millis(0));
        metadata.correlation_id = "correlation".into();
        let commit = Commit::new(stream, Version::new(1), vec![event], metadata);
        assert_eq!(store.append(NewCommit::of(&commit).unwrap()).await.unwrap(), Append::Written);
    }
    beside_views(store)
}
