//! Keys of several attributes, as DynamoDB has them since November 2025: what the emulators do with them. Views are not listed by such
//! keys; `docs/book/src/indexes.md` says why.

use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType,
    Projection, ProjectionType, ScalarAttributeType,
};
use cqrs_dynamo::{Dynamo, Embedded};
use cqrs_tests::emulator::{Emulator, prefix};

use crate::{Item, sort_keys, text};

/// Two attributes in each part of the key.
const KEY: [(&str, KeyType, ScalarAttributeType); 4] = [
    ("tenant", KeyType::Hash, ScalarAttributeType::S),
    ("status", KeyType::Hash, ScalarAttributeType::S),
    ("total", KeyType::Range, ScalarAttributeType::N),
    ("placed", KeyType::Range, ScalarAttributeType::S),
];

#[tokio::test]
async fn both_emulators_know_keys_of_several_attributes() {
    let emulators = [
        ("embedded", Embedded::in_memory().unwrap().sdk_config()),
        ("MiniStack", Emulator::ministack().sdk_config()),
    ];
    for (name, conf) in emulators {
        let dynamo = Dynamo::from_conf(&conf);
        let (client, table) = (dynamo.client(), &prefix());
        let mut request = client.create_table().table_name(table).billing_mode(BillingMode::PayPerRequest);
        let mut index = GlobalSecondaryIndex::builder()
            .index_name("byStatus")
            .projection(Projection::builder().projection_type(ProjectionType::All).build());
        let element = |name: &str, kind: &KeyType| {
            KeySchemaElement::builder().attribute_name(name).key_type(kind.clone()).build().unwrap()
        };
        let attribute = |name: &str, of: &ScalarAttributeType| {
            AttributeDefinition::builder().attribute_name(name).attribute_type(of.clone()).build().unwrap()
        };
        for (name, kind) in [("pk", KeyType::Hash), ("sk", KeyType::Range)] {
            request = request.key_schema(element(name, &kind));
            request = request.attribute_definitions(attribute(name, &ScalarAttributeType::S));
        }
        for (name, kind, of) in &KEY {
            index = index.key_schema(element(name, kind));
            request = request.attribute_definitions(attribute(name, of));
        }
        request.global_secondary_indexes(index.build().unwrap()).send().await.unwrap();
        for (sk, status, total, placed) in [
            ("1", "open", "9", "a"),
            ("2", "open", "10", "a"),
            ("3", "open", "9", "b"),
            ("4", "shut", "1", "a"),
        ] {
            let item: Item =
                [("pk", "p"), ("sk", sk), ("tenant", "T"), ("status", status), ("placed", placed)]
                    .map(|(name, value)| (name.to_owned(), text(value)))
                    .into();
            let put = client.put_item().table_name(table).set_item(Some(item));
            put.item("total", AttributeValue::N(total.to_owned())).send().await.unwrap();
        }
        let query = |condition: &str| {
            let query =
                client.query().table_name(table).index_name("byStatus").key_condition_expression(condition);
            let query = query.expression_attribute_names("#status", "status");
            let query = query.expression_attribute_values(":tenant", text("T"));
            query.expression_attribute_values(":status", text("open"))
        };
        let partition = "tenant = :tenant AND #status = :status";
        let all = query(partition).send().await.unwrap();
        assert_eq!(sort_keys(all.items()), ["1", "3", "2"], "{name}");
        let page = query(partition).limit(2).send().await.unwrap();
        let last = page.last_evaluated_key.clone();
        assert_eq!(last.as_ref().unwrap().len(), 6, "{name}");
        let rest = query(partition).limit(2).set_exclusive_start_key(last).send().await.unwrap();
        assert_eq!(sort_keys(rest.items()), ["2"], "{name}");
        // The whole partition key, and the sort key from its left.
        let half = client.query().table_name(table).index_name("byStatus");
        let half = half.key_condition_expression("tenant = :tenant");
        half.expression_attribute_values(":tenant", text("T")).send().await.unwrap_err();
        let second = query("tenant = :tenant AND #status = :status AND placed = :placed");
        second.expression_attribute_values(":placed", text("a")).send().await.unwrap_err();
    }
}
