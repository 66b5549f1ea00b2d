//! One process that delivers, and a store of it that is down.

use std::time::Duration;

use cqrs_tests::faults::Fault;
use tokio::sync::oneshot;

use crate::shop::{MANY, Part, Shop, until};

const PARTS: [&[Part]; 6] = [
    &[Part::Table("events")],
    &[Part::Stream],
    &[Part::Table("snapshots")],
    &[Part::Table("views")],
    &[Part::Table("delivery")],
    &[
        Part::Table("events"),
        Part::Stream,
        Part::Table("snapshots"),
        Part::Table("views"),
        Part::Table("delivery"),
    ],
];

pub(crate) const FAULTS: [Fault; 6] = [
    Fault::Reset,
    Fault::Answer(500, "InternalServerError"),
    Fault::Answer(400, "ProvisionedThroughputExceededException"),
    // Rights are missing; or the table's key, which DynamoDB tells with the same code.
    Fault::Answer(400, "AccessDeniedException"),
    Fault::Answer(400, "ResourceNotFoundException"),
    Fault::Answer(400, "UnrecognizedClientException"),
];

#[tokio::test]
async fn a_service_waits_for_whatever_is_down_and_continues() {
    for parts in PARTS {
        // Everything is down at once, in every possible way.
        let faults = if parts.len() > 1 { &FAULTS[..] } else { &FAULTS[3..5] };
        for &fault in faults {
            let context = format!("{parts:?} {fault:?}");
            let shop = Shop::open().await;
            let app = shop.process(Duration::ZERO);
            let (stop, stopped) = oneshot::channel::<()>();
            let service = tokio::spawn(async move { app.run(async { drop(stopped.await) }).await });
            shop.sell().await;
            until(|| shop.is_handled()).await;

            shop.down.begin(parts, fault);
            shop.sell().await;
            shop.sell().await;
            // Without snapshots it goes on.
            let is_long = || async {
                let whole = parts == [Part::Table("snapshots")] && shop.is_handled().await;
                whole || service.is_finished() || shop.down.refused() >= 4 * MANY
            };
            until(is_long).await;
            assert!(!service.is_finished(), "{context}: {:?}", service.await);
            assert!(shop.down.refused() > 0, "{context}");
            assert_eq!(shop.app.dead_letters().list().await.unwrap(), [], "{context}");

            shop.down.end();
            shop.sell().await;
            until(|| shop.is_handled()).await;
            stop.send(()).unwrap();
            service.await.unwrap().unwrap();
            // An outage of one subscriber interrupts the run of all.
            shop.doubt();
            shop.check(&context).await;
        }
    }
}
