//! Views by names are those of the typed queries.

use cqrs_core::inspect::{AskedView, Criterion, InspectError, ListedView, Page};
use cqrs_core::prelude::*;
use serde_json::{Value, json};

use crate::bank::{Bookings, BookingsKey, Statement, account, book, tenant};
use crate::{embedded, memory};

async fn filled(app: &App) {
    for number in 0..24_i64 {
        app.execute(
            &account(&format!("{number:02}")),
            book(number * 3 % 11 - 5, &format!("day {}", number % 4)),
        )
        .await
        .unwrap();
    }
    app.run_until_idle().await.unwrap();
}

fn by_day(criteria: Vec<Criterion>) -> AskedView {
    AskedView {
        projection: "Statement".into(),
        index: Some("by_day".into()),
        criteria,
        ..AskedView::default()
    }
}

async fn ask(app: &App, asked: &AskedView) -> Page<ListedView> {
    app.inspect().views(&tenant(), asked).await.unwrap()
}

fn told(page: &Page<ListedView>) -> Vec<(String, i64)> {
    page.items.iter().map(|found| (found.id.join("#"), found.view["cents"].as_i64().unwrap())).collect()
}

fn typed(page: cqrs_core::app::Page<Statement>) -> Vec<(String, i64)> {
    page.views.into_iter().map(|found| (found.key.id().clone(), found.view.cents)).collect()
}

#[tokio::test]
async fn an_index_is_asked_as_the_typed_query_asks_it() {
    let (_, dynamo) = embedded().await;
    for app in [memory(), dynamo] {
        filled(&app).await;
        let here = tenant();
        let query = || app.query::<Statement>(&here).by_day("day 1");
        let day = || Criterion::Is(json!("day 1"));
        let asked = by_day(vec![day()]);
        assert_eq!(told(&ask(&app, &asked).await), typed(query().await.unwrap()));
        for (from, to) in [(-3, 2), (0, 0), (3, -3)] {
            let range = Criterion::Within(Some(json!(from)), Some(json!(to)));
            let expected = typed(query().cents(from..=to).await.unwrap());
            assert_eq!(told(&ask(&app, &by_day(vec![day(), range])).await), expected);
            // As a form gives it.
            let range = Criterion::Within(Some(json!(from.to_string())), None);
            let expected = typed(query().cents(from..).await.unwrap());
            assert_eq!(told(&ask(&app, &by_day(vec![day(), range])).await), expected);
        }
        let expected = typed(query().cents(-2).await.unwrap());
        assert_eq!(told(&ask(&app, &by_day(vec![day(), Criterion::Is(json!(-2))])).await), expected);

        let expected = typed(query().descending().await.unwrap());
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let asked = AskedView { descending: true, limit: 2, after, ..by_day(vec![day()]) };
            let page = ask(&app, &asked).await;
            assert_eq!(page.read_commits, page.items.len() as u64);
            found.extend(told(&page));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(found, expected);
    }
}

#[tokio::test]
async fn keys_are_asked_as_the_typed_query_asks_them() {
    let (_, dynamo) = embedded().await;
    for app in [memory(), dynamo] {
        filled(&app).await;
        let here = tenant();
        let asked = |criteria| AskedView {
            projection: "Statement".into(),
            criteria,
            limit: 100,
            ..AskedView::default()
        };
        assert_eq!(
            told(&ask(&app, &asked(vec![])).await),
            typed(app.query::<Statement>(&here).await.unwrap())
        );
        let range = Criterion::Within(Some(json!("03")), Some(json!("11")));
        let mut expected = typed(app.query::<Statement>(&here).await.unwrap());
        expected.retain(|(id, _)| ("03"..="11").contains(&id.as_str()));
        assert_eq!(told(&ask(&app, &asked(vec![range])).await), expected);
        let begins = told(&ask(&app, &asked(vec![Criterion::Begins("1".into())])).await);
        assert_eq!(begins.len(), 10);

        let of_day = AskedView {
            projection: "Bookings".into(),
            criteria: vec![Criterion::Is(json!("day 2"))],
            ..AskedView::default()
        };
        let found = ask(&app, &of_day).await;
        let expected = app.query::<Bookings>(&here).by_key().on("day 2").await.unwrap();
        assert_eq!(found.items.len(), expected.views.len());
        for (found, expected) in found.items.iter().zip(expected.views) {
            assert_eq!(found.id, [expected.key.on().clone(), expected.key.cents().to_string()]);
            assert_eq!(
                (found.view["times"].as_u64(), found.version),
                (Some(expected.view.times.into()), expected.version)
            );
            let id: Vec<_> = found.id.iter().map(String::as_str).collect();
            let one = app.inspect().view("Bookings", &here, &id).await.unwrap();
            assert_eq!(one.as_ref(), Some(found));
            let key = BookingsKey::new(&here, found.id[0].as_str(), found.id[1].parse().unwrap());
            let typed = app.view::<Bookings>(&key).await.unwrap().unwrap();
            assert_eq!(one.unwrap().view, serde_json::to_value(typed).unwrap());
        }
        assert_eq!(app.inspect().view("Bookings", &here, &["day 2", "99"]).await.unwrap(), None);
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_said() {
    let app = memory();
    filled(&app).await;
    let asked = |projection: &str, index: Option<&str>, criteria| AskedView {
        projection: projection.into(),
        index: index.map(str::to_owned),
        criteria,
        ..AskedView::default()
    };
    let is = |value: Value| Criterion::Is(value);
    let all = || Criterion::Within(None, None);
    let cases = [
        (asked("Statment", None, vec![]), "`Bookings`, `Statement`"),
        (asked("Statement", Some("by_week"), vec![]), "`by_day`"),
        (asked("Statement", Some("by_day"), vec![]), "`last_day`"),
        (asked("Statement", Some("by_day"), vec![all()]), "`last_day`"),
        (asked("Statement", Some("by_day"), vec![is(Value::Null)]), "`last_day` cannot be null"),
        (asked("Statement", Some("by_day"), vec![is(json!("d")), is(json!("x"))]), "`cents` cannot be \"x\""),
        (asked("Statement", Some("by_day"), vec![is(json!("d")), is(json!(1)), all()]), "there are 2 fields"),
        (asked("Bookings", None, vec![all()]), "only the last field"),
        (asked("Bookings", None, vec![is(json!(""))]), "`on` cannot be \"\""),
        (asked("Bookings", None, vec![is(json!("d")), is(json!("x"))]), "`cents` cannot be \"x\""),
        (
            asked("Bookings", None, vec![is(json!("d")), Criterion::Within(Some(json!(1)), None)]),
            "declare an index",
        ),
    ];
    for (asked, expected) in cases {
        let error = app.inspect().views(&tenant(), &asked).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    let asked = AskedView { after: Some("x".into()), ..asked("Statement", None, vec![]) };
    assert!(matches!(app.inspect().views(&tenant(), &asked).await, Err(InspectError::Cursor(_))));
    for id in [&["d"][..], &["d", "x"], &["d", "1", "2"]] {
        let error = app.inspect().view("Bookings", &tenant(), id).await.unwrap_err();
        assert!(matches!(error, InspectError::Key(_)), "{error}");
    }
}

#[tokio::test]
async fn a_projection_is_replayed_by_its_name() {
    let app = memory();
    filled(&app).await;
    let replayed = app.inspect().replay("Statement").await.unwrap();
    assert_eq!(replayed.commits, 24);
    assert!(matches!(app.inspect().replay("Nothing").await, Err(InspectError::UnknownProjection { .. })));
}
