//! A view that cannot be read is named, and the list continues after it.

use cqrs_core::app::{Page, QueryError};
use cqrs_core::causes::chain;
use cqrs_core::prelude::*;
use cqrs_core::store::MemoryEventStore;
use cqrs_core::view::{MemoryViewStore, ViewId, ViewStore};
use serde_json::json;

use crate::embedded;
use crate::shop::{GoodKey, Label, Level, Named, Stock, Stocked, tenant};

const NAMES: [&str; 5] = ["n0", "n1", "n2", "n3", "n4"];

async fn fill(app: &App) {
    for name in NAMES {
        let (group, label) = ("x".to_owned(), Label("l".to_owned()));
        let name_of_good = name.to_owned();
        let stocked = Stocked {
            group,
            name: name_of_good,
            label,
            number: 1,
            size: 1,
            level: Level::Low,
            when: None,
            open: true,
        };
        app.execute(&GoodKey::new(&tenant("T"), name), Stock(stocked)).await.unwrap();
    }
    app.run_until_idle().await.unwrap();
}

/// Writes a view as something else has left it.
async fn damage(views: &impl ViewStore, name: &str) {
    let id = ViewId::new("T#NAMED", format!("NAMED#x#{name}"));
    let mut view = views.get(&id).await.unwrap().unwrap();
    let expected = view.revision();
    view.data = json!({ "size": "large" });
    view.version = view.version.next();
    let _ = views.put(&view, expected).await.unwrap();
}

async fn page(
    app: &App,
    by_size: bool,
    descending: bool,
    limit: u32,
    after: Option<Cursor>,
) -> Result<Page<Named>, QueryError> {
    let tenant = tenant("T");
    let query = app.query::<Named>(&tenant);
    match (by_size, descending) {
        (true, true) => query.by_size(1).descending().limit(limit).after(after).await,
        (true, false) => query.by_size(1).limit(limit).after(after).await,
        (false, true) => query.by_key().group("x").descending().limit(limit).after(after).await,
        (false, false) => query.by_key().group("x").limit(limit).after(after).await,
    }
}

/// Everything that a caller sees who continues after each error.
async fn walk(app: &App, by_size: bool, descending: bool, limit: u32) -> (Vec<String>, Vec<String>) {
    let (mut names, mut errors, mut after) = (Vec::new(), Vec::new(), None);
    loop {
        match page(app, by_size, descending, limit, after).await {
            Ok(page) => {
                names.extend(page.views.iter().map(|found| found.key.name().clone()));
                let Some(next) = page.next else { return (names, errors) };
                after = Some(next);
            }
            Err(error) => {
                errors.push(chain(&error));
                let QueryError::Unreadable { next, .. } = error else { panic!("{error:?}") };
                after = Some(next);
            }
        }
    }
}

async fn check(app: &App, views: &impl ViewStore) {
    fill(app).await;
    // Those that are damaged so far; beside each other, too, and at both ends.
    let mut damaged = Vec::new();
    for name in ["n2", "n3", "n0", "n4"] {
        damage(views, name).await;
        damaged.push(name);
        for (by_size, descending) in [(true, true), (true, false), (false, true), (false, false)] {
            for limit in 1..=6 {
                let (names, errors) = walk(app, by_size, descending, limit).await;
                // By either way the order is that of the names.
                let in_order = |is_damaged: bool| {
                    let mut names = NAMES.to_vec();
                    names.retain(|name| damaged.contains(name) == is_damaged);
                    if descending {
                        names.reverse();
                    }
                    names
                };
                assert_eq!(names, in_order(false), "{damaged:?} {by_size} {descending} {limit}");
                let unreadable = in_order(true);
                assert_eq!(errors.len(), unreadable.len(), "{errors:?}");
                for (error, name) in errors.iter().zip(unreadable) {
                    assert!(
                        error.contains(&format!("the view `NAMED#x#{name}` of `Named` cannot be read")),
                        "{error}"
                    );
                    assert!(error.contains("a replay of `Named` builds it anew"), "{error}");
                }
            }
        }
    }
    app.replay::<Named>().await.unwrap();
    assert_eq!(walk(app, true, false, 2).await, (NAMES.map(str::to_owned).to_vec(), Vec::new()));
}

#[tokio::test]
async fn a_list_continues_after_a_view_that_cannot_be_read_in_memory() {
    let views = MemoryViewStore::new();
    let app = App::builder(MemoryEventStore::new()).views(views.clone()).build().unwrap();
    check(&app, &views).await;
}

#[tokio::test]
async fn a_list_continues_after_a_view_that_cannot_be_read_embedded() {
    let (dynamo, app) = embedded().await;
    check(&app, &dynamo.views()).await;
}
