use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use cqrs_core::app::Stores;
use cqrs_core::prelude::*;
use cqrs_core::store::EventStore;
use cqrs_core::view::{ViewId, ViewStore};
use fastrand::Rng;

use crate::till::{self, Check, Named, Release, Sales, Sell, TillKey};

pub(crate) const TILLS: [&str; 3] = ["1", "2", "3"];
pub(crate) const GOODS: [&str; 2] = ["bread", "wine"];
pub(crate) const RELEASES: [&str; 6] =
    ["first", "fold_changed", "field_removed", "field_added", "field_renamed", "field_retyped"];

pub(crate) fn tenant() -> Tenant {
    Tenant::new("T").unwrap()
}

pub(crate) fn key(till: &str) -> TillKey {
    TillKey::new(&tenant(), till)
}

/// A database, and what is in it.
pub(crate) struct World<E, V> {
    pub(crate) events: E,
    views: V,
    stores: Box<dyn Fn() -> Stores>,
    pub(crate) rng: Rng,
    /// How long a silent release is waited for, divided by five.
    pub(crate) release_poll: Duration,
    /// How long the views of a release that is gone are kept.
    release_kept: Duration,
    /// What was sold, by its number.
    sales: Sales,
    /// The numbers of what was sold, by goods and till, in the order of the till's stream.
    sold: BTreeMap<(&'static str, usize), Vec<u64>>,
}

impl<E: EventStore, V: ViewStore> World<E, V> {
    pub(crate) fn new(
        events: E,
        views: V,
        stores: impl Fn() -> Stores + 'static,
        mut rng: Rng,
        release_poll: Duration,
    ) -> Self {
        let release_kept = if rng.bool() { Duration::ZERO } else { Duration::from_secs(3600) };
        let (sales, sold) = (Sales::new(), BTreeMap::new());
        Self { events, views, stores: Box::new(stores), rng, release_poll, release_kept, sales, sold }
    }

    /// A process of a release that has just begun.
    pub(crate) fn process(&self, release: &'static str) -> App {
        let (poll, kept) = (self.release_poll, self.release_kept);
        let app = App::builder((self.stores)()).only([release]).settings(move |settings| {
            settings.release_poll = poll;
            settings.release_kept = kept;
            settings.poll = Duration::from_millis(1);
            // A release that cannot read the views of the other one, and has none of its own yet, need not wait.
            settings.read_wait = Duration::ZERO;
        });
        app.build().unwrap()
    }

    pub(crate) async fn command(&mut self, app: &App) {
        let at = self.rng.usize(..3);
        let till = key(TILLS[at]);
        if self.rng.u8(..5) == 0 {
            app.execute(&till, Check).await.unwrap();
            return;
        }
        let (id, goods, price) = (self.sales.len() as u64, GOODS[self.rng.usize(..2)], self.rng.u64(..10));
        app.execute(&till, Sell(id, goods, price)).await.unwrap();
        self.sales.push((at, price));
        self.sold.entry((goods, at)).or_default().push(id);
    }

    /// What a process reads while others work is never half of anything. Each till's sales are there from the first one
    /// on, in their order, and each once.
    pub(crate) async fn read(&self, app: &App, release: &str, told: &str) {
        macro_rules! read {
            ($($module:ident)*) => {
                match release {
                    $(stringify!($module) => self.read_as::<till::$module::This>(app, told).await,)*
                    _ => unreachable!("{release}"),
                }
            };
        }
        read!(first fold_changed field_removed field_added field_renamed field_retyped);
    }

    async fn read_as<R: Release>(&self, app: &App, told: &str) {
        for goods in GOODS {
            match app.view::<R::View>(&Named::of(&tenant(), goods)).await {
                Ok(Some(view)) => self.check::<R>(goods, &view, told),
                Ok(None) => {}
                Err(error) => {
                    assert!(error.is_transient(), "{told}: {error:?}");
                }
            }
        }
    }

    /// Whether a view has the first sales of each till, each once.
    fn check<R: Release>(&self, goods: &'static str, view: &R::View, told: &str) {
        let mut by_till = BTreeMap::<usize, Vec<u64>>::new();
        for id in R::seen(view) {
            by_till.entry(self.sales[usize::try_from(*id).unwrap()].0).or_default().push(*id);
        }
        for (at, seen) in by_till {
            let sold = self.sold.get(&(goods, at)).map_or(&[][..], |sold| &sold[..]);
            assert_eq!(
                sold.get(..seen.len()),
                Some(&seen[..]),
                "{told}: {goods} of till {}, {view:?}",
                TILLS[at]
            );
        }
    }

