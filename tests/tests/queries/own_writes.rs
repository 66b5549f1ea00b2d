//! Lists that contain your own write, by an index that is behind its views.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cqrs_core::StoreError;
use cqrs_core::app::{IntoStores, QueryError};
use cqrs_core::prelude::*;
use cqrs_core::projection::ViewId;
use cqrs_core::store::{Extent, MemoryEventStore};
use cqrs_core::view::{
    Fence, MemoryViewStore, QueriedViews, Revision, StoredView, ViewQuery, ViewScan, ViewStore, Write,
};
use fastrand::Rng;

use crate::shop::{GoodKey, Label, Level, Listed, Named, Stock, Stocked, tenant};

/// A view store whose indexes show one write more with every third query, as a global secondary index does after a while.
#[derive(Clone)]
struct Lagging {
    real: MemoryViewStore,
    index: Arc<Mutex<Index>>,
}

#[derive(Default)]
struct Index {
    shown: BTreeMap<ViewId, StoredView>,
    pending: VecDeque<StoredView>,
    queries: u32,
    stands: bool,
}

impl Lagging {
    fn new() -> Self {
        Self { real: MemoryViewStore::new(), index: Arc::default() }
    }

    fn wrote<'a>(&self, written: Write, views: impl IntoIterator<Item = &'a StoredView>) -> Write {
        if written == Write::Done {
            self.index.lock().unwrap().pending.extend(views.into_iter().cloned());
        }
        written
    }
}

impl ViewStore for Lagging {
    async fn get(&self, id: &ViewId) -> Result<Option<StoredView>, StoreError> {
        self.real.get(id).await
    }

    async fn put(&self, view: &StoredView, expected: Revision) -> Result<Write, StoreError> {
        Ok(self.wrote(self.real.put(view, expected).await?, [view]))
    }

    async fn put_rebuilt(&self, view: &StoredView) -> Result<Write, StoreError> {
        Ok(self.wrote(self.real.put_rebuilt(view).await?, [view]))
    }

    async fn delete(&self, id: &ViewId, expected: Revision) -> Result<Write, StoreError> {
        self.real.delete(id, expected).await
    }

    async fn swap_in(
        &self,
        view: &StoredView,
        expected: Revision,
        shadow: &ViewId,
        shadow_expected: Revision,
    ) -> Result<Write, StoreError> {
        Ok(self.wrote(self.real.swap_in(view, expected, shadow, shadow_expected).await?, [view]))
    }

    async fn fence(&self, id: &ViewId) -> Result<Option<Fence>, StoreError> {
        self.real.fence(id).await
    }

    async fn put_fenced(
        &self,
        fence: &Fence,
        expected: &Fence,
        views: &[(StoredView, Revision)],
    ) -> Result<Write, StoreError> {
        let written = self.real.put_fenced(fence, expected, views).await?;
        Ok(self.wrote(written, views.iter().map(|(view, _)| view)))
    }

    async fn scan(&self, extent: &Extent, after: Option<&ViewId>) -> Result<ViewScan, StoreError> {
        self.real.scan(extent, after).await
    }

    async fn query(&self, query: &ViewQuery) -> Result<QueriedViews, StoreError> {
        if query.slot.is_none() {
            return self.real.query(query).await;
        }
        let mut index = self.index.lock().unwrap();
        let page = query.page(index.shown.values().cloned());
        index.queries += 1;
        if !index.stands
            && index.queries.is_multiple_of(3)
            && let Some(next) = index.pending.pop_front()
        {
            index.shown.insert(next.id.clone(), next);
        }
        Ok(page)
    }
}

fn app(views: &Lagging) -> App {
    let settings = |settings: &mut cqrs_core::app::Settings| {
        settings.read_poll = Duration::from_millis(1);
        settings.read_wait = Duration::from_secs(60);
    };
    let stores = MemoryEventStore::new().into_stores().views(views.clone());
    App::builder(stores).settings(settings).build().unwrap()
}

fn good(rng: &mut Rng) -> Stocked {
    Stocked {
        group: ["x", "y"][rng.usize(..2)].to_owned(),
        name: ["n", "m"][rng.usize(..2)].to_owned(),
        label: Label("l".to_owned()),
        number: rng.i32(0..5),
        size: rng.u64(..3),
        level: Level::Low,
        when: None,
        open: true,
    }
}

#[tokio::test]
async fn a_list_with_a_token_has_what_the_command_did() {
    let (views, here, mut rng) = (Lagging::new(), tenant("T"), Rng::with_seed(7));
    let app = app(&views);
    let mut stale = 0;
    for round in 0..300 {
        let id = format!("{}", rng.u8(..6));
        let good = good(&mut rng);
        let done = app.execute(&GoodKey::new(&here, &*id), Stock(good.clone())).await.unwrap();
        app.run_until_idle().await.unwrap();

        let list = || app.query::<Listed>(&here).by_group(&good.group).number(good.number..);
        let plain = list().await.unwrap();
        let has = |page: &cqrs_core::app::Page<Listed>| {
            page.views.iter().any(|found| *found.key.id() == id && found.view.number == good.number)
        };
        stale += usize::from(!has(&plain));
        let page = list().at_least(done.token()).await.unwrap();
        assert!(has(&page), "round {round}: {good:?} is not in {page:?}");

        // And not where it was before.
        let other = if good.group == "x" { "y" } else { "x" };
        let page = app.query::<Listed>(&here).by_group(other).at_least(done.token()).await.unwrap();
        assert!(page.views.iter().all(|found| *found.key.id() != id), "round {round}: {page:?}");

        let page = app.query::<Named>(&here).by_size(good.size).at_least(done.token()).await.unwrap();
        let named = |key: &crate::shop::NamedKey| *key.group() == good.group && *key.name() == good.name;
        assert!(
            page.views.iter().any(|found| named(&found.key)),
            "round {round}: {good:?} is not in {page:?}"
        );

        let page = list().limit(2).descending().at_least(done.token()).within(Duration::from_secs(60)).await;
        page.unwrap();
    }
    assert!(stale > 50, "the index was behind {stale} times");
}

#[tokio::test]
async fn a_list_that_does_not_get_there_says_what_is_behind() {
    let (views, here) = (Lagging::new(), tenant("T"));
    let app = app(&views);
    let good = good(&mut Rng::with_seed(1));
    let done = app.execute(&GoodKey::new(&here, "1"), Stock(good.clone())).await.unwrap();
    let list =
        || app.query::<Listed>(&here).by_group(&good.group).at_least(done.token()).within(Duration::ZERO);
    let error = list().await.unwrap_err();
    assert!(matches!(error, QueryError::Behind(_)), "{error:?}");
    assert!(error.to_string().contains("it has taken nothing of the stream"), "{error}");

    app.run_until_idle().await.unwrap();
    views.index.lock().unwrap().stands = true;
    let error = list().await.unwrap_err();
    let said = error.to_string();
    assert!(matches!(error, QueryError::Unshown { by: "by_group", .. }), "{error:?}");
    assert!(said.contains("index `by_group` does not show it"), "{said}");

    // A list by key is read with all writes.
    let page = app.query::<Listed>(&here).at_least(done.token()).within(Duration::ZERO).await.unwrap();
    assert_eq!(page.views.len(), 1);
}
