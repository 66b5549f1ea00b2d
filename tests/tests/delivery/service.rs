//! `run`: a service that delivers until it is told to stop.

use std::future::Future;
use std::time::Duration;

use cqrs_core::delivery::{Delivered, DeliveryError};
use cqrs_core::prelude::*;
use cqrs_dynamo::Dynamo;
use cqrs_tests::bank::{Deposit, Withdraw};
use cqrs_tests::faults::{Call as Request, Fault, Faults, database};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::office::*;

const ACCOUNTS: [&str; 3] = ["0", "1", "2"];

/// A running app, and a way to stop it.
pub(crate) struct Service {
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<Delivered, DeliveryError>>,
}

impl Service {
    pub(crate) fn start(app: &App) -> Self {
        let (stop, stopped) = oneshot::channel();
        let app = app.clone();
        let task = tokio::spawn(async move {
            let shutdown = async {
                let _ = stopped.await;
            };
            app.run(shutdown).await
        });
        Self { stop, task }
    }

    pub(crate) async fn stop(self) -> Delivered {
        self.stop.send(()).unwrap();
        self.task.await.unwrap().unwrap()
    }
}

/// Waits for what is sure to come. The time only ends a test that would hang.
pub(crate) async fn until<F: Future<Output = bool>>(mut reached: impl FnMut() -> F) {
    let waiting = async {
        while !reached().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), waiting).await.expect("it never comes");
}

pub(crate) async fn until_views_are_the_fold(app: &App) {
    until(|| async { Views::stored(app).await == Views::folded(app, &ACCOUNTS).await }).await;
}

#[tokio::test]
async fn a_service_delivers_what_is_there_and_what_comes() {
    let (_, app, clerk) = start().await;
    open(&app, &ACCOUNTS).await;
    let service = Service::start(&app);
    until_views_are_the_fold(&app).await;
    app.execute(&key("2"), Deposit { cents: 5, note: "1".into() }).await.unwrap();
    until(|| async { clerk.versions("0").len() == 2 }).await;
    assert_eq!(service.stop().await.commits, 6);
    assert_views_are_the_fold(&app, &ACCOUNTS, "stopped").await;
    for account in ACCOUNTS {
        assert_eq!(clerk.versions(account), [1, 2]);
    }
}

#[tokio::test]
async fn a_service_finishes_what_it_holds() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let gate = Gate::default();
    let gated = || {
        let app = App::builder(dynamo.event_store()).provide(gate.clone()).only(["gate"]);
        app.settings(|settings| settings.poll = Duration::ZERO).build().unwrap()
    };
    let app = gated();
    open(&app, &["1"]).await;
    pay(&app, &["1"]).await;
    let service = Service::start(&app);
    gate.entered.notified().await;
    service.stop.send(()).unwrap();
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(!service.task.is_finished(), "a handler is at work");
    gate.opened.notify_one();
    assert_eq!(service.task.await.unwrap().unwrap().commits, 2);
    assert_eq!(gated().run_until_idle().await.unwrap().commits, 0, "the position was kept");
}

#[tokio::test]
async fn a_service_that_fails_while_it_stops_has_stopped() {
    let (database, dynamo) = database().await;
    let faults =
        Faults::new(&database, |call| match call.operation == "PutItem" && call.is_for("delivery") {
            true => Fault::Reset,
            false => Fault::None,
        });
    let gate = Gate::default();
    let gated = |dynamo: &Dynamo| {
        App::builder(dynamo.event_store()).provide(gate.clone()).only(["gate"]).build().unwrap()
    };
    let app = gated(&faults.dynamo_without_retries());
    open(&app, &["1"]).await;
    pay(&app, &["1"]).await;
    let (stop, stopped) = oneshot::channel::<()>();
    let (hear, heard) = oneshot::channel();
    let service = tokio::spawn(async move {
        let shutdown = async {
            drop(stopped.await);
            hear.send(()).unwrap();
        };
        app.run(shutdown).await
    });
    gate.entered.notified().await;
    stop.send(()).unwrap();
    heard.await.unwrap();
    // It has seen that it should stop, and now it cannot keep its position.
    gate.opened.notify_one();
    service.await.unwrap().unwrap();
    gate.opened.notify_one();
    assert_eq!(gated(&dynamo).run_until_idle().await.unwrap().commits, 2, "nothing is lost");
}

#[tokio::test]
async fn a_service_continues_after_faults_that_pass() {
    for (operation, fault) in [
        ("GetRecords", Fault::Answer(400, "LimitExceededException")),
        ("GetRecords", Fault::Answer(500, "InternalServerError")),
        ("GetShardIterator", Fault::Reset),
        ("DescribeStream", Fault::Answer(400, "ThrottlingException")),
        ("DescribeTable", Fault::Answer(400, "ThrottlingException")),
        ("PutItem", Fault::Answer(400, "ProvisionedThroughputExceededException")),
        ("Query", Fault::AnswerLost),
    ] {
        let (database, dynamo) = database().await;
        let clerk = Clerk::new();
        let clean = app(&dynamo, &clerk);
        open(&clean, &ACCOUNTS).await;
        let remaining = std::sync::atomic::AtomicUsize::new(3);
        let faults = Faults::new(&database, move |request: &Request| {
            use std::sync::atomic::Ordering::Relaxed;
            let hit = request.operation == operation
                && remaining.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok();
            if hit { fault } else { Fault::None }
        });
        let service = Service::start(&app(&faults.dynamo_without_retries(), &clerk));
        until_views_are_the_fold(&clean).await;
        pay(&clean, &ACCOUNTS).await;
        until_views_are_the_fold(&clean).await;
        until(|| async { ACCOUNTS.iter().all(|account| clerk.versions(account).contains(&2)) }).await;
        assert!(service.stop().await.commits >= 6, "{operation} {fault:?}: it tells of all it did");
        assert_eq!(letters(&clean).await, [], "{operation} {fault:?}");
    }
}

