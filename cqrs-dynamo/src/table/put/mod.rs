//! Items that are put: a record is written straight into the body of the request.
//!
//! The SDK writes all the rest, from table to condition, signs the body, and sends it again where that is due.

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
use aws_smithy_types::config_bag::FrozenLayer;
use cqrs_core::store::record::Record;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Number, Value};

use super::direct::Instead;
use super::{Item, Table, attribute};

/// The SDK's configuration of the operation: it has what writes the request.
static PUT_ITEM: LazyLock<Option<FrozenLayer>> = LazyLock::new(|| PutItem::new().config());

/// What is put.
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
    /// A request with its item, or with what writes the item into it.
    pub(super) fn with_content(
        &self,
        put: PutItemFluentBuilder,
        content: Content,
    ) -> (PutItemFluentBuilder, Option<Instead>) {
        let writer = match &content {
            Content::Record(record) if !self.sdk_bodies => Writer::of(record),
            _ => None,
        };
        match writer {
            Some(writer) => (put, Some(Instead::Write(SharedRequestSerializer::new(writer)))),
            None => (put.set_item(Some(content.into_item())), None),
        }
    }
}

/// Writes one request.
#[derive(Debug)]
struct Writer {
    operation: &'static FrozenLayer,
    /// The beginning of the body: the item.
    item: Vec<u8>,
}

impl Writer {
    fn of(record: &Record) -> Option<Self> {
        let operation = PUT_ITEM.as_ref()?;
        let mut item = br#"{"Item":"#.to_vec();
        serde_json::to_writer(&mut item, &Attributes(record)).ok()?;
        Some(Self { operation, item })
    }
}

impl SerializeRequest for Writer {
    fn serialize_input(&self, input: Input, config: &mut ConfigBag) -> Result<HttpRequest, BoxError> {
        let sdk = self.operation.load::<SharedRequestSerializer>();
        let mut request =
            sdk.ok_or("the SDK has nothing that writes this request")?.serialize_input(input, config)?;
        let rest = request.body().bytes().and_then(|body| body.strip_prefix(b"{"));
        let rest = rest
            .filter(|rest| rest.starts_with(b"\""))
            .ok_or("the SDK has written no object with a table")?;
        let body = [&self.item, &b","[..], rest].concat();
        request.headers_mut().insert("content-length", body.len().to_string());
        *request.body_mut() = SdkBody::from(body);
        Ok(request)
    }
}

/// Names and values as DynamoDB takes them.
struct Attributes<'a>(&'a Record);

impl Serialize for Attributes<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        json.collect_map(self.0.iter().map(|(name, value)| (name, Attribute(value))))
    }
}

struct Attribute<'a>(&'a Value);

impl Serialize for Attribute<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        let mut kind = json.serialize_map(Some(1))?;
        match self.0 {
            Value::Null => kind.serialize_entry("NULL", &true),
            Value::Bool(flag) => kind.serialize_entry("BOOL", flag),
            Value::Number(number) => kind.serialize_entry("N", &Decimal(number)),
            Value::String(text) => kind.serialize_entry("S", text),
            Value::Array(values) => kind.serialize_entry("L", &List(values)),
            Value::Object(fields) => kind.serialize_entry("M", &Attributes(fields)),
        }?;
        kind.end()
    }
}

struct List<'a>(&'a [Value]);

impl Serialize for List<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        json.collect_seq(self.0.iter().map(Attribute))
    }
}

/// A number by its text.
struct Decimal<'a>(&'a Number);

impl Serialize for Decimal<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        json.collect_str(self.0)
    }
}
