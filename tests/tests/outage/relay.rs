//! Relays, as processes and as functions, whose topic or tables are down.

use std::time::Duration;

use cqrs_core::delivery::RetryPolicy;
use cqrs_dynamo::{Relay, SnsPublisher};
use cqrs_tests::faults::Fault;
use tokio::sync::oneshot;

use crate::process::FAULTS;
use crate::shop::{MANY, Mail, Part, Shop, until};

/// A publisher behind the outage, which waits for nothing.
fn publisher(mail: &Mail) -> SnsPublisher {
    let retry = RetryPolicy { attempts: 3, base: Duration::ZERO, cap: Duration::ZERO };
    SnsPublisher::new(mail.behind.sns().clone(), &mail.topic.arn).with_retry(retry)
}

/// A relay at work, an outage, and the rest: everything arrives.
async fn goes_on_after(parts: &'static [Part], fault: Fault) {
    let context = format!("{parts:?} {fault:?}");
    let shop = Shop::open().await;
    let mail = Mail::open(&shop).await;
    let mut relay = Relay::new(&shop.behind, &shop.process(Duration::ZERO), publisher(&mail))
        .settings(|settings| settings.poll = Duration::ZERO);
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(async move { relay.run(async { drop(stopped.await) }).await });
    let subscribers = mail.broker.worker(&shop.app).settings(|settings| settings.wait = Duration::ZERO);
    shop.sell().await;
    until(|| async {
        subscribers.run_until_idle().await.unwrap();
        shop.is_handled().await
    })
    .await;

    shop.down.begin(parts, fault);
    shop.sell().await;
    shop.sell().await;
    until(|| async { running.is_finished() || shop.down.refused() >= 2 * MANY }).await;
    assert!(!running.is_finished(), "{context}: {:?}", running.await);
    shop.down.end();
    shop.sell().await;
    until(|| async {
        subscribers.run_until_idle().await.unwrap();
        shop.is_handled().await
    })
    .await;
    stop.send(()).unwrap();
    running.await.unwrap().unwrap();
    shop.check(&context).await;
    mail.check(&context).await;
}

#[tokio::test]
async fn a_relay_waits_for_the_topic() {
    for fault in [
        Fault::Reset,
        Fault::Answer(500, "InternalError"),
        Fault::Answer(400, "Throttled"),
        Fault::Answer(403, "AuthorizationError"),
        Fault::Answer(400, "KMSDisabled"),
        Fault::Answer(404, "NotFound"),
    ] {
        goes_on_after(&[Part::Request("PublishBatch")], fault).await;
    }
}

#[tokio::test]
async fn a_relay_waits_for_the_stream_and_for_its_leases() {
    for fault in FAULTS {
        goes_on_after(&[Part::Stream], fault).await;
        goes_on_after(&[Part::Table("delivery")], fault).await;
    }
}
