//! The template makes the indexes that `create_tables` makes.

use cqrs_core::App;
use cqrs_core::store::MemoryEventStore;
use cqrs_core::view::MemoryViewStore;
use cqrs_dynamo::Dynamo;
use cqrs_dynamo::template::Template;
use serde_json::{Value, json};

use crate::describe;

#[tokio::test]
async fn the_template_has_the_table_that_create_tables_makes() {
    let app = App::builder(MemoryEventStore::new()).views(MemoryViewStore::new()).build().unwrap();
    assert_eq!(serde_json::to_value(app.wiring()).unwrap().to_string().matches("\"indexes\":2").count(), 1);
    let template = Template::of(app.wiring()).render().unwrap();
    let table = &template["Resources"]["ViewsTable"]["Properties"];
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let made = describe(dynamo.client(), "views").await;
    let mut attributes: Vec<_> = made
        .attribute_definitions()
        .iter()
        .map(|of| json!({ "AttributeName": of.attribute_name(), "AttributeType": of.attribute_type().as_str() }))
        .collect();
    let mut expected = table["AttributeDefinitions"].as_array().unwrap().clone();
    attributes.sort_by_key(Value::to_string);
    expected.sort_by_key(Value::to_string);
    assert_eq!(attributes, expected);
    let indexes: Vec<_> = made
        .global_secondary_indexes()
        .iter()
        .map(|index| {
            let keys = index.key_schema().iter();
            let keys: Vec<_> = keys
                .map(|of| json!({ "AttributeName": of.attribute_name(), "KeyType": of.key_type().as_str() }))
                .collect();
            let projection = index.projection().and_then(|projection| projection.projection_type()).unwrap();
            json!({
                "IndexName": index.index_name(),
                "KeySchema": keys,
                "Projection": { "ProjectionType": projection.as_str() },
            })
        })
        .collect();
    assert_eq!(table["GlobalSecondaryIndexes"], json!(indexes));
}
