//! The cost of a projection on DynamoDB, cold and warm, and the proof that what a process remembers about its views
//! never misleads it.

use cqrs_core::StoredEvent;
use cqrs_core::delivery::DeliveryStore;
use cqrs_core::delivery::{Message, Received, Verdict};
use cqrs_core::prelude::*;
use cqrs_core::store::{EventStore, Extent};
use cqrs_core::view::{Unfenced, ViewStore, Write};
use cqrs_dynamo::{Dynamo, Embedded};
use cqrs_tests::bank::{self, Open, Statement, Wealth, Withdraw, deposit};
use cqrs_tests::commits;
use cqrs_tests::faults::{self, Fault, Faults};
use futures_util::StreamExt;

const QUEUES: [&str; 2] = ["Statement", "Wealth"];

/// A projection that takes messages as the content of the store, as the delivery in one process may, so that only the
/// cost of the views is counted.
fn app_with(dynamo: &Dynamo, cached_views: u64) -> App {
    app_of(dynamo, cached_views, true)
}

fn app_of(dynamo: &Dynamo, cached_views: u64, trusted_messages: bool) -> App {
    App::builder(dynamo.event_store())
        .views(dynamo.views())
        .settings(|settings| {
            settings.cached_views = cached_views;
            settings.trusted_messages = trusted_messages;
        })
        .only(QUEUES)
        .build()
        .unwrap()
}

fn app(dynamo: &Dynamo) -> App {
    app_with(dynamo, 100)
}

/// Commits to an account, of which none has been delivered.
async fn committed() -> (Embedded, Dynamo) {
    let (database, dynamo) = faults::database().await;
    let app = bank::app(dynamo.event_store()).unwrap();
    let key = bank::account("1");
    app.execute(&key, Open { owner: "Ada".into() }).await.unwrap();
    for cents in [100, 10, 1] {
        app.execute(&key, deposit(cents)).await.unwrap();
    }
    app.execute(&key, Withdraw { cents: 5 }).await.unwrap();
    (database, dynamo)
}

/// A consumer of one queue.
struct Queue<'a> {
    dynamo: &'a Dynamo,
    app: App,
    name: &'static str,
}

impl Queue<'_> {
    /// Delivers some commits of the account; returns requests and write units.
    async fn deliver(&self, versions: &[u64]) -> (u64, f64) {
        let stream = bank::account("1").stream().unwrap();
        let page = self.dynamo.event_store().read(&stream, Version::NONE, Version::MAX).await.unwrap();
        // A statement does not listen to the first commit.
        let first = if self.name == "Statement" { 2 } else { 1 };
        let chosen = page
            .commits
            .iter()
            .filter(|commit| commit.version.get() >= first && versions.contains(&commit.version.get()));
        let received = |commit| Received::new(Message::of(&self.app, commit).body);
        let batch: Vec<Received> = chosen.map(received).collect();
        let consumer = self.app.consumer(self.name).unwrap();
        let before = self.dynamo.cost();
        let verdicts = consumer.take(&batch).await;
        let cost = self.dynamo.cost() - before;
        assert!(verdicts.iter().all(|verdict| *verdict == Verdict::Done), "{verdicts:?}");
        (cost.requests, cost.write_units)
    }
}

/// The views of the account's five commits.
async fn assert_all_in(app: &App, name: &str) {
    let key = bank::account("1");
    if name == "Statement" {
        let view = app.view::<Statement>(&key).await.unwrap().unwrap();
        assert_eq!(view.lines, [100, 10, 1, -5]);
    } else {
        let key = bank::WealthKey::new(&bank::tenant(), "Ada");
        let view = app.view::<Wealth>(&key).await.unwrap().unwrap();
        assert_eq!(view, Wealth { cents: 106, folded: 5 });
    }
}

