//! Pages of a table, a segment or a partition at a time.

use std::pin::pin;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use cqrs_core::StoreError;
use cqrs_core::store::Extent;

use super::{Item, Make, Table, refused, text};

/// What was made from some items of an extent.
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    /// The pk and sk at which the next page begins.
    pub(crate) next: Option<(String, String)>,
}

/// Reads a page, with all writes that were acknowledged before; `having` leaves out items without this attribute.
pub(crate) async fn page<T: Send + 'static>(
    table: &Table,
    extent: &Extent,
    start: Option<Item>,
    having: Option<&str>,
    make: Make<T>,
) -> Result<Page<T>, StoreError> {
    let filter = having.map(|_| "attribute_exists(#having)".to_owned());
    let (items, next) = match extent {
        Extent::Segment { number, of } => {
            let mut scan = table
                .client
                .scan()
                .table_name(&table.name)
                .segment(segment(*number)?)
                .total_segments(segment((*of).max(1))?)
                .set_exclusive_start_key(start)
                .set_filter_expression(filter)
                .consistent_read(true)
                .return_consumed_capacity(ReturnConsumedCapacity::Total);
            if let Some(name) = having {
                scan = scan.expression_attribute_names("#having", name);
            }
            let (output, items) = table.read(pin!(scan.send()), make).await?;
            (items, output.last_evaluated_key)
        }
        Extent::Partition(pk) => {
            let mut query = table
                .client
                .query()
                .table_name(&table.name)
                .key_condition_expression("pk = :pk")
                .expression_attribute_values(":pk", AttributeValue::S(pk.clone()))
                .set_exclusive_start_key(start)
                .set_filter_expression(filter)
                .consistent_read(true)
                .return_consumed_capacity(ReturnConsumedCapacity::Total);
            if let Some(name) = having {
                query = query.expression_attribute_names("#having", name);
            }
            let (output, items) = table.read(pin!(query.send()), make).await?;
            (items, output.last_evaluated_key)
        }
    };
    let next = next.map(|key| match (text(&key, "pk"), text(&key, "sk")) {
        (Some(pk), Some(sk)) => Ok((pk.to_owned(), sk.to_owned())),
        _ => Err(refused(format!("table `{}`: a page ends at a key without `pk` and `sk`", table.name))),
    });
    Ok(Page { items, next: next.transpose()? })
}

fn segment(number: u32) -> Result<i32, StoreError> {
    i32::try_from(number).map_err(|_| refused(format!("a scan cannot have {number} segments")))
}
