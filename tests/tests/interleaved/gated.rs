//! A view store that asks before each request, so that a test decides which worker comes next.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use cqrs_core::StoreError;
use cqrs_core::projection::ViewId;
use cqrs_core::store::Extent;
use cqrs_core::view::{
    Fence, MemoryViewStore, QueriedViews, Revision, StoredView, ViewQuery, ViewScan, ViewStore, Write,
};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;

/// A worker that waits before a request.
pub(crate) struct Waiting {
    pub(crate) worker: usize,
    pub(crate) request: &'static str,
    pub(crate) go: oneshot::Sender<()>,
}

/// What all workers of a run share.
pub(crate) struct Shared {
    pub(crate) store: MemoryViewStore,
    is_closed: AtomicBool,
    waiting: UnboundedSender<Waiting>,
    /// Of views, and of fences.
    met: Mutex<(BTreeSet<ViewId>, BTreeSet<ViewId>)>,
}

impl Shared {
    pub(crate) fn new(waiting: UnboundedSender<Waiting>) -> Arc<Self> {
        let (store, is_closed) = (MemoryViewStore::new(), AtomicBool::new(false));
        Arc::new(Self { store, is_closed, waiting, met: Mutex::default() })
    }

    /// From now on every worker waits, or none does.
    pub(crate) fn close(&self, is_closed: bool) {
        self.is_closed.store(is_closed, Ordering::SeqCst);
    }

    /// All that is stored, without the time.
    pub(crate) async fn content(&self) -> String {
        let (views, fences) = self.met.lock().unwrap().clone();
        let mut content = String::new();
        for id in views {
            content.push_str(&timeless(&self.store.get(&id).await.unwrap()));
        }
        for id in fences {
            content.push_str(&format!("{:?}", self.store.fence(&id).await.unwrap()));
        }
        content
    }
}

fn timeless(view: &Option<StoredView>) -> String {
    match view {
        Some(view) => {
            let mut record = view.record();
            record.remove("updatedAt");
            format!("{record:?}")
        }
        None => "none".to_owned(),
    }
}

/// The store as one worker sees it.
#[derive(Clone)]
pub(crate) struct Gated {
    pub(crate) shared: Arc<Shared>,
    pub(crate) worker: usize,
    /// All that the worker was told.
    pub(crate) told: Arc<Mutex<DefaultHasher>>,
}

impl Gated {
    pub(crate) fn new(shared: &Arc<Shared>, worker: usize) -> Self {
        Self { shared: Arc::clone(shared), worker, told: Arc::default() }
    }

    async fn pass(&self, request: &'static str) {
        if self.shared.is_closed.load(Ordering::SeqCst) {
            let (go, gone) = oneshot::channel();
            self.shared.waiting.send(Waiting { worker: self.worker, request, go }).unwrap();
            gone.await.unwrap();
        }
    }

    fn hear(&self, request: &str, answer: impl AsRef<str>) {
        (request, answer.as_ref()).hash(&mut *self.told.lock().unwrap());
    }

    fn met(&self, view: &ViewId) {
        self.shared.met.lock().unwrap().0.insert(view.clone());
    }
}

impl ViewStore for Gated {
    async fn get(&self, id: &ViewId) -> Result<Option<StoredView>, StoreError> {
        self.pass("get").await;
        self.met(id);
        let view = self.shared.store.get(id).await?;
        self.hear("get", timeless(&view));
        Ok(view)
    }

    async fn put(&self, view: &StoredView, expected: Revision) -> Result<Write, StoreError> {
        self.pass("put").await;
        self.met(&view.id);
        let written = self.shared.store.put(view, expected).await?;
        self.hear("put", format!("{written:?}"));
        Ok(written)
    }

    async fn put_rebuilt(&self, view: &StoredView) -> Result<Write, StoreError> {
        self.pass("put_rebuilt").await;
        self.shared.store.put_rebuilt(view).await
    }

    async fn delete(&self, id: &ViewId, expected: Revision) -> Result<Write, StoreError> {
        self.pass("delete").await;
        let written = self.shared.store.delete(id, expected).await?;
        self.hear("delete", format!("{written:?}"));
        Ok(written)
    }

    async fn swap_in(
        &self,
        view: &StoredView,
        expected: Revision,
        shadow: &ViewId,
        shadow_expected: Revision,
    ) -> Result<Write, StoreError> {
        self.pass("swap_in").await;
        let written = self.shared.store.swap_in(view, expected, shadow, shadow_expected).await?;
        self.hear("swap_in", format!("{written:?}"));
        Ok(written)
    }

    async fn fence(&self, id: &ViewId) -> Result<Option<Fence>, StoreError> {
        self.pass("fence").await;
        self.shared.met.lock().unwrap().1.insert(id.clone());
        let fence = self.shared.store.fence(id).await?;
        self.hear("fence", format!("{fence:?}"));
        Ok(fence)
    }

    async fn put_fenced(
        &self,
        fence: &Fence,
        expected: &Fence,
        views: &[(StoredView, Revision)],
    ) -> Result<Write, StoreError> {
        self.pass(if views.is_empty() { "put fence" } else { "transact" }).await;
        self.shared.met.lock().unwrap().1.insert(fence.id.clone());
        views.iter().for_each(|(view, _)| self.met(&view.id));
        let written = self.shared.store.put_fenced(fence, expected, views).await?;
        self.hear("put_fenced", format!("{written:?}"));
        Ok(written)
    }

    fn keeps_unfenced(&self) -> bool {
        true
    }

    async fn scan(&self, extent: &Extent, after: Option<&ViewId>) -> Result<ViewScan, StoreError> {
        self.pass("scan").await;
        let scan = self.shared.store.scan(extent, after).await?;
        let views: Vec<_> = scan.views.iter().map(|view| timeless(&Some(view.clone()))).collect();
        self.hear("scan", views.concat());
        Ok(scan)
    }

    async fn query(&self, query: &ViewQuery) -> Result<QueriedViews, StoreError> {
        self.shared.store.query(query).await
    }
}