#[tokio::test]
async fn a_view_at_its_aggregates_key_costs_two_requests_cold_and_one_warm() {
    let (_, dynamo) = committed().await;
    let queue = |app| Queue { dynamo: &dynamo, app, name: "Statement" };
    let one = queue(app(&dynamo));
    assert_eq!(
        one.deliver(&[2]).await,
        (3, 1.0),
        "GetItem, PutItem, and Query for a commit that was left out"
    );
    assert_eq!(one.deliver(&[3]).await, (1, 1.0), "PutItem");
    let other = queue(app(&dynamo));
    assert_eq!(other.deliver(&[4]).await, (2, 1.0), "GetItem, PutItem");
    assert_eq!(other.deliver(&[5]).await, (1, 1.0), "PutItem");
    assert_eq!(
        other.deliver(&[2, 3, 4, 5]).await,
        (0, 0.0),
        "what it remembers to have written is not asked for"
    );
    assert_all_in(&other.app, "Statement").await;
}

#[tokio::test]
async fn a_view_across_aggregates_costs_five_requests_cold_and_two_warm() {
    let (_, dynamo) = committed().await;
    let queue = |app| Queue { dynamo: &dynamo, app, name: "Wealth" };
    let one = queue(app(&dynamo));
    assert_eq!(
        one.deliver(&[1]).await,
        (10, 3.0),
        "the first one of all: which editions there are, and that this one begins"
    );
    assert_eq!(one.deliver(&[2]).await, (2, 2.0), "PutItem of the view, then of the fence");
    let other = queue(app(&dynamo));
    assert_eq!(
        other.deliver(&[3]).await,
        (6, 2.0),
        "GetItem of editions, fence, view and the fence once more, PutItem of the view and of the fence"
    );
    assert_eq!(other.deliver(&[4, 5]).await, (2, 2.0), "also for two commits");
    assert_eq!(other.deliver(&[1, 2, 3, 4, 5]).await, (0, 0.0));
    assert_all_in(&other.app, "Wealth").await;
}

/// Messages are only hints: the commits are read from the store, in one request for those of a stream that come
/// together.
#[tokio::test]
async fn behind_a_broker_the_commits_cost_one_request_more() {
    for (name, cold, warm, units) in [("Statement", 3, 2, 1.0), ("Wealth", 7, 3, 2.0)] {
        let (_, dynamo) = committed().await;
        let queue = |app| Queue { dynamo: &dynamo, app, name };
        let one = queue(app_of(&dynamo, 100, false));
        one.deliver(&[1, 2]).await;
        assert_eq!(one.deliver(&[3]).await, (warm, units), "{name}: Query, and a write");
        let other = queue(app_of(&dynamo, 100, false));
        assert_eq!(other.deliver(&[4, 5]).await, (cold, units), "{name}");
        assert_eq!(other.deliver(&[3, 4, 5]).await, (1, 0.0), "{name}: is the last one still there?");
        assert_all_in(&other.app, name).await;
    }
}

#[tokio::test]
async fn without_a_cache_every_commit_is_cold() {
    for (name, cold) in [("Statement", 2), ("Wealth", 5)] {
        let (_, dynamo) = committed().await;
        let queue = Queue { dynamo: &dynamo, app: app_with(&dynamo, 0), name };
        queue.deliver(&[1, 2]).await;
        for version in [3, 4, 5] {
            assert_eq!(queue.deliver(&[version]).await.0, cold, "{name}, {version}");
        }
        assert_all_in(&queue.app, name).await;
    }
}

/// What is remembered is behind the store: the condition says so, and the view is read again.
#[tokio::test]
async fn a_view_that_another_process_has_written_is_read_again() {
    for (name, requests) in [("Statement", 3), ("Wealth", 5)] {
        let (_, dynamo) = committed().await;
        let one = Queue { dynamo: &dynamo, app: app(&dynamo), name };
        let other = Queue { dynamo: &dynamo, app: app(&dynamo), name };
        one.deliver(&[1, 2]).await;
        other.deliver(&[3]).await;
        // Its own write fails, then it reads; nothing is left out, so no commit is read.
        assert_eq!(one.deliver(&[3, 4]).await.0, requests, "{name}");
        other.deliver(&[4, 5]).await;
        assert_all_in(&one.app, name).await;
    }
}

