//! Commands that are sent again: by a handler whose event comes again, and by a sender that gave an id.

use std::collections::{HashMap, VecDeque};
use std::error::Error;
use std::sync::{Arc, Mutex};

use cqrs_core::delivery::RetryPolicy;
use cqrs_core::prelude::*;
use cqrs_core::store::MemoryEventStore;
use cqrs_core::{Commit, EventStore, ExecuteError};
use futures_util::TryStreamExt;
use proptest::prelude::*;

#[event]
struct Ordered {
    pub lines: u32,
}

#[derive(Clone)]
struct PlaceOrder;

#[aggregate(entity = "ORDER")]
#[derive(Default)]
struct Order {}

#[aggregate]
impl Order {
    #[command]
    fn place(&self, _: PlaceOrder) -> Result<Ordered, String> {
        Ok(Ordered { lines: 3 })
    }

    #[apply]
    fn ordered(&mut self, _: &Ordered) {}
}

#[event]
#[derive(Debug)]
struct Picked {
    pub line: String,
    pub at: Option<Timestamp>,
}

/// Three ways to recognise a command: by serde, by `Debug`, by the decision alone.
#[derive(Clone, serde::Serialize)]
struct Pick {
    line: String,
}

#[derive(Clone, Debug)]
struct Fetch {
    line: String,
}

#[derive(Clone)]
struct Take {
    line: String,
}

/// Its content cannot be read, and its decision is another one each time.
#[derive(Clone)]
struct Draw;

#[derive(Clone, Debug)]
struct Close;

#[derive(Debug, thiserror::Error)]
enum ShelfError {
    #[error("open already")]
    OpenAlready,
}

#[aggregate(entity = "SHELF")]
#[derive(Default)]
struct Shelf {
    picked: u32,
}

#[aggregate]
impl Shelf {
    #[command]
    fn pick(&self, command: Pick) -> Result<Picked, ShelfError> {
        Ok(Picked { line: command.line, at: None })
    }

    #[command]
    fn fetch(&self, command: Fetch, context: &CommandContext) -> Result<Picked, ShelfError> {
        Ok(Picked { line: command.line, at: Some(context.now()) })
    }

    #[command]
    fn take(&self, command: Take, context: &CommandContext) -> Result<Picked, ShelfError> {
        Ok(Picked { line: command.line, at: Some(context.now()) })
    }

    #[command]
    fn draw(&self, _: Draw) -> Result<Picked, ShelfError> {
        let line = std::time::Instant::now();
        Ok(Picked { line: format!("{line:?}"), at: None })
    }

    #[command]
    fn close(&self, _: Close) -> Result<Picked, ShelfError> {
        Err(ShelfError::OpenAlready)
    }