#[tokio::test]
async fn a_service_ends_on_what_waiting_does_not_cure() {
    let (database, _) = database().await;
    let faults = Faults::new(&database, |request: &Request| match request.operation.as_str() {
        "GetRecords" => Fault::Answer(400, "AccessDeniedException"),
        _ => Fault::None,
    });
    let app = app(&faults.dynamo_without_retries(), &Clerk::new());
    let error = app.run(std::future::pending()).await.unwrap_err();
    assert!(matches!(error, DeliveryError::Feed(_)), "{error:?}");
}

#[tokio::test]
async fn a_service_that_cannot_begin_stops_when_it_is_told() {
    let (database, _) = database().await;
    let faults = Faults::new(&database, |_: &Request| Fault::Answer(400, "ThrottlingException"));
    let service = Service::start(&app(&faults.dynamo_without_retries(), &Clerk::new()));
    until(|| async { faults.count() > 3 }).await;
    assert_eq!(service.stop().await.commits, 0);
}

/// Account `1` fails at its first commit, and a second one waits behind it.
async fn stuck_service() -> (Dynamo, App, Clerk, Service) {
    let (dynamo, app, clerk) = start().await;
    clerk.fails_at("1", 1, Answer::Permanent);
    open(&app, &["1"]).await;
    let service = Service::start(&app);
    pay(&app, &["1"]).await;
    until(|| async { letters(&app).await == of_clerk("1", &[(1, 1), (2, 0)]) }).await;
    clerk.answers(|_| Answer::Done);
    (dynamo, app, clerk, service)
}

/// The next commit is handled by the running service.
async fn assert_flows(app: &App, clerk: &Clerk, next: u64) {
    pay(app, &["1"]).await;
    until(|| async { clerk.versions("1").contains(&next) }).await;
    assert_eq!(letters(app).await, []);
}

#[tokio::test]
async fn a_service_continues_after_a_redrive_by_another_process() {
    let (dynamo, running, clerk, service) = stuck_service().await;
    let other = app(&dynamo, &clerk);
    assert_eq!(other.dead_letters().redrive("clerk").await.unwrap().done, 2);
    assert_flows(&running, &clerk, 3).await;
    service.stop().await;
    assert_eq!(clerk.versions("1"), [1, 1, 2, 3]);
}

#[tokio::test]
async fn a_service_continues_when_the_last_letter_is_discarded() {
    let (dynamo, running, clerk, service) = stuck_service().await;
    let other = app(&dynamo, &clerk);
    for letter in other.dead_letters().list().await.unwrap() {
        other.dead_letters().discard(&letter.id, "settled by hand").await.unwrap();
    }
    assert_flows(&running, &clerk, 3).await;
    service.stop().await;
}

#[tokio::test]
async fn a_redrive_beside_a_running_service_leaves_nothing_behind() {
    let (_, app, clerk, service) = stuck_service().await;
    let mut redriven = 0;
    for _ in 0..30 {
        let (letters, ()) = (app.dead_letters(), pay(&app, &["1"]).await);
        redriven += letters.redrive("clerk").await.unwrap().done;
    }
    until(|| async { clerk.versions("1").contains(&32) }).await;
    service.stop().await;
    assert!(redriven >= 2);
    assert_eq!(letters(&app).await, []);
    let mut versions = clerk.versions("1");
    versions.dedup();
    assert_eq!(versions, (1..=32).collect::<Vec<_>>(), "in order");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_services_on_one_database_keep_every_view_right() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bank.db");
    let (one, two) = (Dynamo::embedded(&path).await.unwrap(), Dynamo::embedded(&path).await.unwrap());
    let clerk = Clerk::new();
    let apps = [app(&one, &clerk), app(&two, &clerk)];
    open(&apps[0], &ACCOUNTS).await;
    let services = apps.each_ref().map(Service::start);
    for round in 0..20 {
        let app = &apps[round % 2];
        pay(app, &ACCOUNTS).await;
        app.execute(&key("2"), Deposit { cents: 5, note: "1".into() }).await.unwrap();
        app.execute(&key("1"), Withdraw { cents: 1 }).await.unwrap();
    }
    until_views_are_the_fold(&apps[0]).await;
    for service in services {
        service.stop().await;
    }
    apps[1].run_until_idle().await.unwrap();
    assert_eq!(letters(&apps[0]).await, []);
    assert_views_are_the_fold(&apps[0], &ACCOUNTS, "two at once").await;
    // 20 deposits handed on twice, each of them once.
    assert_eq!(apps[0].load(&key("0")).await.unwrap().state.balance, 20 * (7 + 5));
}
