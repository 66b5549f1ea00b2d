//! What waits for its time.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use cqrs_core::Timestamp;
use cqrs_core::inspect::{StreamKind, WaitingTimers};
use cqrs_core::store::TimerId;
use serde_json::json;

use crate::bank::{Remind, account};
use crate::{embedded, memory};

#[tokio::test]
async fn the_earliest_timers_of_all_partitions_come_first() {
    let (_, dynamo) = embedded().await;
    for app in [memory(), dynamo] {
        assert_eq!(app.inspect().timers(10).await.unwrap(), WaitingTimers::default());
        for number in (1..=30).rev() {
            let due = Timestamp::now() + Duration::from_secs(number * 3600);
            app.execute(&account(&number.to_string()), Remind { cents: 7 }).by("ada").due(due).await.unwrap();
        }
        let found = app.inspect().timers(7).await.unwrap().items;
        let ids: Vec<_> = found.iter().map(|timer| timer.stream_id.clone().unwrap()[0].clone()).collect();
        assert_eq!(ids, ["1", "2", "3", "4", "5", "6", "7"]);
        let first = &found[0];
        assert_eq!((first.kind, &*first.entity, &*first.name), (StreamKind::Aggregate, "ACCOUNT", "Remind"));
        assert_eq!((&first.data["cents"], first.metadata.created_by.as_deref()), (&7.into(), Some("ada")));
        assert_eq!(app.inspect().timers(100).await.unwrap().items.len(), 30);
        assert_eq!(app.inspect().timers(0).await.unwrap().items, []);

        let first = serde_json::to_value(first).unwrap();
        assert_eq!((&first["streamId"], &first["kind"]), (&json!(["1"]), &json!("aggregate")));
    }
}

/// It neither hides the others nor counts, and is named.
#[tokio::test]
async fn an_item_that_is_not_a_timer_is_named() {
    let (dynamo, app) = embedded().await;
    for number in 1..=8 {
        let due = Timestamp::now() + Duration::from_secs(number * 3600);
        app.execute(&account(&number.to_string()), Remind { cents: 7 }).due(due).await.unwrap();
    }
    let id = TimerId::new(Timestamp::now(), "broken");
    let put = dynamo.client().put_item().table_name(&dynamo.tables().timers);
    let put = put
        .item("pk", AttributeValue::S(id.pk().to_owned()))
        .item("sk", AttributeValue::S(id.sk().to_owned()));
    put.item("entity", AttributeValue::S("ACCOUNT".to_owned())).send().await.unwrap();
    let found = app.inspect().timers(8).await.unwrap();
    assert_eq!(found.items.len(), 8);
    let unreadable: Vec<_> = found.unreadable.iter().map(|one| (&*one.pk, &*one.sk)).collect();
    assert_eq!(unreadable, [(id.pk(), id.sk())]);
    assert!(found.unreadable[0].reason.contains("`streamPk` is missing"), "{found:?}");
}
