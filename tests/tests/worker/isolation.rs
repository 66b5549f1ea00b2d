//! An event that blocks its handler holds up only its own stream.

use std::future::{Future, pending};
use std::time::Duration;

use aws_lambda_events::event::sqs::{SqsEvent, SqsMessage};
use cqrs_core::delivery::Message;
use cqrs_dynamo::Worked;
use cqrs_dynamo::lambda::QueueFunction;

use cqrs_tests::faults::Fault;
use tokio::sync::watch;

use crate::office::{Office, worker};
use crate::service::{Service, in_time, office_behind};

/// Resolves when something is true.
async fn until<F: Future<Output = bool>>(is_so: impl Fn() -> F) {
    in_time(async {
        while !is_so().await {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_stream_that_hangs_holds_up_no_other_however_many_of_its_messages_there_are() {
    let office = Office::new().await;
    // More than are in hand at the same time.
    let mut notes = [""; 25];
    notes[0] = "wait";
    office.publish(&office.deposit("hung", notes).await).await;
    for account in 0..25 {
        office.publish(&office.deposit(&account.to_string(), [""]).await).await;
    }
    let one_batch = office.worker().settings(|settings| {
        settings.batches = 1;
        settings.grace = Duration::ZERO;
        settings.visibility = Duration::from_secs(3600);
    });
    let service = Service::start(one_batch);
    in_time(office.desk.entered(25)).await;
    // What is done is deleted while the other one hangs.
    until(|| async { office.backlog().await == 25 }).await;
    let Worked { done, returned, dead, .. } = service.stop().await;
    assert_eq!((done, returned, dead), (25, 25, 0));
    office.desk.open();
    assert_eq!(in_time(office.worker().run_until_idle()).await.unwrap().done, 25);
    assert_eq!(office.desk.book().len(), 50, "each of them once");
}

#[tokio::test]
async fn what_was_done_of_a_stream_before_it_hung_is_not_done_again() {
    let office = Office::new().await;
    office.publish(&office.deposit("1", ["", "", "wait", ""]).await).await;
    let impatient = office.worker().settings(|settings| settings.grace = Duration::ZERO);
    let service = Service::start(impatient);
    in_time(async { tokio::join!(office.desk.entered(2), office.desk.busy(1)) }).await;
    service.stop().await;
    office.desk.open();
    in_time(office.worker().run_until_idle()).await.unwrap();
    assert_eq!(office.desk.book(), ["1:2", "1:3", "1:4", "1:5"]);
}

#[tokio::test]
async fn what_came_later_goes_back_with_what_failed() {
    let office = Office::new().await;
    office.desk.fail("wait", false);
    let [first, second] = office.deposit("1", ["wait", ""]).await;
    let service = Service::start(office.worker());
    office.publish(&[first]).await;
    in_time(office.desk.busy(1)).await;
    office.publish(&[second]).await;
    until(|| async { office.in_flight().await == 2 }).await;
    office.desk.open();
    // Not when the queue is empty: while the queue counts, a message whose time runs out may be in none of its counts.
    until(|| async { office.letters_told().await.len() == 2 }).await;
    assert_eq!(service.stop().await.dead, 2);
    assert!(office.desk.tried().iter().all(|entry| entry == "1:2"), "{:?}", office.desk.tried());
}

#[tokio::test]
async fn what_waits_for_a_stream_that_hangs_takes_a_bounded_amount_of_memory() {
    const LETTERS: usize = 90;
    let handed_back = watch::Sender::new(0);
    let seen = handed_back.clone();
    let (office, watched) = office_behind(move |call| {
        if call.operation == "ChangeMessageVisibilityBatch" {
            seen.send_modify(|count| *count += call.body.matches("\"VisibilityTimeout\":0").count());
        }
        Fault::None
    })
    .await;
    let long = "x".repeat(240 * 1024);
    let mut notes = [long.as_str(); LETTERS];
    notes[0] = "wait";
    office.publish(&office.deposit("hung", notes).await).await;
    let patient = worker(&watched, &office.app).settings(|settings| {
        settings.grace = Duration::ZERO;
    });
    let service = Service::start(patient);
    in_time(office.desk.busy(1)).await;
    office.publish(&office.deposit("1", [""]).await).await;
    in_time(office.desk.entered(1)).await;
    // A message that comes while 16 MB wait goes back at once, without time to wait here.
    in_time(handed_back.subscribe().wait_for(|count| *count > 0)).await.unwrap();
    let Worked { returned, .. } = service.stop().await;
    assert!(returned >= LETTERS as u64, "{returned}");
}

#[tokio::test]
async fn a_handler_that_takes_longer_than_it_may_has_failed() {
    let office = Office::limited(Duration::from_millis(20)).await;
    office.publish(&office.deposit("1", ["wait"]).await).await;
    office.publish(&office.deposit("2", [""]).await).await;
    let worked = in_time(office.worker().run_until_idle()).await.unwrap();
    assert_eq!((worked.done, worked.dead), (1, 1));
    let told = office.letters_told().await;
    assert!(told[0].starts_with("1:2 it took longer than its time limit of 20ms"), "{told:?}");
}

#[tokio::test]
async fn a_function_acknowledges_what_was_done_when_a_handler_hangs() {
    let office = Office::new().await;
    let dead_letters = office.topic.queues[0].dead_letters_url.clone();
    let function = QueueFunction::new(&office.broker, &office.app, "clerk", dead_letters).unwrap();
    let mut commits = office.deposit("1", ["", "wait", ""]).await.to_vec();
    commits.extend(office.deposit("2", [""]).await);
    let event = |ids: &[&str]| {
        let records = ids.iter().zip(&commits).map(|(id, commit)| {
            let mut record = SqsMessage::default();
            record.message_id = Some((*id).to_owned());
            record.body = Some(Message::of(&office.app, commit).body);
            record
        });
        let mut event = SqsEvent::default();
        event.records = records.collect();
        event
    };
    let hung = async {
        tokio::join!(office.desk.entered(2), office.desk.busy(1));
    };
    let response = in_time(function.answer(event(&["a", "b", "c", "d"]), hung)).await;
    let mut again: Vec<_> =
        response.batch_item_failures.iter().map(|failure| failure.item_identifier.as_str()).collect();
    again.sort_unstable();
    assert_eq!(again, ["b", "c"]);
    assert_eq!(office.desk.sorted_book(), ["1:2", "2:2"]);
    office.desk.open();
    let response = in_time(function.answer(event(&["a", "b", "c", "d"]), pending())).await;
    assert!(response.batch_item_failures.is_empty());
}

#[tokio::test]
async fn a_function_spares_the_receives_of_a_message_that_has_waited_very_often() {
    let hidden = watch::Sender::new(Vec::new());
    let seen = hidden.clone();
    let (office, watched) = office_behind(move |call| {
        if call.operation == "ChangeMessageVisibilityBatch" {
            seen.send_modify(|bodies| bodies.push(call.body.clone()));
        }
        Fault::None
    })
    .await;
    let queue = &office.topic.queues[0];
    let function =
        QueueFunction::new(&watched, &office.app, "clerk", queue.dead_letters_url.clone()).unwrap();
    let [commit] = office.deposit("1", ["wait"]).await;
    for (receives, spared) in [("400", 0), ("401", 1)] {
        let mut record = SqsMessage::default();
        record.message_id = Some(receives.to_owned());
        record.receipt_handle = Some("handle".to_owned());
        record.event_source_arn = Some(queue.arn.clone());
        record.body = Some(Message::of(&office.app, &commit).body);
        record.attributes.insert("ApproximateReceiveCount".to_owned(), receives.to_owned());
        let mut event = SqsEvent::default();
        event.records = vec![record];
        let response = in_time(function.answer(event, office.desk.busy(1))).await;
        assert_eq!(response.batch_item_failures.len(), 1);
        let bodies = hidden.borrow().clone();
        assert_eq!(bodies.len(), spared, "{receives}: {bodies:?}");
        let wanted = ["\"VisibilityTimeout\":3600", &queue.url];
        assert!(bodies.iter().all(|body| wanted.iter().all(|part| body.contains(part))), "{bodies:?}");
    }
}

#[tokio::test]
async fn a_letter_that_a_function_could_not_send_holds_back_the_later_ones_of_its_stream() {
    let refuses = watch::Sender::new(true);
    let refused = refuses.clone();
    let (office, faulty) = office_behind(move |call| match call.operation.as_str() {
        // Once: a later letter would be sent.
        "SendMessage" if refused.send_replace(false) => Fault::Answer(403, "KMS.AccessDeniedException"),
        _ => Fault::None,
    })
    .await;
    let dead_letters = office.topic.queues[0].dead_letters_url.clone();
    let function = QueueFunction::new(&faulty, &office.app, "clerk", dead_letters).unwrap();
    office.desk.fail("forged", true);
    let [first, second] = office.deposit("1", ["forged", ""]).await;
    let event = || {
        // SQS gives them in any order.
        let records = [("second", &second), ("first", &first)].map(|(id, commit)| {
            let mut record = SqsMessage::default();
            record.message_id = Some(id.to_owned());
            record.body = Some(Message::of(&office.app, commit).body);
            record
        });
        let mut event = SqsEvent::default();
        event.records = records.to_vec();
        event
    };
    let response = in_time(function.answer(event(), pending())).await;
    assert_eq!(response.batch_item_failures.len(), 2);
    assert_eq!(office.letters_told().await, [""; 0]);
    // Both come again, and the reason of the first one is still known.
    let response = in_time(function.answer(event(), pending())).await;
    assert!(response.batch_item_failures.is_empty());
    let waits = "1:3 waits behind an earlier commit of its stream";
    assert_eq!(office.letters_told().await, ["1:2 the clerk refuses `forged`", waits]);
}