/// Whatever happens to a write, only what is stored is remembered. The fold fails on the earlier balance.
#[tokio::test]
async fn a_remembered_view_that_others_have_gone_past_is_no_dead_letter() {
    let (_database, dynamo) = faults::database().await;
    let front = bank::app(dynamo.event_store()).unwrap();
    let (old, rich) = (bank::account("old"), bank::account("rich"));
    for key in [&old, &rich] {
        front.execute(key, Open { owner: "Ada".into() }).await.unwrap();
    }
    front.execute(&rich, deposit(10)).await.unwrap();
    front.execute(&rich, Withdraw { cents: 10 }).await.unwrap();
    let (one, other) = (app(&dynamo), app(&dynamo));
    for (by, key, versions) in [(&one, &old, 1..=1), (&other, &rich, 1..=2), (&one, &rich, 3..=3)] {
        let page =
            dynamo.event_store().read(&key.stream().unwrap(), Version::NONE, Version::MAX).await.unwrap();
        let commits = page.commits.iter().filter(|commit| versions.contains(&commit.version.get()));
        let batch: Vec<_> = commits.map(|commit| Received::new(Message::of(by, commit).body)).collect();
        for verdict in by.consumer("Wealth").unwrap().take(&batch).await {
            assert_eq!(verdict, Verdict::Done);
        }
    }
    let wealth = one.view::<Wealth>(&bank::WealthKey::new(&bank::tenant(), "Ada")).await.unwrap();
    assert_eq!(wealth, Some(Wealth { cents: 0, folded: 4 }));
}

#[tokio::test]
async fn a_write_that_fails_is_not_remembered() {
    for name in QUEUES {
        for fault in [Fault::Reset, Fault::AnswerLost, Fault::Answer(500, "InternalServerError")] {
            for write in 0..10 {
                let (database, dynamo) = committed().await;
                let faults = Faults::at(&database, "PutItem", write, fault);
                let app = app(&faults.dynamo_without_retries());
                let stream = bank::account("1").stream().unwrap();
                let commits =
                    dynamo.event_store().read(&stream, Version::NONE, Version::MAX).await.unwrap().commits;
                let consumer = app.consumer(name).unwrap();
                for commit in commits.iter().filter(|commit| name == "Wealth" || commit.version.get() > 1) {
                    let received = [Received::new(Message::of(&app, commit).body)];
                    let mut tries = 0;
                    while consumer.take(&received).await != [Verdict::Done] {
                        tries += 1;
                        assert!(tries < 3, "{name}, {fault:?} at {write}");
                    }
                }
                assert_all_in(&app, name).await;
            }
        }
    }
}

/// While a replay is under way, a stream that takes part in it is applied to both copies of its view.
#[tokio::test]
async fn a_commit_during_a_replay_costs_two_requests_and_six_units() {
    let (database, dynamo) = committed().await;
    let queue = Queue { dynamo: &dynamo, app: app(&dynamo), name: "Wealth" };
    queue.deliver(&[1, 2]).await;
    let faults = Faults::new(&database, |call| match call.operation.as_str() {
        "Scan" if call.is_for("views") => Fault::Answer(500, "InternalServerError"),
        _ => Fault::None,
    });
    app(&faults.dynamo_without_retries()).replay::<Wealth>().await.unwrap_err();
    // The replay has taken the stream to its end, so these are no news to it, nor to the live view.
    queue.deliver(&[3, 4, 5]).await;
    let key = bank::account("1");
    for cents in [20, 30] {
        queue.app.execute(&key, deposit(cents)).await.unwrap();
    }
    queue.deliver(&[6]).await;
    assert_eq!(queue.deliver(&[7]).await, (2, 6.0), "GetItem of the replays, TransactWriteItems");
    app(&dynamo).replay::<Wealth>().await.unwrap();
    queue.app.execute(&key, deposit(0)).await.unwrap();
    queue.app.execute(&key, deposit(50)).await.unwrap();
    queue.app.execute(&key, deposit(60)).await.unwrap();
    queue.deliver(&[8]).await;
    assert_eq!(queue.deliver(&[9]).await, (2, 2.0), "once it is over, it costs what it did before");
    let view = queue.app.view::<Wealth>(&bank::WealthKey::new(&bank::tenant(), "Ada")).await.unwrap();
    assert_eq!(view, Some(Wealth { cents: 266, folded: 9 }));
}

