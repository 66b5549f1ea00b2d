//! What waits for its time.

use std::time::Duration;

use cqrs_core::Timestamp;
use cqrs_core::inspect::StreamKind;
use serde_json::json;

use crate::bank::{Remind, account};
use crate::{embedded, memory};

#[tokio::test]
async fn the_earliest_timers_of_all_partitions_come_first() {
    let (_, dynamo) = embedded().await;
    for app in [memory(), dynamo] {
        assert_eq!(app.inspect().timers(10).await.unwrap(), []);
        for number in (1..=30).rev() {
            let due = Timestamp::now() + Duration::from_secs(number * 3600);
            app.execute(&account(&number.to_string()), Remind { cents: 7 }).by("ada").due(due).await.unwrap();
        }
        let found = app.inspect().timers(7).await.unwrap();
        let ids: Vec<_> = found.iter().map(|timer| timer.stream_id.clone().unwrap()[0].clone()).collect();
        assert_eq!(ids, ["1", "2", "3", "4", "5", "6", "7"]);
        let first = &found[0];
        assert_eq!((first.kind, &*first.entity, &*first.name), (StreamKind::Aggregate, "ACCOUNT", "Remind"));
        assert_eq!((&first.data["cents"], first.metadata.created_by.as_deref()), (&7.into(), Some("ada")));
        assert_eq!(app.inspect().timers(100).await.unwrap().len(), 30);
        assert_eq!(app.inspect().timers(0).await.unwrap(), []);

        let first = serde_json::to_value(first).unwrap();
        assert_eq!((&first["streamId"], &first["kind"]), (&json!(["1"]), &json!("aggregate")));
    }
}
