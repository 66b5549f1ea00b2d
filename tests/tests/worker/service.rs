//! A worker as a service: how it stops, what it survives, and how long it holds what it received.

use std::future::{Future, pending};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cqrs_core::prelude::*;
use cqrs_dynamo::{Broker, BrokerError, Worked, Worker};
use cqrs_tests::bank::Deposited;
use cqrs_tests::emulator::prefix;
use cqrs_tests::faults::{Call, Fault, Faults, at};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use crate::office::{CLERK, Desk, Office, worker};

/// A worker at work, and a way to stop it.
pub(crate) struct Service {
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Result<Worked, BrokerError>>,
}

impl Service {
    pub(crate) fn start(worker: Worker) -> Self {
        let (stop, stopped) = oneshot::channel();
        let ended = tokio::spawn(async move {
            worker
                .run(async {
                    stopped.await.unwrap();
                })
                .await
        });
        Self { stop, ended }
    }

    pub(crate) async fn stop(self) -> Worked {
        self.stop.send(()).unwrap();
        in_time(self.ended).await.unwrap().unwrap()
    }
}

/// Fails a test that would hang.
pub(crate) async fn in_time<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(120), work).await.expect("it hangs")
}

/// An office whose broker meets faults; the names are the same with and without.
pub(crate) async fn office_behind(plan: impl Fn(&Call) -> Fault + Send + Sync + 'static) -> (Office, Broker) {
    let conf = crate::emulator().sdk_config();
    let prefix = prefix();
    let office = Office::with(Broker::from_conf(&conf).with_prefix(prefix.clone()), &[CLERK]).await;
    let faulty = Broker::from_conf(&Faults::over(conf, plan).sdk_config()).with_prefix(prefix);
    (office, faulty)
}

#[tokio::test]
async fn a_service_takes_what_comes_and_stops_amid_a_long_poll() {
    let office = Office::new().await;
    let service =
        Service::start(office.worker().settings(|settings| settings.wait = Duration::from_secs(20)));
    office.publish(&office.deposit("1", [""]).await).await;
    in_time(office.desk.entered(1)).await;
    office.publish(&office.deposit("2", [""]).await).await;
    in_time(office.desk.entered(2)).await;
    assert_eq!(service.stop().await.done, 2);
    assert_eq!(office.backlog().await, 0);
}

#[tokio::test]
async fn a_service_that_is_stopped_finishes_what_it_holds() {
    let office = Office::new().await;
    for account in ["1", "2", "3"] {
        office.publish(&office.deposit(account, ["wait"]).await).await;
    }
    let service = Service::start(office.worker());
    in_time(office.desk.busy(3)).await;
    service.stop.send(()).unwrap();
    // Time for the worker to stop, if it did not wait.
    for _ in 0..5 {
        office.backlog().await;
    }
    assert!(!service.ended.is_finished());
    office.desk.open();
    let worked = in_time(service.ended).await.unwrap().unwrap();
    assert_eq!((worked.done, worked.returned), (3, 0));
    assert_eq!(office.desk.sorted_book(), ["1:2", "2:2", "3:2"]);
    assert_eq!(office.backlog().await, 0);
}

#[tokio::test]
async fn what_is_not_finished_in_the_time_of_grace_goes_back_and_nothing_else() {
    let office = Office::new().await;
    office.publish(&office.deposit("1", [""]).await).await;
    office.publish(&office.deposit("2", ["wait"]).await).await;
    let impatient = office.worker().settings(|settings| {
        settings.grace = Duration::ZERO;
        // Waiting for its end would take too long.
        settings.visibility = Duration::from_secs(3600);
    });
    let service = Service::start(impatient);
    in_time(async { tokio::join!(office.desk.busy(1), office.desk.entered(1)) }).await;
    let worked = service.stop().await;
    assert_eq!((worked.done, worked.returned, worked.dead), (1, 1, 0));
    office.desk.open();
    assert_eq!(in_time(office.worker().run_until_idle()).await.unwrap().done, 1);
    assert_eq!(office.desk.book(), ["1:2", "2:2"], "what was done is not done again");
}

#[tokio::test]
async fn what_was_received_is_hidden_from_others_for_as_long_as_a_handler_runs() {
    let extended = watch::Sender::new(0);
    let seen = extended.clone();
    let (office, watched) = office_behind(move |call| {
        if call.operation == "ChangeMessageVisibilityBatch" {
            seen.send_modify(|count| *count += 1);
        }
        Fault::None
    })
    .await;
    office.publish(&office.deposit("1", ["wait"]).await).await;
    let slow =
        worker(&watched, &office.app).settings(|settings| settings.visibility = Duration::from_secs(4));
    let service = Service::start(slow);
    // Three halves: without them the message would have come again, to this very worker.
    in_time(extended.subscribe().wait_for(|count| *count >= 3)).await.unwrap();
    office.desk.open();
    in_time(office.desk.entered(1)).await;
    assert_eq!(service.stop().await.done, 1);
    assert_eq!(office.desk.tried(), ["1:2"]);
    assert_eq!(office.backlog().await, 0);
}

