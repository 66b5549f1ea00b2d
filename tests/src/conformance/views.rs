//! The promises of a view store.

use cqrs_core::projection::ViewId;
use cqrs_core::view::{Fence, StoredView, ViewStore, Write};
use cqrs_core::{StoreError, Version};
use serde_json::json;

use super::at;

/// A view is absent, then as it was written.
pub async fn a_view_is_read_back(store: impl ViewStore) {
    assert_eq!(store.get(&id("1")).await.unwrap(), None);
    let written = view("1", 3);
    assert_eq!(store.put(&written, Version::NONE).await.unwrap(), Write::Done);
    assert_eq!(store.get(&id("1")).await.unwrap(), Some(written));
    assert_eq!(store.get(&id("2")).await.unwrap(), None);
}

/// A write goes through only over the version that was read.
pub async fn a_stale_write_changes_nothing(store: impl ViewStore) {
    assert_eq!(store.put(&view("1", 2), Version::new(1)).await.unwrap(), Write::Stale, "over nothing");
    assert_eq!(store.put(&view("1", 2), Version::NONE).await.unwrap(), Write::Done);
    for expected in [0, 1, 3] {
        assert_eq!(store.put(&view("1", 9), Version::new(expected)).await.unwrap(), Write::Stale);
    }
    assert_eq!(store.get(&id("1")).await.unwrap(), Some(view("1", 2)));
    assert_eq!(store.put(&view("1", 5), Version::new(2)).await.unwrap(), Write::Done);
    assert_eq!(store.get(&id("1")).await.unwrap(), Some(view("1", 5)));
}

/// A fence and its views are written together or not at all.
pub async fn a_fenced_write_is_all_or_nothing(store: impl ViewStore) {
    let fence = |version| Fence { id: fence_id(), version: Version::new(version) };
    let none = Version::NONE;
    assert_eq!(store.fence(&fence_id()).await.unwrap(), none);
    let both = [(view("1", 1), none), (view("2", 1), none)];
    assert_eq!(store.put_fenced(&fence(4), none, &both).await.unwrap(), Write::Done);
    assert_eq!(store.fence(&fence_id()).await.unwrap(), Version::new(4));

    // A stale fence stops the views; a stale view stops the fence and the other view.
    let next = [(view("1", 2), Version::new(1)), (view("2", 2), Version::new(1))];
    assert_eq!(store.put_fenced(&fence(5), Version::new(3), &next).await.unwrap(), Write::Stale);
    let stale = [(view("1", 2), Version::new(1)), (view("2", 2), Version::new(7))];
    assert_eq!(store.put_fenced(&fence(5), Version::new(4), &stale).await.unwrap(), Write::Stale);
    let appears = [(view("1", 2), Version::new(1)), (view("3", 1), Version::new(1))];
    assert_eq!(store.put_fenced(&fence(5), Version::new(4), &appears).await.unwrap(), Write::Stale);
    assert_eq!(store.fence(&fence_id()).await.unwrap(), Version::new(4));
    assert_eq!(store.get(&id("1")).await.unwrap(), Some(view("1", 1)));
    assert_eq!(store.get(&id("2")).await.unwrap(), Some(view("2", 1)));
    assert_eq!(store.get(&id("3")).await.unwrap(), None);

    assert_eq!(store.put_fenced(&fence(5), Version::new(4), &next).await.unwrap(), Write::Done);
    assert_eq!(store.get(&id("2")).await.unwrap(), Some(view("2", 2)));
    // Events that touch no view still move the fence.
    assert_eq!(store.put_fenced(&fence(6), Version::new(5), &[]).await.unwrap(), Write::Done);
    assert_eq!(store.fence(&fence_id()).await.unwrap(), Version::new(6));
}

/// The views of one partition come in the order of their keys, page by page, and no others.
pub async fn a_partition_is_listed_to_its_end(store: impl ViewStore) {
    for number in 0..25 {
        let mut large = view(&format!("{number:03}"), 1);
        large.data = json!({ "text": "x".repeat(100_000) });
        store.put(&large, Version::NONE).await.unwrap();
    }
    let mut other = view("000", 1);
    other.id.pk = "TENANT001#ORDER_SUMMARY2".to_owned();
    store.put(&other, Version::NONE).await.unwrap();

    let mut found: Vec<ViewId> = Vec::new();
    loop {
        let after = found.last().map(|id| id.sk.as_str());
        let page = store.list("TENANT001#ORDER_SUMMARY", after).await.unwrap();
        found.extend(page.views.into_iter().map(|view| view.id));
        if !page.more {
            break;
        }
    }
    assert_eq!(found, (0..25).map(|number| id(&format!("{number:03}"))).collect::<Vec<_>>());
    assert_eq!(store.list("TENANT001#NONE", None).await.unwrap().views, []);
}

/// A view over 400 KB is refused with its size.
pub async fn an_oversized_view_is_refused(store: impl ViewStore) {
    let mut large = view("1", 1);
    large.data = json!({ "text": "x".repeat(500_000) });
    let error = store.put(&large, Version::NONE).await.unwrap_err();
    assert!(matches!(error, StoreError::TooLarge { bytes: 500_000.., .. }), "{error:?}");
    assert_eq!(store.get(&id("1")).await.unwrap(), None);
}

fn id(id: &str) -> ViewId {
    ViewId { pk: "TENANT001#ORDER_SUMMARY".to_owned(), sk: format!("ORDER_SUMMARY#{id}") }
}

fn fence_id() -> ViewId {
    ViewId { pk: "TENANT001#ORDER@CUSTOMER_TOTALS".to_owned(), sk: "ORDER#1".to_owned() }
}

fn view(name: &str, version: u64) -> StoredView {
    StoredView {
        id: id(name),
        version: Version::new(version),
        data: json!({ "total": version, "note": null }),
        updated_at: at(version),
    }
}