    /// When everything has been delivered, a process reads the fold of its own release over everything that was sold,
    /// by key and in lists.
    pub(crate) async fn read_all(&self, app: &App, release: &str, told: &str) {
        macro_rules! read {
            ($($module:ident)*) => {
                match release {
                    $(stringify!($module) => self.read_all_as::<till::$module::This>(app, told).await,)*
                    _ => unreachable!("{release}"),
                }
            };
        }
        read!(first fold_changed field_removed field_added field_renamed field_retyped);
        self.read_list(app, release, told).await;
    }

    /// Builds what a release has missed, if a process was killed that was about to do it.
    pub(crate) async fn build(&self, app: &App, release: &str, told: &str) {
        // Whole views would be replayed, and no fault would show.
        let record = self.views.get(&ViewId::new("@SALES", "@")).await.unwrap().unwrap().data.to_string();
        if !record.contains("building") {
            return;
        }
        macro_rules! build {
            ($($module:ident)*) => {
                match release {
                    $(stringify!($module) => app.replay::<till::$module::View>().await,)*
                    _ => unreachable!("{release}"),
                }
            };
        }
        let built = build!(first fold_changed field_removed field_added field_renamed field_retyped);
        built.unwrap_or_else(|error| panic!("{told}: {error:?}"));
    }

    async fn read_all_as<R: Release>(&self, app: &App, told: &str) {
        let mut listed = BTreeMap::new();
        let mut views = app.views::<R::View>(&tenant());
        while let Some(found) = views.try_next().await.unwrap_or_else(|error| panic!("{told}: {error:?}")) {
            listed.insert(found.key.goods().to_owned(), found.view);
        }
        for goods in GOODS {
            let all: usize = (0..3).map(|at| self.sold.get(&(goods, at)).map_or(0, Vec::len)).sum();
            let view = app.view::<R::View>(&Named::of(&tenant(), goods)).await;
            let view = view.unwrap_or_else(|error| panic!("{told}: {error:?}"));
            assert_eq!(view, listed.remove(goods), "{told}");
            let Some(view) = view else {
                assert_eq!(all, 0, "{told}: {goods}");
                continue;
            };
            self.check::<R>(goods, &view, told);
            assert_eq!(R::seen(&view).len(), all, "{told}: {goods}, {view:?}");
            assert_eq!(view, R::fold(&self.sales, R::seen(&view)), "{told}: {goods}");
        }
        assert!(listed.is_empty(), "{told}: {listed:?}");
    }

    /// The list by an index, of those that have one.
    async fn read_list(&self, app: &App, release: &str, told: &str) {
        let totals = |page: Vec<(String, u64)>| {
            let goods: Vec<_> = page.iter().map(|(goods, _)| goods.clone()).collect();
            assert!(goods.len() <= GOODS.len(), "{told}: {goods:?}");
        };
        if release == "field_added" {
            let tenant = tenant();
            let mut views = app.views::<till::field_added::View>(&tenant);
            while let Some(found) = views.try_next().await.unwrap() {
                let page =
                    app.query::<till::field_added::View>(&tenant).by_count(found.view.count).await.unwrap();
                assert!(page.views.iter().any(|one| one.view == found.view), "{told}: {:?}", page.views);
                assert!(page.views.iter().all(|one| one.view.count == found.view.count), "{told}");
                totals(page.views.iter().map(|one| (one.key.goods().to_owned(), one.view.total)).collect());
            }
        }
        macro_rules! by_total {
            ($module:ident) => {{
                let tenant = tenant();
                let mut views = app.views::<till::$module::View>(&tenant);
                while let Some(found) = views.try_next().await.unwrap() {
                    let page =
                        app.query::<till::$module::View>(&tenant).by_total(found.view.total).await.unwrap();
                    assert!(page.views.iter().any(|one| one.view == found.view), "{told}: {:?}", page.views);
                    totals(
                        page.views.iter().map(|one| (one.key.goods().to_owned(), one.view.total)).collect(),
                    );
                }
            }};
        }
        match release {
            "first" => by_total!(first),
            "fold_changed" => by_total!(fold_changed),
            _ => {}
        }
    }
}

/// The result of a future that is polled at most this often: a process that is killed in between.
pub(crate) async fn killed_after<T>(polls: usize, work: impl Future<Output = T>) -> Option<T> {
    let (mut work, mut left) = (pin!(work), polls);
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match work.as_mut().poll(context) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending => {
                context.waker().wake_by_ref();
                Poll::Pending
            }
        }
    })
    .await
}