/// A crash has left a note of a commit in a view, and a restore has removed the commit, while a replay is running that
/// has it from the store alone: the view takes others, and the replay puts another one in its place.
#[tokio::test]
async fn a_note_of_a_commit_that_is_gone_stops_nobody() {
    let (database, dynamo) = committed().await;
    let queue = Queue { dynamo: &dynamo, app: app(&dynamo), name: "Wealth" };
    queue.deliver(&[1, 2, 3, 4, 5]).await;
    let faults = Faults::new(&database, |call| match call.operation.as_str() {
        "Scan" if call.is_for("views") => Fault::Answer(500, "InternalServerError"),
        _ => Fault::None,
    });
    app(&faults.dynamo_without_retries()).replay::<Wealth>().await.unwrap_err();
    let views = dynamo.views();
    let found = views.scan(&Extent::Segment { number: 0, of: 1 }, None).await.unwrap().views;
    let live = found.into_iter().find(|view| view.id.pk.ends_with("#WEALTH")).unwrap();
    let note = Unfenced::new(bank::account("1").stream().unwrap(), Version::new(6));
    let mut noted = live.clone().with_unfenced(Some(note)).with_digest("00000000000000ff".parse().ok());
    noted.version = live.version.next();
    assert_eq!(views.put(&noted, live.revision()).await.unwrap(), Write::Done);

    let key = bank::account("2");
    queue.app.execute(&key, Open { owner: "Ada".into() }).await.unwrap();
    let stream = key.stream().unwrap();
    let page = dynamo.event_store().read(&stream, Version::NONE, Version::MAX).await.unwrap();
    let app = app(&dynamo);
    let message = Received::new(Message::of(&app, &page.commits[0]).body);
    assert_eq!(app.consumer("Wealth").unwrap().take(&[message]).await, [Verdict::Done]);
    let owner = bank::WealthKey::new(&bank::tenant(), "Ada");
    for is_replayed in [false, true] {
        if is_replayed {
            app.replay::<Wealth>().await.unwrap();
        }
        let view = app.view::<Wealth>(&owner).await.unwrap();
        assert_eq!(view, Some(Wealth { cents: 106, folded: 6 }), "replayed: {is_replayed}");
    }
}

/// Several streams at once go into one view: in one process none of them has to write twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn streams_that_share_a_view_do_not_fight_over_it() {
    let (_, dynamo) = faults::database().await;
    let app = app(&dynamo);
    for number in 0..40 {
        let key = bank::account(&number.to_string());
        app.execute(&key, Open { owner: "Ada".into() }).await.unwrap();
    }
    let stored = commits::scan(&dynamo.event_store(), &Extent::Segment { number: 0, of: 1 }).await;
    let received = |commit| Received::new(Message::of(&app, commit).body);
    let batch: Vec<Received> = stored.iter().map(received).collect();
    let before = dynamo.cost();
    let verdicts = app.consumer("Wealth").unwrap().take(&batch).await;
    assert!(verdicts.iter().all(|verdict| *verdict == Verdict::Done), "{verdicts:?}");
    let cost = dynamo.cost() - before;
    assert_eq!(cost.write_units, 80.0 + 1.0, "two writes each; the editions");
    let least = 40 * 4 + 1 + 4;
    assert!(
        (least..least + 40).contains(&cost.requests),
        "fence, replays, two writes; one view; the editions are read three times, and written; and the fences once more that were read \
         before the view: {}",
        cost.requests
    );
    let view = app.view::<Wealth>(&bank::WealthKey::new(&bank::tenant(), "Ada")).await.unwrap();
    assert_eq!(view, Some(Wealth { cents: 0, folded: 40 }));
}