    #[apply]
    fn picked(&mut self, _: &Picked) {
        self.picked += 1;
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Serde,
    Debug,
    Decision,
}

const WAYS: [Way; 3] = [Way::Serde, Way::Debug, Way::Decision];

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Send(String),
    Named(&'static str, String),
    Draw,
    Close,
    Wrapped,
    Shown,
    Boxed,
    Again,
    /// Its rejection is no matter.
    Ignored,
    /// Its rejection is the result, after another command.
    Kept,
    /// An error of the handler's own that reads as that rejection.
    Alike,
    Fail,
}

/// What the handler does in each of its runs.
#[derive(Clone)]
struct Script {
    way: Way,
    runs: Arc<Mutex<VecDeque<Vec<Step>>>>,
}

#[derive(Debug, thiserror::Error)]
#[error("the picker is at a loss")]
struct AtALoss(#[from] ExecuteError<ShelfError>);

#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct Shown(#[from] ExecuteError<ShelfError>);

#[event_handler(Ordered)]
async fn picker(_: &Ordered, app: &App, script: &Script) -> Result<(), HandlerError> {
    let steps = script.runs.lock().unwrap().pop_front().unwrap_or_default();
    for step in steps {
        match step {
            Step::Send(line) => {
                send(app, script.way, line).await?;
            }
            Step::Named(name, line) => {
                app.execute(&shelf(), Pick { line }).named(name).await?;
            }
            Step::Draw => {
                app.execute(&shelf(), Draw).await?;
            }
            Step::Close => {
                app.execute(&shelf(), Close).await?;
            }
            Step::Wrapped => {
                app.execute(&shelf(), Close).await.map_err(AtALoss)?;
            }
            Step::Shown => {
                app.execute(&shelf(), Close).await.map_err(Shown)?;
            }
            Step::Boxed => {
                let closed: Result<_, Box<dyn Error + Send + Sync>> =
                    app.execute(&shelf(), Close).await.map_err(Into::into);
                closed?;
            }
            Step::Again => {
                app.execute(&shelf(), Close).await.map_err(HandlerError::retry)?;
            }
            Step::Ignored => {
                let _ = app.execute(&shelf(), Close).await;
            }
            Step::Kept => {
                let closed = app.execute(&shelf(), Close).await;
                send(app, script.way, "desk".to_owned()).await?;
                closed?;
            }
            Step::Alike => Err(ShelfError::OpenAlready.to_string())?,
            Step::Fail => return Err(HandlerError::retry("the lamp is out")),
        }
    }
    Ok(())
}

async fn send(app: &App, way: Way, line: String) -> Result<Version, ExecuteError<ShelfError>> {
    let done = match way {
        Way::Serde => app.execute(&shelf(), Pick { line }).await?,
        Way::Debug => app.execute(&shelf(), Fetch { line }).await?,
        Way::Decision => app.execute(&shelf(), Take { line }).await?,
    };
    Ok(done.version)
}

fn tenant() -> Tenant {
    Tenant::new("T").unwrap()
}

fn shelf() -> ShelfKey {
    ShelfKey::new(&tenant(), "1")
}

fn app(store: &MemoryEventStore, way: Way, runs: &[&[Step]]) -> App {
    let runs = Arc::new(Mutex::new(runs.iter().map(|run| run.to_vec()).collect()));
    App::builder(store.clone())
        .only(["picker"])
        .provide(Script { way, runs })
        .settings(|settings| {
            let zero = std::time::Duration::ZERO;
            settings.delivery = RetryPolicy { attempts: 3, base: zero, cap: zero };
        })
        .build()
        .unwrap()
}

async fn lines(app: &App) -> Vec<String> {
    app.history(&shelf()).map_ok(|event: Recorded<ShelfEvent>| line(&event)).try_collect().await.unwrap()
}

fn line(event: &ShelfEvent) -> String {
    let ShelfEvent::Picked(picked) = event;
    picked.line.clone()
}

fn run(lines: &[&str]) -> Vec<Step> {
    lines.iter().map(|line| if *line == "!" { Step::Fail } else { Step::Send((*line).to_owned()) }).collect()
}

/// What is on the shelf after a handler has had these runs for one event.
async fn after(way: Way, runs: &[&[&str]]) -> Vec<String> {
    let runs: Vec<Vec<Step>> = runs.iter().map(|lines| run(lines)).collect();
    let runs: Vec<&[Step]> = runs.iter().map(Vec::as_slice).collect();
    let app = app(&MemoryEventStore::new(), way, &runs);
    app.execute(&OrderKey::new(&tenant(), "1"), PlaceOrder).await.unwrap();
    app.run_until_idle().await.unwrap();
    assert_eq!(app.dead_letters().list().await.unwrap(), []);
    lines(&app).await
}

#[tokio::test]
async fn a_run_that_skips_what_is_done_sends_the_rest() {
    for way in WAYS {
        let shelf = after(way, &[&["desk", "!"], &["lamp", "chair"]]).await;
        assert_eq!(shelf, ["desk", "lamp", "chair"], "{way:?}");
    }
}

#[tokio::test]
async fn a_run_in_another_order_sends_nothing_twice_and_loses_nothing() {
    for way in WAYS {
        let shelf = after(way, &[&["desk", "lamp", "!"], &["chair", "lamp", "desk"]]).await;
        assert_eq!(shelf, ["desk", "lamp", "chair"], "{way:?}");
    }
}

#[tokio::test]
async fn a_release_that_sends_one_more_sends_that_one() {
    for way in WAYS {
        let shelf = after(way, &[&["desk", "lamp", "!"], &["gift", "desk", "lamp", "chair"]]).await;
        assert_eq!(shelf, ["desk", "lamp", "gift", "chair"], "{way:?}");
    }
}

#[tokio::test]
async fn equal_commands_are_as_many_as_were_sent() {
    for way in WAYS {
        let shelf = after(way, &[&["desk", "desk", "!"], &["desk", "desk", "desk", "lamp"]]).await;
        assert_eq!(shelf, ["desk", "desk", "desk", "lamp"], "{way:?}");
        let shelf = after(way, &[&["desk", "lamp", "desk", "!"], &["lamp", "desk"]]).await;
        assert_eq!(shelf, ["desk", "lamp", "desk"], "{way:?}");
    }
}

#[tokio::test]
async fn a_repaired_handler_sends_what_its_dead_letter_lacks() {
    for way in WAYS {
        let runs = [run(&["desk", "!"]), run(&["!"]), run(&["!"]), run(&["chair", "desk"])];
        let runs: Vec<&[Step]> = runs.iter().map(Vec::as_slice).collect();
        let app = app(&MemoryEventStore::new(), way, &runs);
        app.execute(&OrderKey::new(&tenant(), "1"), PlaceOrder).await.unwrap();
        app.run_until_idle().await.unwrap();
        assert_eq!(app.dead_letters().list().await.unwrap().len(), 1);
        assert_eq!(app.dead_letters().redrive("picker").await.unwrap().done, 1);
        assert_eq!(lines(&app).await, ["desk", "chair"], "{way:?}");
    }
}

#[tokio::test]
async fn two_processes_that_have_the_event_send_each_command_once() {
    for way in WAYS {
        let store = MemoryEventStore::new();
        let whole = run(&["desk", "lamp", "desk"]);
        let other = run(&["lamp", "desk", "desk"]);
        let (one, two) = (app(&store, way, &[&whole]), app(&store, way, &[&other]));
        one.execute(&OrderKey::new(&tenant(), "1"), PlaceOrder).await.unwrap();
        // Each has the event from the start, as after a redelivery.
        let stream = OrderKey::new(&tenant(), "1").stream().unwrap();
        let commit = store.read(&stream, Version::NONE, Version::MAX).await.unwrap().commits.remove(0);
        let received = vec![cqrs_core::delivery::Received::new(
            serde_json::to_string(&cqrs_core::store::record::encode(&commit)).unwrap(),
        )];
        let (one, two) = (one.consumer("picker").unwrap(), two.consumer("picker").unwrap());
        let (first, second) = tokio::join!(one.take(&received), two.take(&received));
        assert_eq!(first, second);
        let mut shelf = lines(&app(&store, way, &[])).await;
        shelf.sort();
        assert_eq!(shelf, ["desk", "desk", "lamp"], "{way:?}");
    }
}

#[tokio::test]
async fn a_command_whose_decision_is_never_the_same_is_known_by_its_place() {
    let runs: [&[Step]; 2] = [&[Step::Draw, Step::Draw, Step::Fail], &[Step::Draw, Step::Draw, Step::Draw]];
    let app = app(&MemoryEventStore::new(), Way::Serde, &runs);
    app.execute(&OrderKey::new(&tenant(), "1"), PlaceOrder).await.unwrap();
    app.run_until_idle().await.unwrap();
    assert_eq!(lines(&app).await.len(), 3);
}

#[tokio::test]
async fn a_name_is_known_again_and_belongs_to_one_content() {
    let named = |name, line: &str| Step::Named(name, line.to_owned());
    let first: &[Step] = &[named("first", "desk"), named("second", "desk"), Step::Fail];
    let same: &[Step] = &[named("second", "desk"), named("third", "desk")];
    let app1 = app(&MemoryEventStore::new(), Way::Serde, &[first, same]);
    app1.execute(&OrderKey::new(&tenant(), "1"), PlaceOrder).await.unwrap();
    app1.run_until_idle().await.unwrap();
    assert_eq!(lines(&app1).await, ["desk", "desk", "desk"]);

    let other: &[Step] = &[named("first", "lamp")];
    let app2 = app(&MemoryEventStore::new(), Way::Serde, &[first, other]);
    app2.execute(&OrderKey::new(&tenant(), "1"), PlaceOrder).await.unwrap();
    app2.run_until_idle().await.unwrap();
    let letters = app2.dead_letters().list().await.unwrap();
    assert_eq!((letters.len(), letters[0].attempts), (1, 2), "{letters:?}");
    assert!(letters[0].reason.contains("belongs to another command"), "{}", letters[0].reason);
    assert_eq!(lines(&app2).await, ["desk", "desk"]);
}

/// The id that an earlier release gave to the nth command of the picker to the shelf.
fn counted_id(order: &Commit, count: u32) -> String {
    let (pk, sk) = (order.stream.pk(), order.stream.commit_sk(order.version));
    let shelf = shelf().stream().unwrap();
    let name = format!("picker\n{pk}\n{sk}\n0\n{}\n{}\n{count}", shelf.pk(), shelf.sk());
    uuid(&name)
}

fn uuid(name: &str) -> String {
    uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_URL, name.as_bytes()).to_string()
}

#[tokio::test]
async fn commits_of_an_earlier_release_are_known_again() {
    for way in WAYS {
        for (again, expected) in [
            (["desk", "lamp", "chair"], ["desk", "lamp", "chair"]),
            (["chair", "lamp", "desk"], ["desk", "lamp", "chair"]),
        ] {
            let store = MemoryEventStore::new();
            let again = run(&again);
            let app = app(&store, way, &[&again]);
            app.execute(&OrderKey::new(&tenant(), "1"), PlaceOrder).await.unwrap();
            let stream = OrderKey::new(&tenant(), "1").stream().unwrap();
            let order = store.read(&stream, Version::NONE, Version::MAX).await.unwrap().commits.remove(0);
            for (count, line) in [(1, "desk"), (2, "lamp")] {
                // With no digest, as they were stored.
                let sent = app.execute(&shelf(), Take { line: line.to_owned() });
                let done = sent.command_id(counted_id(&order, count)).await.unwrap();
                assert_eq!(done.metadata.command_digest, None);
            }
            app.run_until_idle().await.unwrap();
            let shelf = lines(&app).await;
            match way {
                // The decision has no time in it, but the stored events have: none of them is recognised.
                Way::Serde => {}
                Way::Debug | Way::Decision => assert_eq!(shelf, expected, "{way:?}"),
            }
        }
    }
}

#[tokio::test]
async fn an_id_belongs_to_one_command() {
    let store = MemoryEventStore::new();
    let app1 = app(&store, Way::Serde, &[]);
    let pick = |line: &str| Pick { line: line.to_owned() };
    let first = app1.execute(&shelf(), pick("desk")).command_id("a").await.unwrap();
    assert!(app1.execute(&shelf(), pick("desk")).command_id("a").await.unwrap().is_duplicate());
    let cold = app(&store, Way::Serde, &[]);
    for app in [&app1, &cold] {
        let error = app.execute(&shelf(), pick("lamp")).command_id("a").await.unwrap_err();
        let ExecuteError::CommandIdTaken { command_id, stream, version } = &error else {
            panic!("{error:?}")
        };
        assert_eq!((command_id.as_str(), *version), ("a", first.version));
        assert_eq!(*stream, shelf().stream().unwrap());
        let said = error.to_string();
        assert!(said.contains("command id `a` belongs to another command"), "{said}");
    }
    // Another type with the same content, and types whose content cannot be read.
    let fetch = Fetch { line: "desk".to_owned() };
    let error = app1.execute(&shelf(), fetch).command_id("a").await.unwrap_err();
    assert!(matches!(error, ExecuteError::CommandIdTaken { .. }), "{error:?}");
    let take = |line: &str| Take { line: line.to_owned() };
    app1.execute(&shelf(), take("desk")).command_id("b").await.unwrap();
    assert!(app1.execute(&shelf(), take("desk")).command_id("b").await.unwrap().is_duplicate());
    let error = app1.execute(&shelf(), take("lamp")).command_id("b").await.unwrap_err();
    assert!(matches!(error, ExecuteError::CommandIdTaken { .. }), "{error:?}");
    assert_eq!(lines(&app1).await, ["desk", "desk"]);
}

#[tokio::test]
async fn two_processes_that_use_one_id_for_two_commands_are_reported() {
    let store = MemoryEventStore::new();
    let (one, two) = (app(&store, Way::Serde, &[]), app(&store, Way::Serde, &[]));
    // The second has the stream in memory from before the first one's commit.
    two.execute(&shelf(), Pick { line: "desk".to_owned() }).await.unwrap();
    one.execute(&shelf(), Pick { line: "lamp".to_owned() }).command_id("a").await.unwrap();
    let error = two.execute(&shelf(), Pick { line: "chair".to_owned() }).command_id("a").await.unwrap_err();
    assert!(matches!(error, ExecuteError::CommandIdTaken { .. }), "{error:?}");
    let same =
        two.execute(&shelf(), Pick { line: "lamp".to_owned() }).command_id("a").by("two").await.unwrap();
    assert!(same.is_duplicate());
}

#[tokio::test]
async fn texts_that_are_empty_or_endless_are_refused() {
    let store = MemoryEventStore::new();
    let app = app(&store, Way::Serde, &[]);
    let endless = "x".repeat(1025);
    for text in ["", endless.as_str()] {
        let pick = || app.execute(&shelf(), Pick { line: "desk".to_owned() });
        let refused = [
            ("command_id", pick().command_id(text).await),
            ("by", pick().by(text).await),
            ("correlation_id", pick().correlation_id(text).await),
            ("causation_id", pick().causation_id(text).await),
            ("named", pick().named(text).await),
            ("trace_context", pick().trace_context(text).await),
        ];
        for (name, refused) in refused {
            let error = refused.unwrap_err();
            assert!(matches!(error, ExecuteError::Option { option, .. } if option == name), "{error:?}");
            assert!(error.to_string().starts_with(&format!("`.{name}(…)` ")), "{error}");
        }
    }
    assert_eq!(lines(&app).await, [""; 0]);
}

#[tokio::test]
async fn a_rejection_that_leaves_a_handler_is_final_unless_it_says_otherwise_and_says_what_and_where() {
    for (step, attempts) in
        [(Step::Close, 1), (Step::Wrapped, 1), (Step::Shown, 1), (Step::Boxed, 1), (Step::Again, 3)]
    {
        let run: &[Step] = std::slice::from_ref(&step);
        let app = app(&MemoryEventStore::new(), Way::Serde, &[run, run, run]);
        app.execute(&OrderKey::new(&tenant(), "1"), PlaceOrder).await.unwrap();
        app.run_until_idle().await.unwrap();
        let letters = app.dead_letters().list().await.unwrap();
        assert_eq!((letters.len(), letters[0].attempts), (1, attempts), "{step:?}");
        let reason = &letters[0].reason;
        assert!(reason.starts_with("command `Close` to stream T#SHELF SHELF#1: "), "{reason}");
        assert!(reason.ends_with("open already"), "{reason}");
    }
}

#[tokio::test]
async fn an_error_that_reads_as_an_earlier_rejection_is_not_taken_for_it_after_a_command_that_was_done() {
    let run = [Step::Ignored, Step::Named("desk", "desk".to_owned()), Step::Alike];
    let app = app(&MemoryEventStore::new(), Way::Serde, &[&run, &run, &run]);
    app.execute(&OrderKey::new(&tenant(), "1"), PlaceOrder).await.unwrap();
    app.run_until_idle().await.unwrap();
    let letters = app.dead_letters().list().await.unwrap();
    assert_eq!((letters.len(), letters[0].attempts), (1, 3), "{letters:?}");
    assert!(!letters[0].reason.contains("command"), "{letters:?}");
}

#[tokio::test]
async fn a_rejection_that_leaves_a_handler_after_a_command_that_was_done_is_final() {
    let run = [Step::Kept];
    let app = app(&MemoryEventStore::new(), Way::Serde, &[&run, &run]);
    app.execute(&OrderKey::new(&tenant(), "1"), PlaceOrder).await.unwrap();
    app.run_until_idle().await.unwrap();
    let letters = app.dead_letters().list().await.unwrap();
    assert_eq!((letters.len(), letters[0].attempts), (1, 1), "{letters:?}");
}

const DECEMBER: &str = "2204-12-01T10:00:00Z";

#[tokio::test]
async fn a_time_that_is_a_mistake_is_refused_and_moves_nothing() {
    let app = app(&MemoryEventStore::new(), Way::Serde, &[]);
    let fetch = || app.execute(&shelf(), Fetch { line: "desk".to_owned() });
    let error = fetch().at(DECEMBER.parse().unwrap()).await.unwrap_err();
    assert!(matches!(error, ExecuteError::Option { option: "at", .. }), "{error:?}");
    assert!(error.to_string().contains("Settings::furthest_ahead"), "{error}");

    // One that may be, and the time of what follows.
    let ahead = Timestamp::now() + std::time::Duration::from_hours(3);
    let early = fetch().at(ahead).await.unwrap();
    assert_eq!(early.metadata.created_at, ahead);
    let next = fetch().await.unwrap();
    assert!(next.metadata.created_at < ahead && next.metadata.recorded_at.is_none(), "{:?}", next.metadata);
    let past: Timestamp = "1999-12-01T10:00:00Z".parse().unwrap();
    fetch().at(past).await.unwrap();
    let last = fetch().await.unwrap();
    assert!(last.metadata.created_at >= next.metadata.created_at && last.metadata.created_at < ahead);
    let ShelfEvent::Picked(picked) = &last.events[0];
    assert!(picked.at.unwrap() < ahead, "the command was told the time that it is");
}

/// A commit as an earlier release stored it, with times of its own.
async fn store_commit(store: &MemoryEventStore, version: u64, created_at: &str, recorded_at: Option<&str>) {
    let mut record = serde_json::json!({
        "pk": "T#SHELF", "sk": format!("SHELF#1@{version:010}"), "version": version, "type": "Picked", "schema": 1,
        "data": { "line": "desk", "at": null }, "createdAt": created_at, "commandId": version.to_string(),
        "correlationId": "c",
    });
    if let Some(at) = recorded_at {
        record["recordedAt"] = at.into();
    }
    let serde_json::Value::Object(record) = record else { unreachable!() };
    cqrs_tests::commits::append(store, &cqrs_core::store::record::decode(record).unwrap()).await.unwrap();
}

#[tokio::test]
async fn a_wrong_future_that_is_stored_moves_no_clock() {
    let store = MemoryEventStore::new();
    store_commit(&store, 1, "2024-01-01T10:00:00.000Z", None).await;
    store_commit(&store, 2, "2204-01-01T10:00:00.000Z", Some("2024-01-02T10:00:00.000Z")).await;
    // An earlier release moved what followed.
    store_commit(&store, 3, "2204-01-01T10:00:00.000Z", Some("2024-01-03T10:00:00.000Z")).await;
    let app = app(&store, Way::Serde, &[]);
    let done = app.execute(&shelf(), Pick { line: "lamp".to_owned() }).await.unwrap();
    assert!(done.metadata.created_at <= Timestamp::now(), "{:?}", done.metadata);
    assert_eq!(done.metadata.recorded_at, None);
    // What tells about a later time had happened when it was recorded.
    for (time, version) in
        [("2024-01-01T12:00:00Z", 1), ("2024-01-02T12:00:00Z", 2), ("2024-06-01T00:00:00Z", 3)]
    {
        let as_of = app.load_as_of(&shelf(), time.parse().unwrap()).await.unwrap();
        assert_eq!(as_of.version, Version::new(version), "{time}");
    }
}

#[tokio::test]
async fn what_was_known_at_a_time_goes_by_the_time_of_recording() {
    let store = MemoryEventStore::new();
    store_commit(&store, 1, "2024-01-01T10:00:00.000Z", None).await;
    // An import of what had happened, and a clock that was behind.
    store_commit(&store, 2, "1999-01-01T10:00:00.000Z", Some("2024-01-05T10:00:00.000Z")).await;
    store_commit(&store, 3, "2024-01-03T10:00:00.000Z", Some("2024-01-02T10:00:00.000Z")).await;
    store_commit(&store, 4, "2204-01-01T10:00:00.000Z", Some("2024-01-06T10:00:00.000Z")).await;
    let app = app(&store, Way::Serde, &[]);
    for (time, known, was) in [
        ("2023-12-31T00:00:00Z", 0, 0),
        ("2024-01-01T10:00:00Z", 1, 2),
        ("2024-01-04T00:00:00Z", 1, 3),
        ("2024-01-05T10:00:00Z", 3, 3),
        ("2024-01-07T00:00:00Z", 4, 4),
    ] {
        let time: Timestamp = time.parse().unwrap();
        let recorded = app.load_as_recorded(&shelf(), time).await.unwrap();
        assert_eq!(recorded.version, Version::new(known), "{time}");
        assert_eq!(app.load_as_of(&shelf(), time).await.unwrap().version, Version::new(was), "{time}");
    }
}

#[tokio::test]
async fn a_clock_that_is_ahead_keeps_the_order_and_is_not_what_a_command_is_told() {
    let store = MemoryEventStore::new();
    let ahead = Timestamp::now() + std::time::Duration::from_hours(1);
    store_commit(&store, 1, &ahead.to_string(), None).await;
    let app = app(&store, Way::Serde, &[]);
    for _ in 0..2 {
        let done = app.execute(&shelf(), Fetch { line: "lamp".to_owned() }).await.unwrap();
        assert_eq!(done.metadata.created_at, ahead);
        assert!(done.metadata.recorded() < ahead);
        let ShelfEvent::Picked(picked) = &done.events[0];
        assert_eq!(picked.at, Some(done.metadata.recorded()));
    }
}

/// A handler whose runs differ, like one that iterates over a map or skips finished items.
#[event_handler(Ordered)]
async fn forgetful(_: &Ordered, app: &App, memory: &Memory) -> Result<(), HandlerError> {
    let run = memory.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    let mut lines = vec!["desk", "lamp", "chair", "lamp"];
    lines.rotate_left(run % 4);
    for line in lines {
        app.execute(&ShelfKey::new(&tenant(), "2"), Pick { line: line.to_owned() }).await?;
        if fastrand::u8(..) < 60 {
            return Err(HandlerError::retry("the lamp is out"));
        }
    }
    Ok(())
}

#[derive(Clone, Default)]
struct Memory(Arc<std::sync::atomic::AtomicUsize>);

#[tokio::test]
async fn the_chaos_finds_no_command_lost_or_doubled() {
    let app = App::builder(MemoryEventStore::new()).provide(Memory::default()).only(["forgetful"]).build();
    let app = app.unwrap();
    for order in ["1", "2", "3"] {
        app.execute(&OrderKey::new(&tenant(), order), PlaceOrder).await.unwrap();
    }
    cqrs_core::testing::DeliveryChaos::new().run(&app).await;
}

fn any_runs() -> impl Strategy<Value = Vec<Vec<u8>>> {
    prop::collection::vec(prop::collection::vec(0..3_u8, 0..5), 1..4)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Whatever the runs send, each line is there as often as in the run that sends it most often.
    #[test]
    fn runs_of_any_content_add_up_to_their_union(runs in any_runs()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for way in WAYS {
            let shelf = runtime.block_on(async {
                let mut steps: Vec<Vec<Step>> =
                    runs.iter().map(|run| run.iter().map(|line| Step::Send(line.to_string())).collect()).collect();
                let (_, failing) = steps.split_last_mut().unwrap();
                failing.iter_mut().for_each(|run| run.push(Step::Fail));
                let steps: Vec<&[Step]> = steps.iter().map(Vec::as_slice).collect();
                let app = app(&MemoryEventStore::new(), way, &steps);
                app.execute(&OrderKey::new(&tenant(), "1"), PlaceOrder).await.unwrap();
                app.run_until_idle().await.unwrap();
                lines(&app).await
            });
            let mut found: HashMap<&str, usize> = HashMap::new();
            shelf.iter().for_each(|line| *found.entry(line).or_default() += 1);
            for line in 0..3_u8 {
                let most = runs.iter().map(|run| run.iter().filter(|sent| **sent == line).count()).max().unwrap();
                prop_assert_eq!(found.get(line.to_string().as_str()).copied().unwrap_or(0), most, "{:?}", way);
            }
        }
    }
}