#[tokio::test]
async fn a_service_survives_whatever_a_receive_meets() {
    const FAULTS: [Fault; 6] = [
        Fault::Reset,
        Fault::Answer(500, "InternalFailure"),
        Fault::Answer(503, "ServiceUnavailable"),
        Fault::Answer(400, "RequestThrottled"),
        Fault::Answer(403, "AccessDenied"),
        Fault::AnswerLost,
    ];
    let receives = AtomicUsize::new(0);
    let (office, faulty) = office_behind(move |call| match call.operation.as_str() {
        "ReceiveMessage" => {
            FAULTS.get(receives.fetch_add(1, Ordering::Relaxed)).copied().unwrap_or(Fault::None)
        }
        _ => Fault::None,
    })
    .await;
    office.publish(&office.deposit("1", [""]).await).await;
    // What was received and lost on the way comes back when this is over.
    let service = Service::start(
        worker(&faulty, &office.app).settings(|settings| settings.visibility = Duration::from_secs(1)),
    );
    in_time(office.desk.entered(1)).await;
    assert_eq!(service.stop().await.done, 1);
    assert_eq!(office.desk.book(), ["1:2"]);
}

#[tokio::test]
async fn a_program_that_ends_gives_up_after_its_attempts_and_at_once_where_waiting_does_not_help() {
    for (fault, requests, transient) in
        [(Fault::Answer(503, "ServiceUnavailable"), 4, true), (Fault::Answer(403, "AccessDenied"), 1, false)]
    {
        let receives = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&receives);
        let (office, faulty) = office_behind(move |call| match call.operation.as_str() {
            "ReceiveMessage" => {
                count.fetch_add(1, Ordering::Relaxed);
                fault
            }
            _ => Fault::None,
        })
        .await;
        let worker = worker(&faulty, &office.app).settings(|settings| settings.receive.attempts = 4);
        let error = in_time(worker.run_until_idle()).await.unwrap_err();
        assert_eq!(
            (receives.load(Ordering::Relaxed), error.is_transient()),
            (requests, transient),
            "{error}"
        );
        let message = error.to_string();
        assert!(message.contains("receive from") && message.contains("clerk"), "{message}");
    }
}

#[tokio::test]
async fn a_service_waits_until_its_queues_can_be_looked_up() {
    let (office, faulty) = office_behind(at("GetQueueUrl", 0, Fault::Reset)).await;
    office.publish(&office.deposit("1", [""]).await).await;
    let service = Service::start(worker(&faulty, &office.app));
    in_time(office.desk.entered(1)).await;
    service.stop().await;
}

#[tokio::test]
async fn what_could_not_be_deleted_is_deleted_again() {
    const FAILED: &str = r#"{ "Successful": [], "Failed": [
        { "Id": "0", "SenderFault": false, "Code": "InternalError" },
        { "Id": "1", "SenderFault": false, "Code": "InternalError" }
    ] }"#;
    let (office, faulty) = office_behind(at("DeleteMessageBatch", 0, Fault::Reply(FAILED))).await;
    office.publish(&office.deposit("1", [""]).await).await;
    office.publish(&office.deposit("2", [""]).await).await;
    assert_eq!(in_time(worker(&faulty, &office.app).run_until_idle()).await.unwrap().done, 2);
    assert_eq!(office.desk.sorted_book(), ["1:2", "2:2"]);
    assert_eq!(office.backlog().await, 0);
}

#[tokio::test]
async fn a_message_whose_deletion_is_lost_comes_again() {
    let (office, faulty) = office_behind(at("DeleteMessageBatch", 0, Fault::Reset)).await;
    office.publish(&office.deposit("1", [""]).await).await;
    let worker =
        worker(&faulty, &office.app).settings(|settings| settings.visibility = Duration::from_secs(1));
    in_time(worker.run_until_idle()).await.unwrap();
    assert_eq!(office.desk.book(), ["1:2", "1:2"]);
    assert_eq!(office.backlog().await, 0);
}

#[tokio::test]
async fn a_dead_letter_that_cannot_be_stored_stays_where_it_is() {
    for fault in [Fault::Reset, Fault::AnswerLost, Fault::Answer(400, "RequestThrottled")] {
        let (office, faulty) = office_behind(at("SendMessage", 0, fault)).await;
        office.desk.fail("forged", true);
        office.publish(&office.deposit("1", ["forged", ""]).await).await;
        let worked = in_time(worker(&faulty, &office.app).run_until_idle()).await.unwrap();
        assert_eq!((worked.returned, worked.dead), (2, 2), "{fault:?}");
        let told = office.letters_told().await;
        let places: std::collections::BTreeSet<_> = told.iter().map(|letter| &letter[..3]).collect();
        assert_eq!(places.into_iter().collect::<Vec<_>>(), ["1:2", "1:3"], "{fault:?}: {told:?}");
        assert_eq!(office.backlog().await, 0);
        assert!(office.desk.book().is_empty());
    }
}

