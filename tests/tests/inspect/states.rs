//! States and steps are those of the typed calls.

use cqrs_core::inspect::{Change, Moment};
use cqrs_core::prelude::*;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::bank::{Ask, Correct, LetterBoxKey, Tell, account, book, tenant};
use crate::{embedded, memory};

/// Puts changes into a state.
fn replayed(mut state: Value, changes: &[Change]) -> Value {
    for change in changes {
        let place = place(&change.path);
        let (last, before) = place.split_last().unwrap();
        let mut at = &mut state;
        for part in before {
            at = match part {
                Part::Field(name) => &mut at[name.as_str()],
                Part::Item(index) => &mut at[*index],
            };
        }
        match last {
            Part::Field(name) => {
                let fields = at.as_object_mut().unwrap();
                assert_eq!(fields.get(name), change.before.as_ref(), "{}", change.path);
                match &change.after {
                    Some(after) => drop(fields.insert(name.clone(), after.clone())),
                    None => drop(fields.remove(name)),
                }
            }
            Part::Item(index) => {
                let items = at.as_array_mut().unwrap();
                match &change.after {
                    Some(after) if items.len() > *index => items[*index] = after.clone(),
                    Some(after) => items.push(after.clone()),
                    None => items.truncate(*index),
                }
            }
        }
    }
    state
}

enum Part {
    Field(String),
    Item(usize),
}

fn place(path: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('[') {
            let mut values = serde_json::Deserializer::from_str(inside).into_iter::<Value>();
            parts.push(match values.next().unwrap().unwrap() {
                Value::String(name) => Part::Field(name),
                index => Part::Item(index.as_u64().unwrap().try_into().unwrap()),
            });
            rest = inside[values.byte_offset()..].strip_prefix(']').unwrap();
        } else {
            rest = rest.strip_prefix('.').unwrap_or(rest);
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            parts.push(Part::Field(rest[..end].to_owned()));
            rest = &rest[end..];
        }
    }
    parts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]
    #[test]
    fn steps_lead_from_state_to_state(
        booked in prop::collection::vec(prop::option::of((-9_i64..9, "[a.\"\\[\\]]{1,3}")), 1..20),
        limit in 1_usize..8,
    ) {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
            let app = memory();
            for booked in &booked {
                match booked {
                    Some((cents, on)) => drop(app.execute(&account("1"), book(*cents, on)).await.unwrap()),
                    None => drop(app.execute(&account("1"), Correct {}).await.unwrap()),
                }
            }
            let inspect = app.inspect();
            let stream = inspect.address("ACCOUNT", "BANK", &["1"]).unwrap();
            let mut state = inspect.state(&stream, Moment::Version(Version::NONE)).await.unwrap().state;
            let (mut after, mut version) = (Version::NONE, 0);
            loop {
                let page = inspect.steps(&stream, after, limit).await.unwrap();
                assert_eq!(page.read_commits, page.items.len() as u64);
                for step in page.items {
                    version += 1;
                    assert_eq!(step.place.version, Version::new(version));
                    state = replayed(state, &step.changes);
                    assert_eq!(state, step.state);
                    let at = inspect.state(&stream, Moment::Version(step.place.version)).await.unwrap();
                    assert_eq!((at.version, &at.state), (step.place.version, &step.state));
                }
                let Some(next) = page.next else { break };
                after = Version::new(next.parse().unwrap());
            }
            assert_eq!(version, booked.len() as u64);
        });
    }
}

