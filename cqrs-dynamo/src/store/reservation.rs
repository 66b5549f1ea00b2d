//! The values of unique fields, an item each: `{ pk: "TENANT001#GUEST#email#a@example.com", sk: "unique", ownerPk, ownerSk }`.

use aws_sdk_dynamodb::types::AttributeValue;
use cqrs_core::store::record::Record;
use cqrs_core::store::{Reservation, ReservationChange, ReservationPage, UniqueValue};
use cqrs_core::{StoreError, StreamKey};
use serde_json::Value;

use crate::table::{Condition, Item, ItemWrite, Row, Table, key, refused, scan, text};

const SORT_KEY: &str = "unique";
const OWNER_PK: &str = "ownerPk";
const OWNER_SK: &str = "ownerSk";

/// A value changes its owner, if it belongs to no stream, or to one of the two streams.
pub(super) fn write(change: &ReservationChange) -> ItemWrite {
    let mut expression = "attribute_not_exists(pk)".to_owned();
    let mut values = Vec::new();
    for (number, owner) in change.from.iter().chain(&change.to).enumerate() {
        expression.push_str(&format!(" OR ({OWNER_PK} = :pk{number} AND {OWNER_SK} = :sk{number})"));
        values.push((format!(":pk{number}"), AttributeValue::S(owner.pk().to_owned())));
        values.push((format!(":sk{number}"), AttributeValue::S(owner.sk().to_owned())));
    }
    let condition = Condition::of(expression).values(values);
    let key = key(change.value.key(), SORT_KEY);
    let write = match &change.to {
        Some(owner) => ItemWrite::put(item(key, owner), condition),
        None => ItemWrite::delete(key, condition),
    };
    write.returning_item()
}

fn item(mut key: Item, owner: &StreamKey) -> Item {
    for (name, part) in [(OWNER_PK, owner.pk()), (OWNER_SK, owner.sk())] {
        key.insert(name.to_owned(), AttributeValue::S(part.to_owned()));
    }
    key
}

/// The reservation that prevented a change.
pub(super) fn refusal(
    table: &Table,
    change: &ReservationChange,
    item: Option<&Item>,
) -> Result<Reservation, StoreError> {
    let owner = item.and_then(|item| Some((text(item, OWNER_PK)?, text(item, OWNER_SK)?)));
    let Some((pk, sk)) = owner else {
        return Err(refused(format!(
            "table `{}`: `{}` is reserved, and the answer does not say for whom",
            table.name,
            change.value.key()
        )));
    };
    Ok(Reservation::new(change.value.clone(), StreamKey::new(pk, sk)?))
}

pub(super) async fn get(table: &Table, value: &UniqueValue) -> Result<Option<Reservation>, StoreError> {
    let found = table.get(key(value.key(), SORT_KEY), true, decode).await?;
    found.transpose().map_err(|reason| table.unreadable(value.key(), SORT_KEY, &reason))
}

pub(super) async fn page(table: &Table, after: Option<&UniqueValue>) -> Result<ReservationPage, StoreError> {
    let start = after.map(|after| key(after.key(), SORT_KEY));
    let whole = cqrs_core::store::Extent::Segment { number: 0, of: 1 };
    let page = scan::page(table, &whole, start, None, decode).await?;
    let found: Result<Vec<_>, String> = page.items.into_iter().collect();
    let found = found.map_err(|reason| refused(format!("table `{}`: {reason}", table.name)))?;
    let next = page.next.and_then(|(pk, _)| UniqueValue::parse(&pk));
    Ok(ReservationPage::new(found, next))
}

fn decode(row: Row<'_>) -> Result<Reservation, String> {
    let (record, _) = row.into_readable();
    let text = |name: &str| read_text(&record, name);
    let value = UniqueValue::parse(text("pk")?).ok_or_else(|| "`pk` is not a unique value".to_owned())?;
    let owner = StreamKey::new(text(OWNER_PK)?, text(OWNER_SK)?).map_err(|error| error.to_string())?;
    Ok(Reservation::new(value, owner))
}

fn read_text<'a>(record: &'a Record, name: &str) -> Result<&'a str, String> {
    record.get(name).and_then(Value::as_str).ok_or_else(|| format!("`{name}` is missing or not a string"))
}
