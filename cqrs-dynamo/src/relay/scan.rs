use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use cqrs_core::store::record::{self, Record};
use cqrs_core::{StoreError, Timestamp};
use serde_json::{Value, json};

use super::lease::Segment;
use super::source::{Mark, Page, Portion};
use crate::table::{Item, Table, attribute, key, refused, text};

/// Everything except what was recorded before `:since`: an item without a time is read, too.
const RECORDED_SINCE: &str =
    "NOT (recordedAt < :since OR (attribute_not_exists(recordedAt) AND createdAt < :since))";

/// One segment of the events table, read in a catch-up.
#[derive(Debug)]
pub(super) struct Scan {
    table: Table,
    segment: Segment,
    since: Timestamp,
    at_end: bool,
}

impl Scan {
    pub(super) fn new(table: Table, segment: Segment, since: Timestamp) -> Self {
        Self { table, segment, since, at_end: false }
    }

    /// Reads what follows a position, at most one request's worth.
    pub(super) async fn read(&mut self, after: Option<&str>) -> Result<Portion, StoreError> {
        if self.at_end {
            return Ok(Portion::Ended);
        }
        let output = self
            .table
            .client
            .scan()
            .table_name(&self.table.name)
            .segment(i32::try_from(self.segment.number).unwrap_or(i32::MAX))
            .total_segments(i32::try_from(self.segment.of).unwrap_or(i32::MAX))
            .set_exclusive_start_key(after.map(|position| self.key_of(position)).transpose()?)
            .filter_expression(RECORDED_SINCE)
            .expression_attribute_values(":since", AttributeValue::S(self.since.to_string()))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(|error| self.table.error(error))?;
        let end = output.last_evaluated_key.map(|last| Mark { position: position_of(&last), at: None });
        self.at_end = end.is_none();
        let mut items = output.items.unwrap_or_default();
        // A scan returns the commits of one stream in order, but that is not documented.
        items.sort_by(|left, right| keys(left).cmp(&keys(right)));
        let records = items.into_iter().map(image_of).collect();
        Ok(Portion::Page(Page { records, marks: Vec::new(), end }))
    }

    fn key_of(&self, position: &str) -> Result<Item, StoreError> {
        let keys: Option<Record> = serde_json::from_str(position).ok();
        let text = |name: &str| keys.as_ref()?.get(name)?.as_str();
        match (text("pk"), text("sk")) {
            (Some(pk), Some(sk)) => Ok(key(pk, sk)),
            _ => Err(refused(format!(
                "the catch-up of table `{}` has no position that can be read: `{position}`; delete the item `{}` of \
                 the delivery table to begin that part again",
                self.table.name,
                self.segment.id()
            ))),
        }
    }
}

/// The stored item; what is not JSON becomes null, as in the records of the stream.
fn image_of(mut item: Item) -> Value {
    item.remove(record::STATE);
    let fields = item.into_iter().map(|(name, value)| {
        let value = attribute::to_value(value).unwrap_or(Value::Null);
        (name, value)
    });
    Value::Object(fields.collect::<Record>())
}

fn keys(item: &Item) -> (&str, &str) {
    (text(item, "pk").unwrap_or_default(), text(item, "sk").unwrap_or_default())
}

fn position_of(last: &Item) -> String {
    let (pk, sk) = keys(last);
    json!({ "pk": pk, "sk": sk }).to_string()
}
