//! Tables as in the peers' documentation; the peers do not make them.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};

use crate::system::Fallible;

/// Makes a table in on-demand mode, with a text as its hash key and optionally a number as its range key; an index has the same
/// hash key.
pub async fn create(
    client: &Client,
    name: &str,
    hash: &str,
    range: Option<&str>,
    index: Option<(&str, &str)>,
) -> Fallible<()> {
    let attribute = |name: &str, kind: ScalarAttributeType| {
        AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build()
    };
    let key =
        |name: &str, kind: KeyType| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
    let mut table = client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute(hash, ScalarAttributeType::S)?)
        .key_schema(key(hash, KeyType::Hash)?);
    if let Some(range) = range {
        table = table
            .attribute_definitions(attribute(range, ScalarAttributeType::N)?)
            .key_schema(key(range, KeyType::Range)?);
    }
    if let Some((index, number)) = index {
        let index = GlobalSecondaryIndex::builder()
            .index_name(index)
            .key_schema(key(hash, KeyType::Hash)?)
            .key_schema(key(number, KeyType::Range)?)
            .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build())
            .build()?;
        table = table
            .attribute_definitions(attribute(number, ScalarAttributeType::N)?)
            .global_secondary_indexes(index);
    }
    table.send().await?;
    Ok(())
}
