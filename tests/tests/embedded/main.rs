//! The embedded database takes only the memory, threads and time that it needs, however much there is to do and to
//! keep.

mod files;
mod growth;
mod pages;
mod retention;
mod turns;

use aws_sdk_dynamodb::types::AttributeValue;

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}
