//! Code of an app that panics on stored data: every reader gets an error that says where, and nothing unwinds.

use cqrs_core::Event;
use cqrs_core::prelude::*;
use cqrs_core::replay::ReplayError;
use cqrs_dynamo::Dynamo;
use cqrs_tests::raw;
use futures_util::StreamExt;

#[event(name = "Noted", unhandled = "stored by an earlier program")]
#[derive(Debug, Clone)]
struct NotedV1 {
    text: String,
}

#[event(schema = 2, from = NotedV1)]
#[derive(Debug, Clone)]
struct Noted {
    text: String,
}

impl From<NotedV1> for Noted {
    fn from(old: NotedV1) -> Self {
        assert_ne!(old.text, "upcast", "no way from `{}`", old.text);
        Self { text: old.text }
    }
}

#[derive(Debug, Clone)]
struct Note {
    text: String,
}

#[aggregate(entity = "PAD", snapshot_every = 2)]
#[derive(Debug, Clone, Default)]
struct Pad {
    notes: u64,
}

#[aggregate]
impl Pad {
    #[command]
    fn note(&self, command: Note) -> Result<Noted, std::convert::Infallible> {
        Ok(Noted { text: command.text })
    }

    #[apply]
    fn noted(&mut self, event: &Noted) {
        assert_ne!(event.text, "fold", "no fold of `{}`", event.text);
        self.notes += 1;
    }
}

#[projection(Pad)]
#[derive(Debug, Clone, Default)]
struct Shown {
    notes: u64,
}

#[projection(Pad)]
impl Shown {
    #[apply]
    fn noted(&mut self, event: &Noted) {
        assert_ne!(event.text, "view", "no view of `{}`", event.text);
        self.notes += 1;
    }
}

#[projection(key(initial: String))]
#[derive(Debug, Clone, Default)]
struct Index {
    notes: u64,
}

fn initial(text: &str) -> String {
    assert_ne!(text, "key", "no key of `{text}`");
    text.chars().take(1).collect()
}

#[projection(key(initial))]
impl Index {
    #[apply(key(initial = initial(&event.text)))]
    fn noted(&mut self, event: &Noted) {
        assert_ne!(event.text, "entry", "no entry of `{}`", event.text);
        self.notes += 1;
    }
}

fn key() -> PadKey {
    PadKey::new(&Tenant::new("HOME").unwrap(), "1")
}

/// A pad whose second note was stored as it is.
async fn with_second(second: &impl Event) -> (Dynamo, App) {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    raw::put(&dynamo, raw::record(&key(), 1, &Noted { text: "first".into() })).await;
    raw::put(&dynamo, raw::record(&key(), 2, second)).await;
    raw::put(&dynamo, raw::record(&key(), 3, &Noted { text: "third".into() })).await;
    let app = App::builder(dynamo.event_store()).views(dynamo.views()).snapshots(dynamo.snapshots());
    (dynamo.clone(), app.only(["Shown", "Index"]).build().unwrap())
}

fn says(context: &str, error: &(dyn std::error::Error + 'static), text: &str) {
    let said = cqrs_core::causes::chain(error);
    for part in ["PAD#1", "at version 2, event 0", "`Noted`", "panicked", text] {
        assert!(said.contains(part), "{context}: `{part}` is not in `{said}`");
    }
}

#[tokio::test]
async fn a_fold_that_panics_is_an_error_of_every_load() {
    let (_dynamo, app) = with_second(&Noted { text: "fold".into() }).await;
    let late = "2999-01-01T00:00:00Z".parse().unwrap();
    says("load", &app.load(&key()).await.unwrap_err(), "no fold of `fold`");
    says("load_version", &app.load_version(&key(), Version::new(2)).await.unwrap_err(), "no fold of `fold`");
    says("load_as_of", &app.load_as_of(&key(), late).await.unwrap_err(), "no fold of `fold`");
    assert_eq!(app.load_version(&key(), Version::new(1)).await.unwrap().state.notes, 1);
    let error = app.execute(&key(), Note { text: "more".into() }).await.unwrap_err();
    says("execute", &error, "no fold of `fold`");
}

#[tokio::test]
async fn an_upcaster_that_panics_is_an_error_at_every_door() {
    let text = "no way from `upcast`";
    let (_dynamo, app) = with_second(&NotedV1 { text: "upcast".into() }).await;
    says("load", &app.load(&key()).await.unwrap_err(), text);
    let mut history = app.history(&key());
    assert_eq!(history.next().await.unwrap().unwrap().version(), Version::new(1));
    says("history", &history.try_next().await.unwrap_err(), text);
    says("replay", &app.replay::<Shown>().await.unwrap_err(), text);
    says("replay across", &app.replay::<Index>().await.unwrap_err(), text);
}

#[tokio::test]
async fn a_projection_that_panics_is_an_error_of_its_replay() {
    for (note, text) in
        [("view", "no view of `view`"), ("key", "no key of `key`"), ("entry", "no entry of `entry`")]
    {
        let (_dynamo, app) = with_second(&Noted { text: note.into() }).await;
        let error = match note {
            "view" => {
                says("one", &app.replay::<Shown>().key(&key()).await.unwrap_err(), text);
                app.replay::<Shown>().await.unwrap_err()
            }
            _ => app.replay::<Index>().await.unwrap_err(),
        };
        assert!(matches!(error, ReplayError::Unreadable { .. }), "{error:?}");
        says(note, &error, text);
        let projection = if note == "view" { "Shown" } else { "Index" };
        assert!(error.to_string().contains(&format!("`{projection}`")), "{error}");
    }
}

#[tokio::test]
async fn what_was_discarded_is_skipped_where_the_fold_panics() {
    let (_dynamo, app) = with_second(&Noted { text: "view".into() }).await;
    app.run_until_idle().await.unwrap();
    for letter in app.dead_letters().of("Shown").await.unwrap() {
        let waits = letter.reason.contains("waits behind");
        assert!(waits || letter.reason.contains("at version 2, event 0"), "{}", letter.reason);
        assert!(waits || letter.reason.contains("no view of `view`"), "{}", letter.reason);
        if !waits {
            app.dead_letters().discard(&letter.id, "never mind").await.unwrap();
        }
    }
    assert_eq!(app.replay::<Shown>().await.unwrap().views, 1);
    assert_eq!(app.view::<Shown>(&key()).await.unwrap().unwrap().notes, 2);
}