#[tokio::test]
async fn a_state_is_that_of_the_typed_calls() {
    let (_, dynamo) = embedded().await;
    for app in [memory(), dynamo] {
        let inspect = app.inspect();
        let time = |day: u32| format!("2024-01-{day:02}T12:00:00Z").parse::<Timestamp>().unwrap();
        for day in 1..=9 {
            app.execute(&account("1"), book(day.into(), &format!("{day}"))).at(time(day)).await.unwrap();
        }
        let stream = inspect.address("ACCOUNT", "BANK", &["1"]).unwrap();
        assert_eq!(stream.key, account("1").stream().unwrap());
        for version in 0..=11 {
            let typed = app.load_version(&account("1"), Version::new(version)).await.unwrap();
            let told = inspect.state(&stream, Moment::Version(Version::new(version))).await.unwrap();
            assert_eq!(told.version, typed.version);
            let lines: Vec<_> = typed.state.lines.iter().map(|line| format!("{line:?}")).collect();
            assert_eq!(told.state["cents"], typed.state.cents);
            assert_eq!(told.state["by_day"], json!(typed.state.by_day));
            assert_eq!(told.state["lines"], format!("[{}]", lines.join(", ")));
            assert_eq!(told.state["type"], Value::Null);
            assert_eq!(told.state["secret"], "inspect::bank::Secret");
        }
        for moment in [time(4), time(20)] {
            let told = inspect.state(&stream, Moment::AsOf(moment)).await.unwrap();
            assert_eq!(told.version, app.load_as_of(&account("1"), moment).await.unwrap().version);
            let told = inspect.state(&stream, Moment::AsRecorded(moment)).await.unwrap();
            assert_eq!(told.version, app.load_as_recorded(&account("1"), moment).await.unwrap().version);
        }
        assert_eq!(inspect.state(&stream, Moment::Now).await.unwrap().version, Version::new(9));
    }
}

/// A page far behind begins with the snapshot, and not with the stream.
#[tokio::test]
async fn steps_begin_with_a_snapshot() {
    let (dynamo, app) = embedded().await;
    let letters = LetterBoxKey::new(&tenant(), "1");
    for cents in 0..400 {
        app.execute(&letters, Tell { cents }).await.unwrap();
    }
    let inspect = app.inspect();
    let stream = inspect.address("LETTER_BOX", "BANK", &["1"]).unwrap();
    let spent = dynamo.spent(inspect.steps(&stream, Version::new(390), 5)).await;
    let page = spent.output.unwrap();
    assert_eq!((page.items.len(), page.read_commits, page.next.as_deref()), (5, 5, Some("395")));
    assert_eq!(page.items[0].changes.len(), 1);
    assert_eq!(
        (&*page.items[0].changes[0].path, &page.items[0].changes[0].after),
        ("letters[390]", &Some(json!(390)))
    );
    assert_eq!(inspect.steps(&stream, Version::new(400), 5).await.unwrap().items, []);
    assert_eq!(inspect.steps(&stream, Version::new(500), 5).await.unwrap().items, []);
}

#[tokio::test]
async fn a_process_is_shown_with_what_it_waits_for() {
    let app = memory();
    let ask = Ask { transfer: "t".into(), to: "2".into(), cents: 5 };
    app.execute(&account("1"), ask).await.unwrap();
    let inspect = app.inspect();
    app.run_until_idle().await.unwrap();
    let stream = inspect.address("TRANSFER", "BANK", &["t"]).unwrap();
    let first = inspect.state(&stream, Moment::Version(Version::new(1))).await.unwrap().state;
    assert_eq!(
        (&first["process"], &first["started"], &first["ended"]),
        (&json!({ "to": "2" }), &json!(true), &json!(false))
    );
    assert!(first["deadlines"]["lost"].is_string(), "{first}");
    let last = inspect.state(&stream, Moment::Now).await.unwrap().state;
    assert_eq!(
        (&last["ended"], &last["deadlines"], &last["heldUpAt"]),
        (&json!(true), &json!({}), &Value::Null)
    );
    let linked = inspect.streams().into_iter().find(|stream| stream.entity == "TRANSFER").unwrap();
    assert_eq!(
        (linked.name, &linked.events[..], &linked.deadlines[..]),
        ("Transfer", &["TransferAsked", "Received"][..], &["lost"][..])
    );
}
