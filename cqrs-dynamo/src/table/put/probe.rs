//! Whether a record can be written into the requests of this release of the SDK.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::config::ConfigBag;
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::put_item::PutItemInput;
use aws_smithy_runtime_api::client::interceptors::context::Input;
use aws_smithy_runtime_api::client::ser_de::{SerializeRequest, SharedRequestSerializer};
use cqrs_core::store::record::Record;
use serde_json::{Value, json};

use super::{Item, Writer, attribute};

/// Whether a request with a record written into it equals the SDK's own request with the same item.
pub(super) fn takes_records(sdk: &SharedRequestSerializer) -> bool {
    let Some(writer) = Writer::new(sdk, &sample()) else { return false };
    match (said(&writer, None), said(sdk, Some(attribute::to_item(sample())))) {
        (Ok(with_record), Ok(of_sdk)) => with_record == of_sdk,
        _ => false,
    }
}

/// Every kind of attribute.
fn sample() -> Record {
    let fields = [
        ("pk", json!("A")),
        ("number", json!(-1.5)),
        ("list", json!([null, true, false])),
        ("map", json!({ "text": "\"\n\u{e9}" })),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Headers and body of a request.
fn said(
    serializer: &dyn SerializeRequest,
    item: Option<Item>,
) -> Result<(BTreeMap<String, String>, Value), BoxError> {
    let input = PutItemInput::builder()
        .table_name("table")
        .set_item(item)
        .condition_expression("attribute_not_exists(pk)")
        .build()?;
    let request = serializer.serialize_input(Input::erase(input), &mut ConfigBag::base())?;
    let headers = request.headers().iter().filter(|(name, _)| *name != "content-length");
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let body = request.body().bytes().ok_or("the body is a stream")?;
    Ok((headers, serde_json::from_slice(body)?))
}
