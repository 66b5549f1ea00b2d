//! `queue`, `concurrency` and `once`, as far as they can be seen from outside.

use cqrs_core::app::SubscriberKind;
use cqrs_core::delivery::{DeliveryError, Verdict};

use crate::office::{Answer, Post, database, messages, open, process, retried, take};

#[tokio::test]
async fn the_wiring_tells_queues_and_who_has_an_inbox() {
    let (_, dynamo) = database().await;
    let app = process(&dynamo, &Post::default());
    let wiring = app.wiring();
    let found: Vec<_> = wiring.subscribers.iter().map(|one| (one.name, one.queue, one.kind)).collect();
    let handler = |once| SubscriberKind::Handler { once };
    assert_eq!(
        found,
        [
            ("audit", "mail", handler(false)),
            ("receipt", "receipt", handler(true)),
            ("welcome", "mail", handler(true)),
        ]
    );
    let error = app.consumer("audit").unwrap_err();
    assert!(matches!(error, DeliveryError::UnknownQueue { .. }), "{error}");
}

#[tokio::test]
async fn on_a_shared_queue_each_handler_keeps_its_own_account() {
    let (_, dynamo) = database().await;
    let post = Post::default();
    let app = process(&dynamo, &post);
    open(&app, "1", 0).await;
    // `audit` comes first, and fails; `welcome` does its work.
    post.answer([Answer::Retry]);
    let reason = retried(take(&dynamo, &app, "mail", 1).await);
    assert!(reason.contains("no stamps"), "{reason}");
    assert_eq!((post.sent("audit"), post.sent("welcome")), (0, 1));
    assert_eq!(take(&dynamo, &app, "mail", 2).await, Verdict::Done);
    assert_eq!((post.sent("audit"), post.sent("welcome")), (1, 1));
}

#[tokio::test]
async fn concurrency_is_how_many_streams_are_worked_on_at_a_time() {
    let (_, dynamo) = database().await;
    let post = Post::default();
    let app = process(&dynamo, &post);
    let (mut opened, mut deposited) = (Vec::new(), Vec::new());
    for account in ["1", "2", "3", "4"] {
        open(&app, account, 1).await;
        let [open, deposit] = messages(&dynamo, &app, account, 1).await.try_into().unwrap();
        opened.push(open);
        deposited.push(deposit);
    }
    let verdicts = app.consumer("receipt").unwrap().take(&deposited).await;
    assert_eq!((verdicts.len(), post.sent("receipt"), post.peak()), (4, 4, 1));
    app.consumer("mail").unwrap().take(&opened).await;
    assert!(post.peak() > 1, "{}", post.peak());
}
