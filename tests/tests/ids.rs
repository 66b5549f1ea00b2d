//! Any text is a legal id: each has its own stream and views, and no two keys render to the same text.

use cqrs_core::delivery::RetryPolicy;
use cqrs_core::prelude::*;
use cqrs_core::{KeyError, StoreError, StreamKey};
use cqrs_dynamo::Dynamo;
use cqrs_tests::bank::{AccountKey, Open, Statement, Wealth, WealthKey, deposit, tenant};
use futures_util::{StreamExt, TryStreamExt};
use proptest::prelude::*;

/// Prefixes of each other, separators and escapes, texts that render like another one's escape, and long ones.
fn names() -> Vec<String> {
    let names = ["A", "A1", "A@0000000001", "A#1", "#", "@", "%", "%41", "%23", " ", "\n", "日本語 注文"];
    names.map(str::to_owned).into_iter().chain(["x".repeat(900), "x".repeat(899)]).collect()
}

async fn start() -> App {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = App::builder(dynamo.event_store()).views(dynamo.views()).only(["Statement", "Wealth"]);
    app.settings(|settings| settings.delivery = RetryPolicy { attempts: 1, ..settings.delivery })
        .build()
        .unwrap()
}

/// Opens an account for `owner` with a deposit that cannot be mistaken for another.
async fn fill(app: &App, key: &AccountKey, owner: &str, cents: u64) {
    app.execute(key, Open { owner: owner.to_owned() }).await.unwrap();
    app.execute(key, deposit(cents)).await.unwrap();
}

async fn check(app: &App, key: &AccountKey, cents: u64) {
    let loaded = app.load(key).await.unwrap();
    assert_eq!((loaded.version, loaded.state.balance), (Version::new(2), cents), "{key:?}");
    let log: Vec<_> = app.history(key).try_collect().await.unwrap();
    assert!(log.len() == 2 && log.iter().all(|recorded| recorded.stream() == &key.stream().unwrap()));
    let lines = app.view::<Statement>(key).await.unwrap().unwrap().lines;
    assert_eq!(lines, [cents.cast_signed()], "{key:?}");
    assert_eq!(&AccountKey::parse(&key.stream().unwrap()).unwrap(), key);
}

#[tokio::test]
async fn every_id_has_a_stream_and_views_of_its_own() {
    let app = start().await;
    let filled: Vec<_> = (1..).zip(names()).collect();
    for (cents, name) in &filled {
        fill(&app, &AccountKey::new(&tenant(), name.as_str()), name, *cents).await;
    }
    app.run_until_idle().await.unwrap();
    for (cents, name) in &filled {
        check(&app, &AccountKey::new(&tenant(), name.as_str()), *cents).await;
        let wealth = app.view::<Wealth>(&WealthKey::new(&tenant(), name.as_str())).await.unwrap();
        assert_eq!(wealth, Some(Wealth { cents: *cents, folded: 2 }), "{name}");
    }
    let views: Vec<_> = app.views::<Statement>(&tenant()).try_collect().await.unwrap();
    assert_eq!(views.len(), filled.len());
    assert_eq!(app.dead_letters().list().await.unwrap(), []);
}

#[tokio::test]
async fn every_tenant_has_streams_and_views_of_its_own() {
    let app = start().await;
    let filled: Vec<_> = (1..).zip(names()).collect();
    let key = |name: &str| AccountKey::new(&Tenant::new(name).unwrap(), "1");
    for (cents, name) in &filled {
        fill(&app, &key(name), "Ada", *cents).await;
    }
    app.run_until_idle().await.unwrap();
    for (cents, name) in &filled {
        check(&app, &key(name), *cents).await;
        let tenant = Tenant::new(name.as_str()).unwrap();
        let views: Vec<_> = app.views::<Wealth>(&tenant).try_collect().await.unwrap();
        let [found] = &views[..] else { panic!("{name}: {views:?}") };
        assert_eq!(
            (found.key.owner().as_str(), &found.view),
            ("Ada", &Wealth { cents: *cents, folded: 2 }),
            "{name}"
        );
    }
}

/// The error of every call for a key that cannot be rendered.
async fn refusals(app: &App, key: &AccountKey) -> Vec<KeyError> {
    let of_store = |error| match error {
        StoreError::Key(error) => error,
        other => panic!("{other:?}"),
    };
    let execute = match app.execute(key, Open { owner: "Ada".into() }).await.unwrap_err() {
        ExecuteError::Key(error) => error,
        other => panic!("{other:?}"),
    };
    let mut history = app.history(key);
    let listed = history.next().await.unwrap().unwrap_err();
    assert!(history.next().await.is_none());
    vec![
        execute,
        of_store(app.load(key).await.unwrap_err()),
        of_store(app.view::<Statement>(key).await.unwrap_err()),
        of_store(listed),
    ]
}

