//! Views of releases that did not record which fold made them.

use cqrs_core::app::IntoStores;
use cqrs_core::delivery::{Message, Received, Verdict};
use cqrs_core::prelude::*;
use cqrs_core::store::{EventStore, MemoryEventStore};
use cqrs_core::view::{MemoryViewStore, StoredView, ViewId, ViewStore, Write};
use cqrs_core::{Commit, StoredEvent};
use cqrs_tests::commits;
use serde_json::{Value, json};

use crate::meter::{Release, Take, field_added, first};
use crate::{key, tenant};

struct Old {
    events: MemoryEventStore,
    views: MemoryViewStore,
}

impl Old {
    /// Two commits, and the view of the first one as an earlier release wrote it.
    async fn new() -> Self {
        let old = Self { events: MemoryEventStore::new(), views: MemoryViewStore::new() };
        let app = old.app("first");
        app.execute(&key("1"), Take("cellar", 5)).await.unwrap();
        old.deliver(&app, "first", 1).await;
        let mut view = old.view().await;
        // That fold did something else.
        view.data = json!({ "place": "cellar", "total": 500 });
        view.fingerprint = None;
        view.entries.clear();
        assert_eq!(old.views.put(&view, view.revision()).await.unwrap(), Write::Done);
        app.execute(&key("1"), Take("attic", 7)).await.unwrap();
        old
    }

    fn app(&self, release: &'static str) -> App {
        let stores = self.events.clone().into_stores().views(self.views.clone());
        App::builder(stores).only([release]).build().unwrap()
    }

    async fn append(&self, version: u64, event: &str, data: Value) {
        let metadata = Metadata::new(format!("{version}"), commits::at(version));
        let event = StoredEvent::new(event, 1, data);
        let stream = key("1").stream().unwrap();
        let commit = Commit::new(stream, Version::new(version), vec![event], metadata);
        commits::append(&self.events, &commit).await.unwrap();
    }

    /// The view as a newer release has left it.
    async fn newer(&self, version: u64) {
        let mut view = self.view().await;
        let expected = view.revision();
        view.version = Version::new(version);
        view.digest = None;
        view.fingerprint = Some("0123456789abcdef".to_owned());
        view.data = json!({ "recalibrated": true });
        assert_eq!(self.views.put(&view, expected).await.unwrap(), Write::Done);
    }

    async fn view(&self) -> StoredView {
        let id = ViewId::new("T#READING", "READING#1");
        self.views.get(&id).await.unwrap().unwrap()
    }

    async fn deliver(&self, app: &App, release: &str, version: u64) {
        let stream = key("1").stream().unwrap();
        let page = self.events.read(&stream, Version::new(version - 1), Version::new(version)).await.unwrap();
        let message = Received::new(Message::of(app, &page.commits[0]).body);
        assert_eq!(app.consumer(release).unwrap().take(&[message]).await, [Verdict::Done]);
    }
}

#[tokio::test]
async fn what_decodes_is_read_as_it_is_and_folded_anew_with_the_next_commit() {
    let old = Old::new().await;
    let app = old.app("first");
    let read = app.view::<first::View>(&key("1")).await.unwrap().unwrap();
    assert_eq!((read.place.as_str(), read.total), ("cellar", 500));
    assert_eq!(old.view().await.fingerprint, None, "nothing was written");

    old.deliver(&app, "first", 2).await;
    let read = app.view::<first::View>(&key("1")).await.unwrap().unwrap();
    assert_eq!(read, first::This::fold(&vec![("cellar", 5), ("attic", 7)]));
    let stored = old.view().await;
    assert!(stored.fingerprint.is_some());
    assert_eq!(stored.entries.len(), 1, "it stands in the index now");
}

#[tokio::test]
async fn what_does_not_decode_is_folded_anew_when_it_is_met() {
    let old = Old::new().await;
    let app = old.app("field_added");
    let read = app.view::<field_added::View>(&key("1")).await.unwrap().unwrap();
    assert_eq!(read, field_added::This::fold(&vec![("cellar", 5)]), "as far as the view had come");
    let stored = old.view().await;
    assert_eq!(stored.version, Version::new(1));
    assert!(stored.fingerprint.is_some(), "the next reader need not do it again");

    let mut all = old.app("field_added").views::<field_added::View>(&tenant()).read_all().await.unwrap();
    assert_eq!(all.remove(0).view, field_added::This::fold(&vec![("cellar", 5)]));
}

/// A view that was folded anew may belong elsewhere in a list, and a list has only views that belong to it.
#[tokio::test]
async fn a_list_has_no_view_that_a_newer_fold_puts_elsewhere() {
    let old = Old::new().await;
    let app = old.app("first");
    old.deliver(&app, "first", 2).await;
    let found = app.query::<first::View>(&tenant()).by_place("attic").await.unwrap();
    assert_eq!(found.views.len(), 1);

    let newer = old.app("fold_changed");
    let here = tenant();
    let query = || newer.query::<crate::meter::fold_changed::View>(&here);
    let list = query().by_place("attic").await.unwrap();
    assert_eq!(list.views.len(), 0, "{list:?}");
    newer.replay::<crate::meter::fold_changed::View>().await.unwrap();
    let list = query().by_place("ATTIC").await.unwrap();
    assert_eq!(list.views[0].view.total, 7);

    // An earlier process that still runs, and reads it, does not remove it from the list.
    let read = app.view::<first::View>(&key("1")).await.unwrap().unwrap();
    assert_eq!(read, first::This::fold(&vec![("cellar", 5), ("attic", 7)]));
    assert_eq!(query().by_place("ATTIC").await.unwrap().views.len(), 1);
}

/// After a rollback: a newer release has put an event into the view that this one does not know.
#[tokio::test]
async fn what_a_newer_release_has_taken_holds_nothing_up() {
    let old = Old::new().await;
    let app = old.app("first");
    old.append(3, "Recalibrated", json!({ "by": 2 })).await;
    let folded = first::This::fold(&vec![("cellar", 5), ("attic", 7)]);
    old.newer(3).await;
    assert_eq!(app.view::<first::View>(&key("1")).await.unwrap().unwrap(), folded);
    assert_eq!(old.view().await.version, Version::new(3));

    // And the next commit does not become a dead letter.
    old.newer(3).await;
    old.append(4, "Read", json!({ "place": "cellar", "value": 1 })).await;
    old.deliver(&app, "first", 4).await;
    let read = app.view::<first::View>(&key("1")).await.unwrap().unwrap();
    assert_eq!(read, first::This::fold(&vec![("cellar", 5), ("attic", 7), ("cellar", 1)]));
}
