//! Through the SDK: items of a `Query`, decoded and applied, and warm commands, each compared with the SDK alone.

use std::collections::HashMap;
use std::hint::black_box;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure};
use cqrs_benches::floor;
use cqrs_core::StreamKey;
use cqrs_core::prelude::*;
use cqrs_dynamo::Dynamo;

use crate::answers::Answers;
use crate::by_hand::{Noted, Placed, Priced};
use crate::prepared::{commits, mixed, order};
use crate::{Fallible, block_on, by_hand, order as domain};

type Item = HashMap<String, AttributeValue>;

/// The items as the SDK returns them, without reading them.
pub(crate) fn read(items: usize) -> Fallible<()> {
    let dynamo = Answers::with(&commits(items, mixed)?).dynamo()?;
    let stream = order()?.stream()?;
    let read = block_on(floor::query(&dynamo, &stream))??;
    if read == items { Ok(()) } else { Err(format!("{read} items were read").into()) }
}

pub(crate) fn loaded(items: usize) -> Fallible<()> {
    loaded_from(&Answers::with(&commits(items, mixed)?).dynamo()?, items)
}

/// The same without what leaves the SDK's way.
pub(crate) fn loaded_by_sdk(items: usize) -> Fallible<()> {
    loaded_from(&Answers::with(&commits(items, mixed)?).dynamo()?.with_sdk_bodies(), items)
}

fn loaded_from(dynamo: &Dynamo, items: usize) -> Fallible<()> {
    let app = App::builder(dynamo.event_store()).only([]).build()?;
    let loaded = block_on(app.load(&order()?))??;
    if loaded.version == Version::new(items as u64) { Ok(()) } else { Err("not all was loaded".into()) }
}

pub(crate) fn loaded_by_hand(items: usize) -> Fallible<()> {
    let dynamo = Answers::with(&commits(items, mixed)?).dynamo()?;
    let stream = order()?.stream()?;
    block_on(async {
        let output = dynamo
            .client()
            .query()
            .table_name(&dynamo.tables().events)
            .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":pk", AttributeValue::S(stream.pk().to_owned()))
            .expression_attribute_values(":first", AttributeValue::S(stream.commit_sk(Version::new(1))))
            .expression_attribute_values(":last", AttributeValue::S(stream.commit_sk(Version::MAX)))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await?;
        let mut order = by_hand::Order::default();
        for item in output.items.unwrap_or_default() {
            apply(&mut order, item)?;
        }
        black_box(order);
        Ok(())
    })?
}

fn apply(order: &mut by_hand::Order, mut item: Item) -> Fallible<()> {
    let Some(AttributeValue::M(mut data)) = item.remove("data") else {
        return Err("`data` is not a map".into());
    };
    match text(&item, "type")? {
        "Placed" => order.placed(&Placed {
            customer_id: taken(&mut data, "customerId")?,
            total_amount: text_of_number(&data, "totalAmount")?.parse()?,
            note: match data.remove("note") {
                Some(AttributeValue::S(note)) => Some(note),
                _ => None,
            },
            quantities: match data.get("quantities") {
                Some(AttributeValue::L(quantities)) => {
                    quantities.iter().map(|each| Ok(number(each)?.parse()?)).collect::<Fallible<_>>()?
                }
                _ => return Err("`quantities` is not a list".into()),
            },
        }),
        "Priced" => {
            order.priced(&Priced { total_amount: text_of_number(&data, "totalAmount")?.parse()? });
        }
        "Noted" => order.noted(&Noted { note: taken(&mut data, "note")? }),
        other => return Err(format!("unknown event `{other}`").into()),
    }
    Ok(())
}

fn text<'a>(item: &'a Item, name: &str) -> Fallible<&'a str> {
    match item.get(name) {
        Some(AttributeValue::S(text)) => Ok(text),
        _ => Err(format!("`{name}` is not a text").into()),
    }
}

fn taken(item: &mut Item, name: &str) -> Fallible<String> {
    match item.remove(name) {
        Some(AttributeValue::S(text)) => Ok(text),
        _ => Err(format!("`{name}` is not a text").into()),
    }
}

fn text_of_number<'a>(item: &'a Item, name: &str) -> Fallible<&'a str> {
    number(item.get(name).ok_or("a number is missing")?)
}

fn number(attribute: &AttributeValue) -> Fallible<&str> {
    match attribute {
        AttributeValue::N(number) => Ok(number),
        _ => Err("not a number".into()),
    }
}

/// Warm commands on one order.
pub(crate) fn executed(commands: usize) -> Fallible<()> {
    executed_on(&Answers::with(&[]).dynamo()?, commands)
}

/// The same without what leaves the SDK's way.
pub(crate) fn executed_by_sdk(commands: usize) -> Fallible<()> {
    executed_on(&Answers::with(&[]).dynamo()?.with_sdk_bodies(), commands)
}

fn executed_on(dynamo: &Dynamo, commands: usize) -> Fallible<()> {
    let app = App::builder(dynamo.event_store()).only([]).build()?;
    let (order, place) = (order()?, domain::place());
    block_on(async {
        app.load(&order).await?;
        for _ in 0..commands {
            black_box(app.execute(black_box(&order), place.clone()).await?);
        }
        Ok(())
    })?
}

/// Commands on one order, whose version and state the program keeps itself.
pub(crate) fn executed_by_hand(commands: usize) -> Fallible<()> {
    let dynamo = Answers::with(&[]).dynamo()?;
    let (stream, mut order) = (order()?.stream()?, by_hand::Order::default());
    block_on(async {
        for version in 1..=commands {
            let event = black_box(by_hand::placed());
            let id = format!("{version:08x}-8694-739b-aea5-966c26f8ad91");
            dynamo
                .client()
                .put_item()
                .table_name(&dynamo.tables().events)
                .set_item(Some(item(&stream, version as u64, &event, &id)))
                .condition_expression("attribute_not_exists(pk)")
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await?;
            order.placed(&event);
        }
        black_box(order);
        Ok(())
    })?
}

fn item(stream: &StreamKey, version: u64, event: &Placed, id: &str) -> Item {
    let text = |value: &str| AttributeValue::S(value.to_owned());
    let number = |value: u64| AttributeValue::N(value.to_string());
    let quantities = event.quantities.iter().map(|each| number((*each).into())).collect();
    let data = [
        ("customerId", text(&event.customer_id)),
        ("totalAmount", number(event.total_amount)),
        ("note", event.note.as_deref().map_or(AttributeValue::Null(true), text)),
        ("quantities", AttributeValue::L(quantities)),
    ];
    let attributes = [
        ("pk", text(stream.pk())),
        ("sk", AttributeValue::S(stream.commit_sk(Version::new(version)))),
        ("version", number(version)),
        ("type", text("Placed")),
        ("schema", number(1)),
        ("data", AttributeValue::M(data.map(|(name, value)| (name.to_owned(), value)).into())),
        ("createdAt", AttributeValue::S(Timestamp::now().to_string())),
        ("commandId", text(id)),
        ("correlationId", text(id)),
    ];
    attributes.map(|(name, value)| (name.to_owned(), value)).into()
}