#[tokio::test]
async fn empty_and_over_long_ids_are_errors_at_every_door() {
    let app = start().await;
    for error in refusals(&app, &AccountKey::new(&tenant(), "")).await {
        assert_eq!(error, KeyError::EmptyPart { part: "id" });
    }
    assert_eq!(Tenant::new("").unwrap_err(), KeyError::EmptyPart { part: "tenant" });
    // The longest sort key takes 1024 bytes, `ACCOUNT#` and the version's 11 bytes among them.
    let longest = AccountKey::new(&tenant(), "x".repeat(1005));
    app.execute(&longest, Open { owner: "Ada".into() }).await.unwrap();
    for id in ["x".repeat(1030), "%".repeat(400), "注".repeat(400)] {
        for error in refusals(&app, &AccountKey::new(&tenant(), id.as_str())).await {
            assert!(matches!(error, KeyError::TooLong { attribute: "sk", .. }), "{error:?}");
        }
    }
    let tenant = Tenant::new("x".repeat(2048)).unwrap();
    for error in refusals(&app, &AccountKey::new(&tenant, "1")).await {
        assert!(matches!(error, KeyError::TooLong { attribute: "pk", limit: 2048, .. }), "{error:?}");
    }
}

#[event]
struct Issued;

#[aggregate(
    entity = "INVOICE",
    key(branch: String, year: i16, number: u32),
    pk = "{tenant}#INVOICE#{branch}",
    sk = "INVOICE#{year:05}#{number:03}"
)]
#[derive(Default)]
struct Invoice {}

#[aggregate]
impl Invoice {
    #[apply]
    fn issued(&mut self, _: &Issued) {}
}

#[event]
struct Visited;

#[aggregate(entity = "PAGE", key(site: String, path: String), shards = 7)]
#[derive(Default)]
struct Page {}

#[aggregate]
impl Page {
    #[apply]
    fn visited(&mut self, _: &Visited) {}
}

/// Short texts of few characters, so that two of them meet often.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof!["[A1#@%]{1,4}", "%(41|23|25)", "\\PC{1,6}"]
}

fn tenants() -> impl Strategy<Value = Tenant> {
    texts().prop_map(|name| Tenant::new(name).unwrap())
}

fn invoices() -> impl Strategy<Value = InvoiceKey> {
    let years = prop_oneof![-3..3_i16, any::<i16>()];
    let numbers = prop_oneof![0..3_u32, 99..1002_u32, any::<u32>()];
    (tenants(), texts(), years, numbers)
        .prop_map(|(tenant, branch, year, number)| InvoiceKey::new(&tenant, branch, year, number))
}

fn pages() -> impl Strategy<Value = PageKey> {
    (tenants(), texts(), texts()).prop_map(|(tenant, site, path)| PageKey::new(&tenant, site, path))
}

/// Two keys render to the same text only if they are equal, as a stream and as the id of a view.
fn render_alike<K: AggregateKey>(left: &K, right: &K) -> Result<(), TestCaseError> {
    let (one, other) = (left.stream().unwrap(), right.stream().unwrap());
    prop_assert_eq!(left == right, one == other, "{} {}", one, other);
    let ids = (left.tenant(), left.id().unwrap()) == (right.tenant(), right.id().unwrap());
    prop_assert_eq!(left == right, ids);
    prop_assert_eq!(&K::parse(&one).unwrap(), left);
    Ok(())
}

proptest! {
    #[test]
    fn keys_of_several_parts_render_alike_only_where_they_are_alike(left in invoices(), right in invoices()) {
        render_alike(&left, &right)?;
    }

    #[test]
    fn keys_with_shards_render_alike_only_where_they_are_alike(left in pages(), right in pages()) {
        render_alike(&left, &right)?;
        let stream = left.stream().unwrap();
        let shard = stream.pk().rsplit_once('#').unwrap().1;
        prop_assert!(shard.len() == 2 && shard.parse::<u16>().unwrap() < 7, "{}", stream);
    }

    #[test]
    fn texts_that_no_key_renders_to_are_no_keys(pk in "T#INVOICE#[A%@#1]{0,4}", sk in "INVOICE#[-0-9]{1,6}#[0-9]{1,4}") {
        let stream = StreamKey::new(pk, sk).unwrap();
        if let Ok(key) = InvoiceKey::parse(&stream) {
            prop_assert_eq!(key.stream().unwrap(), stream);
        }
    }

    #[test]
    fn versions_sort_as_text(key in pages(), left in 1..10_000_000_000_u64, right in 1..10_000_000_000_u64) {
        let stream = key.stream().unwrap();
        let [one, other] = [left, right].map(|version| stream.commit_sk(Version::new(version)));
        prop_assert_eq!(left.cmp(&right), one.cmp(&other));
        let parsed = StreamKey::parse_commit(stream.pk(), &one).unwrap();
        prop_assert_eq!(parsed, (stream, Version::new(left)));
    }
}
