use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cqrs_core::app::Stores;
use cqrs_core::store::{Append, CommitKey, CommitPage, CommitScan, Extent, MemoryEventStore, NewCommit};
use cqrs_core::view::MemoryViewStore;
use cqrs_core::{App, EventStore, StoreError, StreamKey, Version};

use crate::bank::router;
use crate::client::Client;

/// Counts the commits that are read.
struct Counted {
    store: MemoryEventStore,
    read: Arc<AtomicUsize>,
}

impl EventStore for Counted {
    async fn append(&self, commit: NewCommit<'_>) -> Result<Append, StoreError> {
        self.store.append(commit).await
    }

    async fn read(
        &self,
        stream: &StreamKey,
        after: Version,
        until: Version,
    ) -> Result<CommitPage, StoreError> {
        let page = self.store.read(stream, after, until).await?;
        self.read.fetch_add(page.commits.len(), Ordering::Relaxed);
        Ok(page)
    }

    async fn scan(&self, extent: &Extent, after: Option<&CommitKey>) -> Result<CommitScan, StoreError> {
        self.store.scan(extent, after).await
    }
}

#[tokio::test]
async fn a_page_reads_no_more_commits_than_it_has_and_the_one_behind_it() {
    let store = MemoryEventStore::new();
    let (delivery, read) = (store.delivery(), Arc::new(AtomicUsize::new(0)));
    let counted = Counted { store: store.clone(), read: Arc::clone(&read) };
    let stores = Stores::new(counted, delivery).feed(move || store.feed());
    let app = App::builder(stores).views(MemoryViewStore::new()).build().unwrap();
    let bank = Client::new(&router(&app), "BANK/ada");
    bank.post("/accounts/1/open", &[], r#"{"owner": "Ada"}"#).await;
    for _ in 1..30 {
        bank.post("/accounts/1/deposit", &[], r#"{"cents": 1}"#).await;
    }
    for (query, items, next, reads) in [
        ("limit=1", 1, Some("1"), 2),
        ("limit=3&after=4", 3, Some("7"), 4),
        ("limit=3&after=27", 3, None, 3),
        ("after=9999999998", 0, None, 0),
    ] {
        read.store(0, Ordering::Relaxed);
        let page = bank.get(&format!("/accounts/1/history?{query}"), &[]).await.json();
        assert_eq!(
            (page["items"].as_array().unwrap().len(), page["next"].as_str()),
            (items, next),
            "{query}"
        );
        assert_eq!(read.load(Ordering::Relaxed), reads, "{query}");
    }
}