/// What a catch-up reads, of a stream in which every commit changes another view: four sizes, and twice the commits are twice the
/// units.
#[tokio::test]
async fn catching_up_costs_what_it_reads() {
    let mut units = Vec::new();
    for count in [250, 500, 1_000, 2_000] {
        let (_, dynamo) = faults::database().await;
        let stream = bank::account("1").stream().unwrap();
        let mut last = None;
        for version in 1..=count {
            let event = bank::Deposited { owner: format!("owner {version}"), cents: 1, note: String::new() };
            let mut commit = commits::commit(&stream, version, serde_json::Value::Null);
            commit.events = vec![StoredEvent::encode(&event).unwrap()];
            cqrs_tests::commits::append(&dynamo.event_store(), &commit).await.unwrap();
            last = Some(commit);
        }
        let app = app_of(&dynamo, 10_000, false);
        let body = Message::of(&app, &last.unwrap()).body;
        let before = dynamo.cost();
        let taken = app.consumer("Wealth").unwrap().take(&[Received::new(body)]).await;
        assert_eq!(taken, [Verdict::Done]);
        // Each view is looked up once, whether it is there or not; what is left is what the stream takes.
        let read = (dynamo.cost() - before).read_units;
        assert_eq!(app.views::<Wealth>(&bank::tenant()).count().await as u64, count);
        units.push(read);
    }
    println!("read units for 250, 500, 1,000 and 2,000 commits: {units:?}");
    for pair in units.windows(2) {
        let growth = pair[1] / pair[0];
        assert!((1.8..=2.2).contains(&growth), "{units:?}");
    }
}

/// The cost of ten healthy messages is bounded by the ten, however many streams are parked.
#[tokio::test]
async fn parked_streams_cost_others_nothing() {
    let mut units = Vec::new();
    for parked in [0, 100, 1_000, 4_000] {
        let (_, dynamo) = faults::database().await;
        let app = App::builder(dynamo.event_store()).views(dynamo.views()).only(["teller"]).build().unwrap();
        let delivery = dynamo.event_store().delivery();
        for number in 0..parked {
            let stream = bank::account(&format!("parked-{number}")).stream().unwrap();
            delivery.park("teller", &stream, Version::new(1)).await.unwrap();
        }
        let mut batch = Vec::new();
        for number in 0..10 {
            let key = bank::account(&number.to_string());
            app.execute(&key, Open { owner: "Ada".into() }).await.unwrap();
            let page = dynamo.event_store().read(&key.stream().unwrap(), Version::NONE, Version::MAX).await;
            let body = Message::of(&app, &page.unwrap().commits[0]).body;
            batch.push(Received::new(body));
        }
        let consumer = app.consumer("teller").unwrap();
        let before = dynamo.cost();
        let verdicts = consumer.take(&batch).await;
        assert!(verdicts.iter().all(|verdict| *verdict == Verdict::Done), "{verdicts:?}");
        units.push((dynamo.cost() - before).read_units);
    }
    println!("read units for ten messages beside 0, 100, 1,000 and 4,000 parked streams: {units:?}");
    assert!(
        units.iter().all(|read| *read <= 11.0),
        "one for the batch, and one for each of its streams: {units:?}"
    );
}

/// A handler, so that streams can be parked.
#[event_handler(bank::Opened)]
async fn teller(_: &bank::Opened) -> Result<(), HandlerError> {
    Ok(())
}
