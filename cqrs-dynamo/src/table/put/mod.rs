//! Puts of items: a record is written straight into the body of the request.
//!
//! The SDK writes the rest, from table to condition, signs the body, and retries.

mod probe;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use aws_sdk_dynamodb::config::ConfigBag;
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::put_item::PutItem;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_smithy_runtime_api::client::interceptors::context::Input;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_plugin::RuntimePlugin;
use aws_smithy_runtime_api::client::ser_de::{SerializeRequest, SharedRequestSerializer};
use aws_smithy_types::body::SdkBody;
use cqrs_core::store::record::Record;
use serde_json::Value;

use super::direct::Instead;
use super::{Item, Table, attribute};

/// The SDK's serializer of the request. `None` if a record cannot be written into its output: then the SDK writes all of it.
static SDK: LazyLock<Option<SharedRequestSerializer>> = LazyLock::new(|| {
    let sdk = PutItem::new().config()?.load::<SharedRequestSerializer>()?.clone();
    probe::takes_records(&sdk).then_some(sdk)
});

/// Most commits are shorter.
const USUAL_BYTES: usize = 1024;

/// The content of a put.
pub(crate) enum Content {
    Item(Item),
    /// A record that [`limits::check`](cqrs_core::store::limits::check) let through.
    Record(Record),
}

impl Content {
    pub(super) fn into_item(self) -> Item {
        match self {
            Self::Item(item) => item,
            Self::Record(record) => attribute::to_item(record),
        }
    }
}

impl From<Item> for Content {
    fn from(item: Item) -> Self {
        Self::Item(item)
    }
}

impl From<Record> for Content {
    fn from(record: Record) -> Self {
        Self::Record(record)
    }
}

impl Table {
    /// A request with its item, or with the writer of the item.
    pub(super) fn with_content(
        &self,
        put: PutItemFluentBuilder,
        content: Content,
    ) -> (PutItemFluentBuilder, Option<Instead>) {
        let sdk = if self.sdk_bodies { None } else { SDK.as_ref() };
        filled(put, content, sdk)
    }
}

fn filled(
    put: PutItemFluentBuilder,
    content: Content,
    sdk: Option<&SharedRequestSerializer>,
) -> (PutItemFluentBuilder, Option<Instead>) {
    let writer = match (&content, sdk) {
        (Content::Record(record), Some(sdk)) => Writer::new(sdk, record),
        _ => None,
    };
    match writer {
        Some(writer) => (put, Some(Instead::Write(SharedRequestSerializer::new(writer)))),
        None => (put.set_item(Some(content.into_item())), None),
    }
}

/// Writes one request.
#[derive(Debug)]
struct Writer {
    sdk: SharedRequestSerializer,
    /// The start of the body: the item.
    item: Vec<u8>,
}

impl Writer {
    fn new(sdk: &SharedRequestSerializer, record: &Record) -> Option<Self> {
        let mut item = Vec::with_capacity(USUAL_BYTES);
        item.extend_from_slice(br#"{"Item":"#);
        write_fields(&mut item, record).ok()?;
        Some(Self { sdk: sdk.clone(), item })
    }
}

impl SerializeRequest for Writer {
    fn serialize_input(&self, input: Input, config: &mut ConfigBag) -> Result<HttpRequest, BoxError> {
        let mut request = self.sdk.serialize_input(input, config)?;
        let rest = request.body().bytes().and_then(|body| body.strip_prefix(b"{"));
        let rest = rest
            .filter(|rest| rest.starts_with(b"\""))
            .ok_or("the SDK did not write an object with a table")?;
        let body = [&self.item, &b","[..], rest].concat();
        request.headers_mut().insert("content-length", body.len().to_string());
        *request.body_mut() = SdkBody::from(body);
        Ok(request)
    }
}

/// Names and values in DynamoDB's form.
fn write_fields(json: &mut Vec<u8>, fields: &Record) -> serde_json::Result<()> {
    json.push(b'{');
    for (index, (name, value)) in fields.iter().enumerate() {
        if index > 0 {
            json.push(b',');
        }
        serde_json::to_writer(&mut *json, name)?;
        json.push(b':');
        write_value(json, value)?;
    }
    json.push(b'}');
    Ok(())
}

fn write_value(json: &mut Vec<u8>, value: &Value) -> serde_json::Result<()> {
    match value {
        Value::Null => json.extend_from_slice(br#"{"NULL":true"#),
        Value::Bool(true) => json.extend_from_slice(br#"{"BOOL":true"#),
        Value::Bool(false) => json.extend_from_slice(br#"{"BOOL":false"#),
        Value::Number(number) => {
            json.extend_from_slice(br#"{"N":""#);
            serde_json::to_writer(&mut *json, number)?;
            json.push(b'"');
        }
        Value::String(text) => {
            json.extend_from_slice(br#"{"S":"#);
            serde_json::to_writer(&mut *json, text)?;
        }
        Value::Array(values) => {
            json.extend_from_slice(br#"{"L":["#);
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    json.push(b',');
                }
                write_value(json, value)?;
            }
            json.push(b']');
        }
        Value::Object(fields) => {
            json.extend_from_slice(br#"{"M":"#);
            write_fields(json, fields)?;
        }
    }
    json.push(b'}');
    Ok(())
}
