//! A page of views: one `Query`, of the table or of one of its indexes.

use std::pin::pin;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use cqrs_core::StoreError;
use cqrs_core::projection::ViewId;
use cqrs_core::view::{Place, SortRange, ViewQuery};

use crate::names::Slot;
use crate::table::{Item, Make, Table, key, refused, text};

/// The items of a page after conversion, and where the next page begins.
pub(super) async fn page<T: Send + 'static>(
    table: &Table,
    query: &ViewQuery,
    make: Make<T>,
) -> Result<(Vec<T>, Option<Place>), StoreError> {
    let slot = query.slot.map(Slot::of);
    let (pk, sk) = match slot {
        Some(slot) => (slot.partition_key(), slot.sort_key()),
        None => ("pk".to_owned(), "sk".to_owned()),
    };
    let (condition, bounds) = match &query.range {
        SortRange::All => ("", vec![]),
        SortRange::Prefix(prefix) => (" AND begins_with(#sk, :from)", vec![(":from", prefix)]),
        SortRange::From(from) => (" AND #sk >= :from", vec![(":from", from)]),
        SortRange::UpTo(to) => (" AND #sk <= :to", vec![(":to", to)]),
        SortRange::Between(from, to) => {
            (" AND #sk BETWEEN :from AND :to", vec![(":from", from), (":to", to)])
        }
        other => return Err(refused(format!("table `{}` cannot be asked for {other:?}", table.name))),
    };
    let mut request = table
        .client
        .query()
        .table_name(&table.name)
        .set_index_name(slot.map(Slot::index))
        .key_condition_expression(format!("#pk = :pk{condition}"))
        .expression_attribute_names("#pk", &pk)
        .expression_attribute_values(":pk", AttributeValue::S(query.pk.clone()))
        .scan_index_forward(!query.descending)
        // DynamoDB accepts only this for an index.
        .consistent_read(query.slot.is_none())
        .limit(i32::try_from(query.limit.max(1)).unwrap_or(i32::MAX))
        .set_exclusive_start_key(query.after.as_ref().map(|place| start(query, &pk, &sk, place)))
        .return_consumed_capacity(ReturnConsumedCapacity::Total);
    if !bounds.is_empty() {
        request = request.expression_attribute_names("#sk", &sk);
    }
    for (name, bound) in bounds {
        request = request.expression_attribute_values(name, AttributeValue::S(bound.clone()));
    }
    let (output, made) = table.read(pin!(request.send()), make).await?;
    let next = output.last_evaluated_key.map(|last| {
        let place = (text(&last, &sk), text(&last, "pk"), text(&last, "sk"));
        match place {
            (Some(sk), Some(own_pk), Some(own_sk)) => Ok(Place::new(sk, ViewId::new(own_pk, own_sk))),
            _ => Err(refused(format!("table `{}`: a page ends at a key without `{sk}`", table.name))),
        }
    });
    Ok((made, next.transpose()?))
}

fn start(query: &ViewQuery, pk: &str, sk: &str, place: &Place) -> Item {
    let mut start = key(&place.id.pk, &place.id.sk);
    start.insert(pk.to_owned(), AttributeValue::S(query.pk.clone()));
    start.insert(sk.to_owned(), AttributeValue::S(place.sk.clone()));
    start
}