#[tokio::test]
async fn batches_side_by_side_keep_to_the_concurrency_of_their_subscribers() {
    const MESSAGES: usize = 40;
    let received = watch::Sender::new(0);
    let seen = received.clone();
    let (office, watched) = office_behind(move |call| {
        if call.operation == "ReceiveMessage" {
            seen.send_modify(|count| *count += 1);
        }
        Fault::None
    })
    .await;
    for account in 0..MESSAGES {
        office.publish(&office.deposit(&account.to_string(), ["wait"]).await).await;
    }
    let service = Service::start(worker(&watched, &office.app).settings(|settings| settings.batches = 4));
    in_time(received.subscribe().wait_for(|count| *count == 4)).await.unwrap();
    in_time(office.desk.busy(16)).await;
    office.desk.open();
    in_time(office.desk.entered(MESSAGES)).await;
    assert_eq!(service.stop().await.done, MESSAGES as u64);
    assert_eq!(office.desk.busiest(), 16);
    assert_eq!(office.desk.sorted_book().len(), MESSAGES, "each of them once");
}

#[tokio::test]
async fn a_batch_that_waits_for_a_stream_sees_that_it_was_parked_in_the_meantime() {
    let office = Office::new().await;
    office.desk.fail("wait", true);
    let [first, second] = office.deposit("1", ["wait", ""]).await;
    let service = Service::start(office.worker());
    office.publish(&[first]).await;
    in_time(office.desk.busy(1)).await;
    office.publish(&[second]).await;
    in_time(async { while office.in_flight().await < 2 {} }).await;
    // Time for the second batch to get to the stream.
    for _ in 0..5 {
        office.backlog().await;
    }
    office.desk.open();
    in_time(async { while office.backlog().await > 0 {} }).await;
    assert_eq!(service.stop().await.dead, 2);
    let waits = "1:3 waits behind an earlier commit of its stream";
    assert_eq!(office.letters_told().await, ["1:2 the clerk refuses `wait`", waits]);
    assert!(office.desk.book().is_empty());
}

#[tokio::test]
async fn a_worker_that_is_dropped_stops_its_work() {
    let office = Office::new().await;
    office.publish(&office.deposit("1", ["wait"]).await).await;
    let brief = office.worker().settings(|settings| settings.visibility = Duration::from_secs(1));
    tokio::select! {
        _ = brief.run(pending()) => panic!("nobody stopped it"),
        () = in_time(office.desk.busy(1)) => {}
    }
    office.desk.open();
    // Its message comes back, and nobody else has entered it.
    assert_eq!(in_time(office.worker().run_until_idle()).await.unwrap().done, 1);
    assert_eq!(office.desk.book(), ["1:2"]);
}

#[event_handler(Deposited, retry(attempts = 6, base = "1h", cap = "1h"))]
async fn patient(event: &Recorded<Deposited>, desk: &Desk) -> Result<(), HandlerError> {
    desk.enter(event).await
}

/// Each try counts: otherwise the workers of a rolling restart would use them up within seconds.
#[tokio::test]
async fn a_worker_that_stops_leaves_a_message_hidden_for_as_long_as_its_handler_says() {
    let hidden = watch::Sender::new(Vec::new());
    let (seen, conf, prefix) = (hidden.clone(), crate::emulator().sdk_config(), prefix());
    let office = Office::with(Broker::from_conf(&conf).with_prefix(prefix.clone()), &["patient"]).await;
    let watched = Faults::over(conf, move |call| {
        if call.operation == "ChangeMessageVisibilityBatch" {
            seen.send_modify(|bodies| bodies.push(call.body.clone()));
        }
        Fault::None
    });
    let watched = Broker::from_conf(&watched.sdk_config()).with_prefix(prefix);
    office.desk.fail("wait", false);
    office.publish(&office.deposit("1", ["wait"]).await).await;
    let worker = worker(&watched, &office.app);
    let service = Service::start(worker.settings(|settings| settings.visibility = Duration::from_secs(3600)));
    in_time(office.desk.busy(1)).await;
    service.stop.send(()).unwrap();
    // Time for the worker to stop.
    for _ in 0..5 {
        office.broker.sqs().list_queues().send().await.unwrap();
    }
    office.desk.open();
    assert_eq!(in_time(service.ended).await.unwrap().unwrap().returned, 1);
    let bodies = hidden.borrow().clone();
    let [body] = &bodies[..] else { panic!("{bodies:?}") };
    assert!(body.contains("\"VisibilityTimeout\":") && !body.contains("\"VisibilityTimeout\":0"), "{body}");
}
