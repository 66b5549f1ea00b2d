//! The global secondary indexes by which views are listed: how they are made, and the answers to queries, embedded and
//! on MiniStack.

mod capacity;
mod creation;
mod declared;
mod files;
mod keys;
mod paging;
mod template;

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
    TableDescription,
};
use cqrs_core::prelude::*;
use cqrs_dynamo::Dynamo;
use cqrs_tests::bank::{Account, Deposited, Opened, Withdrawn};
use cqrs_tests::emulator::Emulator;

/// A projection with two indexes, as many as the views table gets.
#[projection(Account, index(by_owner(owner, cents)), index(by_balance(cents)))]
#[derive(Debug, Default)]
struct Listed {
    owner: String,
    cents: u64,
}

#[projection(Account)]
impl Listed {
    #[apply]
    fn opened(&mut self, event: &Opened) {
        self.owner.clone_from(&event.owner);
    }

    #[apply]
    fn deposited(&mut self, event: &Deposited) {
        self.cents += event.cents;
    }

    #[apply]
    fn withdrawn(&mut self, event: &Withdrawn) {
        self.cents -= event.cents;
    }
}

type Item = HashMap<String, AttributeValue>;

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

/// Makes a table as a version without indexes made it.
async fn make_plain(client: &Client, table: &str) {
    let mut request = client.create_table().table_name(table).billing_mode(BillingMode::PayPerRequest);
    for (name, kind) in [("pk", KeyType::Hash), ("sk", KeyType::Range)] {
        let attribute =
            AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
        let key = KeySchemaElement::builder().attribute_name(name).key_type(kind);
        request = request.attribute_definitions(attribute.build().unwrap()).key_schema(key.build().unwrap());
    }
    request.send().await.unwrap();
}

/// An embedded DynamoDB and MiniStack, which get the same requests.
async fn both() -> [(&'static str, Dynamo); 2] {
    let embedded = Dynamo::embedded_in_memory().await.unwrap();
    [("embedded", embedded), ("MiniStack", Emulator::ministack().dynamo().await)]
}

async fn describe(client: &Client, table: &str) -> TableDescription {
    client.describe_table().table_name(table).send().await.unwrap().table.unwrap()
}

/// The names of a table's indexes.
async fn indexes(client: &Client, table: &str) -> Vec<String> {
    let description = describe(client, table).await;
    let indexes = description.global_secondary_indexes().iter();
    let mut names: Vec<_> = indexes.map(|index| index.index_name().unwrap().to_owned()).collect();
    names.sort();
    names
}

/// An item with an entry in the first index.
fn item(pk: &str, sk: &str, index_pk: &str, index_sk: &str) -> Item {
    [("pk", pk), ("sk", sk), ("index1pk", index_pk), ("index1sk", index_sk)]
        .map(|(name, value)| (name.to_owned(), text(value)))
        .into()
}

async fn put(client: &Client, table: &str, item: Item) {
    client.put_item().table_name(table).set_item(Some(item)).send().await.unwrap();
}

fn query(client: &Client, table: &str, index_pk: &str) -> QueryFluentBuilder {
    let query = client.query().table_name(table).index_name("index1");
    let query = query.key_condition_expression("index1pk = :index_pk");
    query.expression_attribute_values(":index_pk", text(index_pk))
}

/// The sort keys of items, as the table has them.
fn sort_keys(items: &[Item]) -> Vec<String> {
    items.iter().map(|item| item["sk"].as_s().unwrap().clone()).collect()
}
