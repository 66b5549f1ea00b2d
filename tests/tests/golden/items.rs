//! Items as DynamoDB's own JSON has them: `{"S": "…"}`, `{"N": "1"}`, and so on.

use std::collections::HashMap;
use std::sync::LazyLock;

use aws_sdk_dynamodb::types::AttributeValue;
use cqrs_dynamo::Dynamo;
use serde_json::{Map, Value, json};

/// The golden file.
pub(crate) fn golden() -> &'static Value {
    static GOLDEN: LazyLock<Value> =
        LazyLock::new(|| serde_json::from_str(include_str!("items.json")).unwrap());
    &GOLDEN
}

fn names(dynamo: &Dynamo) -> [(&'static str, String); 4] {
    let tables = dynamo.tables();
    [
        ("events", tables.events.clone()),
        ("views", tables.views.clone()),
        ("snapshots", tables.snapshots.clone()),
        ("delivery", tables.delivery.clone()),
    ]
}

/// All items of all tables.
pub(crate) async fn all(dynamo: &Dynamo) -> Value {
    let mut tables = Map::new();
    for (name, table) in names(dynamo) {
        let page = dynamo.client().scan().table_name(table).send().await.unwrap();
        assert_eq!(page.last_evaluated_key, None);
        let items = page.items.unwrap_or_default();
        tables.insert(name.to_owned(), items.iter().map(fields).collect());
    }
    Value::Object(tables)
}

/// Puts them back.
pub(crate) async fn put_all(dynamo: &Dynamo, tables: &Value) {
    for (name, table) in names(dynamo) {
        for item in tables[name].as_array().unwrap() {
            let item = item.as_object().unwrap();
            let item = item.iter().map(|(name, value)| (name.clone(), attribute(value))).collect();
            dynamo.client().put_item().table_name(&table).set_item(Some(item)).send().await.unwrap();
        }
    }
}

fn fields(item: &HashMap<String, AttributeValue>) -> Value {
    item.iter().map(|(name, value)| (name.clone(), written(value))).collect::<Map<_, _>>().into()
}

fn written(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::Null(flag) => json!({ "NULL": flag }),
        AttributeValue::Bool(flag) => json!({ "BOOL": flag }),
        AttributeValue::N(digits) => json!({ "N": digits }),
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::L(values) => json!({ "L": values.iter().map(written).collect::<Vec<_>>() }),
        AttributeValue::M(values) => json!({ "M": fields(values) }),
        other => panic!("nothing is stored as {other:?}"),
    }
}

fn attribute(value: &Value) -> AttributeValue {
    let (kind, value) = value.as_object().unwrap().iter().next().unwrap();
    match (kind.as_str(), value) {
        ("NULL", Value::Bool(flag)) => AttributeValue::Null(*flag),
        ("BOOL", Value::Bool(flag)) => AttributeValue::Bool(*flag),
        ("N", Value::String(digits)) => AttributeValue::N(digits.clone()),
        ("S", Value::String(text)) => AttributeValue::S(text.clone()),
        ("L", Value::Array(values)) => AttributeValue::L(values.iter().map(attribute).collect()),
        ("M", Value::Object(values)) => {
            AttributeValue::M(values.iter().map(|(name, value)| (name.clone(), attribute(value))).collect())
        }
        other => panic!("{other:?}"),
    }
}
