//! Workers behind SQS, whose queues count every receive.

use std::time::Duration;

use cqrs_dynamo::{Worked, Worker};
use cqrs_tests::faults::Fault;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::shop::{ATTEMPTS, MANY, Mail, Part, Shop, until};

struct Service {
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Worked>,
}

impl Service {
    fn start(worker: Worker) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let ended = tokio::spawn(async move { worker.run(async { drop(stopped.await) }).await.unwrap() });
        Self { stop, ended }
    }

    async fn stop(self) -> Worked {
        self.stop.send(()).unwrap();
        self.ended.await.unwrap()
    }
}

/// A worker behind the outage, which waits for nothing.
fn worker(shop: &Shop, mail: &Mail) -> Worker {
    mail.behind.worker(&shop.process(Duration::from_millis(5))).settings(|settings| {
        settings.wait = Duration::ZERO;
        settings.backoff = Duration::ZERO;
        settings.receive.base = Duration::ZERO;
    })
}

/// Finishes the rest, and checks the result.
async fn finish(shop: &Shop, mail: &Mail, context: &str) {
    shop.down.end();
    mail.sell(shop, 1).await;
    worker(shop, mail).run_until_idle().await.unwrap();
    shop.check(context).await;
    mail.check(context).await;
}

#[tokio::test]
async fn messages_wait_for_a_table_however_often_they_are_received() {
    const DENIED: Fault = Fault::Answer(400, "AccessDeniedException");
    let outages: [(&[Part], Fault); 5] = [
        (&[Part::Table("events")], DENIED),
        (&[Part::Table("snapshots")], Fault::Answer(400, "ResourceNotFoundException")),
        (&[Part::Table("views")], Fault::Reset),
        (&[Part::Table("views")], DENIED),
        (&[Part::Table("delivery")], DENIED),
    ];
    for (parts, fault) in outages {
        let context = format!("{parts:?} {fault:?}");
        // Without snapshots it goes on.
        let is_needed = parts != [Part::Table("snapshots")];
        let shop = Shop::open().await;
        let mail = Mail::open(&shop).await;
        mail.sell(&shop, 2).await;
        shop.down.begin(parts, fault);
        loop {
            let before = shop.down.refused();
            let service = Service::start(worker(&shop, &mail));
            until(|| async {
                let whole = !is_needed && shop.is_handled().await;
                whole || shop.down.refused() >= before + 2 * MANY
            })
            .await;
            let worked = service.stop().await;
            assert_eq!(worked.dead, 0, "{context}");
            let receives = mail.receives().await;
            assert!(!is_needed || !receives.is_empty(), "{context}");
            if receives.iter().all(|count| *count > MANY) {
                break;
            }
        }
        finish(&shop, &mail, &context).await;
    }
}

#[tokio::test]
async fn a_queue_that_cannot_be_read_is_read_when_it_can() {
    for fault in [
        Fault::Reset,
        Fault::Answer(503, "ServiceUnavailable"),
        Fault::Answer(403, "AccessDenied"),
        Fault::Answer(400, "KmsDisabled"),
        Fault::Answer(400, "AWS.SimpleQueueService.NonExistentQueue"),
    ] {
        let context = format!("{fault:?}");
        let shop = Shop::open().await;
        let mail = Mail::open(&shop).await;
        let service = Service::start(worker(&shop, &mail));
        mail.sell(&shop, 1).await;
        until(|| shop.is_handled()).await;
        shop.down.begin(&[Part::Request("ReceiveMessage")], fault);
        mail.sell(&shop, 2).await;
        until(|| async { shop.down.refused() >= 4 * MANY }).await;
        assert!(!service.ended.is_finished(), "{context}");
        shop.down.end();
        until(|| shop.is_handled()).await;
        service.stop().await;
        finish(&shop, &mail, &context).await;
    }
}

/// Messages that cannot be deleted or returned come again when their time is over, at least a second on the emulator.
/// So these tests count fewer receives, but more than there are tries.
async fn comes_again(parts: &'static [Part], fault: Fault) {
    let context = format!("{parts:?} {fault:?}");
    let shop = Shop::open().await;
    let mail = Mail::open(&shop).await;
    mail.sell(&shop, 1).await;
    shop.down.begin(parts, fault);
    let brief = worker(&shop, &mail).settings(|settings| settings.visibility = Duration::from_secs(1));
    let service = Service::start(brief);
    until(|| async {
        let receives = mail.receives().await;
        !receives.is_empty() && receives.iter().all(|count| *count > 2 * ATTEMPTS)
    })
    .await;
    assert_eq!(service.stop().await.dead, 0, "{context}");
    finish(&shop, &mail, &context).await;
}

#[tokio::test]
async fn what_cannot_be_deleted_is_deleted_later_and_dies_of_no_count() {
    for fault in [Fault::Reset, Fault::Answer(403, "AccessDenied")] {
        comes_again(&[Part::Request("DeleteMessageBatch")], fault).await;
    }
}

#[tokio::test]
async fn what_waits_and_cannot_be_handed_back_dies_of_no_count() {
    for fault in [Fault::Reset, Fault::Answer(400, "AccessDeniedException")] {
        comes_again(&[Part::Table("views"), Part::Request("ChangeMessageVisibilityBatch")], fault).await;
    }
}
