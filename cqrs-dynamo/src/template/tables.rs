//! The tables, as `create_tables` would make them, with the parts that an account adds: recovery, protection, expiry.

use serde_json::{Value, json};

use super::intrinsic::{attribute, output, reference};
use super::{Section, Template};
use crate::names::logical::{DELIVERY, EVENTS, RESERVATIONS, SNAPSHOTS, TIMERS, VIEWS};
use crate::names::{EXPIRES_AT, Slot, Tables};

pub(super) fn resources(template: &Template) -> Section {
    let Tables { events, views, snapshots, delivery, reservations, timers } = template.names.tables();
    let mut resources = Section::new();

    // Everything else is made from commits, so neither the deletion of the stack nor a mistake may delete them.
    let mut table = table(&events, "Retain");
    table["Properties"]["StreamSpecification"] = json!({ "StreamViewType": "NEW_IMAGE" });
    table["Properties"]["DeletionProtectionEnabled"] = json!(true);
    resources.insert(EVENTS.to_owned(), table);

    let mut table = self::table(&views, "Delete");
    add_indexes(&mut table["Properties"], template.indexes);
    resources.insert(VIEWS.to_owned(), table);

    // No recovery to an earlier time: lost items are made again.
    let mut table = self::table(&snapshots, "Delete");
    table["Properties"]["PointInTimeRecoverySpecification"] = json!({ "PointInTimeRecoveryEnabled": false });
    resources.insert(SNAPSHOTS.to_owned(), table);

    let mut table = self::table(&delivery, "Delete");
    table["Properties"]["TimeToLiveSpecification"] = json!({ "AttributeName": EXPIRES_AT, "Enabled": true });
    resources.insert(DELIVERY.to_owned(), table);

    // Reservations follow from the commits, but commands are refused while they are made again. So they are kept like
    // the commits.
    if template.reservations {
        resources.insert(RESERVATIONS.to_owned(), self::table(&reservations, "Retain"));
    }

    // Timers are nowhere else, so they are protected like the commits.
    if template.timers {
        let mut table = self::table(&timers, "Retain");
        table["Properties"]["DeletionProtectionEnabled"] = json!(true);
        resources.insert(TIMERS.to_owned(), table);
    }
    resources
}

fn table(name: &str, policy: &str) -> Value {
    json!({
        "Type": "AWS::DynamoDB::Table",
        "DeletionPolicy": policy,
        "UpdateReplacePolicy": policy,
        "Properties": {
            "TableName": name,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [
                { "AttributeName": "pk", "AttributeType": "S" },
                { "AttributeName": "sk", "AttributeType": "S" },
            ],
            "KeySchema": [
                { "AttributeName": "pk", "KeyType": "HASH" },
                { "AttributeName": "sk", "KeyType": "RANGE" },
            ],
            "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": true },
        },
    })
}

fn add_indexes(table: &mut Value, count: usize) {
    let mut indexes = Vec::new();
    for slot in Slot::first(count) {
        let keys = [(slot.partition_key(), "HASH"), (slot.sort_key(), "RANGE")];
        if let Some(attributes) = table["AttributeDefinitions"].as_array_mut() {
            attributes
                .extend(keys.iter().map(|(name, _)| json!({ "AttributeName": name, "AttributeType": "S" })));
        }
        indexes.push(json!({
            "IndexName": slot.index(),
            "KeySchema": keys.map(|(name, kind)| json!({ "AttributeName": name, "KeyType": kind })),
            "Projection": { "ProjectionType": "ALL" },
        }));
    }
    if !indexes.is_empty() {
        table["GlobalSecondaryIndexes"] = json!(indexes);
    }
}

pub(super) fn outputs(template: &Template) -> Section {
    let reservations =
        output("ReservationsTableName", "The table of the unique values".to_owned(), reference(RESERVATIONS));
    let timers =
        output("TimersTableName", "The table of what waits for its time".to_owned(), reference(TIMERS));
    [
        output("EventsTableName", "The table of the commits".to_owned(), reference(EVENTS)),
        output("EventsStreamArn", "The stream of its changes".to_owned(), attribute(EVENTS, "StreamArn")),
        output("ViewsTableName", "The table of the views".to_owned(), reference(VIEWS)),
        output("SnapshotsTableName", "The table of the snapshots".to_owned(), reference(SNAPSHOTS)),
        output("DeliveryTableName", "The table of the delivery".to_owned(), reference(DELIVERY)),
    ]
    .into_iter()
    .chain(template.reservations.then_some(reservations))
    .chain(template.timers.then_some(timers))
    .collect()
}
