//! Where MiniStack is known to differ from AWS: the table in `tests/emulators.md`. A test that fails here is good news:
//! remove its row, and whatever the tests do because of it.

use aws_sdk_dynamodb::types::{
    AttributeDefinition, CreateGlobalSecondaryIndexAction, GlobalSecondaryIndexUpdate, IndexStatus,
    KeySchemaElement, KeyType, Projection, ProjectionType, ScalarAttributeType,
};
use aws_sdk_dynamodbstreams::types::{Record, Shard, ShardIteratorType};
use aws_sdk_sns::types::PublishBatchRequestEntry;
use aws_sdk_sqs::types::{MessageSystemAttributeName, QueueAttributeName};
use cqrs_dynamo::Dynamo;
use cqrs_tests::commits::{commit, stream};
use cqrs_tests::emulator::prefix;
use serde_json::json;

use crate::emulator;

/// The one shard of the events table, as it is described, and its records.
async fn streamed(dynamo: &Dynamo) -> (Vec<Shard>, Vec<Record>) {
    let client = aws_sdk_dynamodbstreams::Client::new(&emulator().sdk_config());
    let table = dynamo.client().describe_table().table_name(&dynamo.tables().events).send().await.unwrap();
    let arn = table.table.unwrap().latest_stream_arn.unwrap();
    let described = client.describe_stream().stream_arn(&arn).send().await.unwrap();
    let shards = described.stream_description.unwrap().shards.unwrap_or_default();
    let iterator = client
        .get_shard_iterator()
        .stream_arn(&arn)
        .shard_id(shards[0].shard_id().unwrap())
        .shard_iterator_type(ShardIteratorType::TrimHorizon);
    let iterator = iterator.send().await.unwrap().shard_iterator.unwrap();
    let read = client.get_records().shard_iterator(iterator).send().await.unwrap();
    (shards, read.records.unwrap_or_default())
}

#[tokio::test]
async fn a_stream_record_has_no_size_and_a_sequence_number_that_begins_with_zeros() {
    let dynamo = emulator().dynamo().await;
    cqrs_tests::commits::append(&dynamo.event_store(), &commit(&stream("1"), 1, json!({}))).await.unwrap();
    let (shards, records) = streamed(&dynamo).await;
    assert_eq!(shards.len(), 1);
    let image = records[0].dynamodb().unwrap();
    assert_eq!(image.size_bytes(), Some(0));
    let number = image.sequence_number().unwrap();
    assert!(number.starts_with('0') && number.len() == 30, "{number}");
}

#[tokio::test]
async fn a_page_of_records_is_measured_as_json() {
    let dynamo = emulator().dynamo().await;
    // Below 1 MB together as items, and above it as JSON, in which a quote takes two bytes.
    for version in 1..=2 {
        let full = commit(&stream("1"), version, json!({ "text": "\"".repeat(300_000) }));
        cqrs_tests::commits::append(&dynamo.event_store(), &full).await.unwrap();
    }
    let (_, records) = streamed(&dynamo).await;
    assert_eq!(records.len(), 1);
}

#[tokio::test]
async fn a_table_takes_two_indexes_at_once_and_both_are_active_at_once() {
    let dynamo = emulator().dynamo().await;
    let mut request = dynamo.client().update_table().table_name(&dynamo.tables().snapshots);
    for name in ["first", "second"] {
        let attribute =
            AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
        let key = KeySchemaElement::builder().attribute_name(name).key_type(KeyType::Hash);
        let index = CreateGlobalSecondaryIndexAction::builder()
            .index_name(name)
            .key_schema(key.build().unwrap())
            .projection(Projection::builder().projection_type(ProjectionType::All).build());
        let update = GlobalSecondaryIndexUpdate::builder().create(index.build().unwrap()).build();
        request = request.attribute_definitions(attribute.build().unwrap());
        request = request.global_secondary_index_updates(update);
    }
    let made = request.send().await.unwrap().table_description.unwrap();
    let indexes = made.global_secondary_indexes().iter();
    let status: Vec<_> = indexes.map(|index| index.index_status().cloned().unwrap()).collect();
    assert_eq!(status, [IndexStatus::Active, IndexStatus::Active]);
}

#[tokio::test]
async fn a_topic_keeps_its_message_size_and_does_not_go_by_it() {
    let sns = emulator().broker().sns().clone();
    let topic = sns.create_topic().name(prefix()).attributes("MaximumMessageSize", "1048576");
    let arn = topic.send().await.unwrap().topic_arn.unwrap();
    let attributes = sns.get_topic_attributes().topic_arn(&arn).send().await.unwrap().attributes.unwrap();
    assert_eq!(attributes["MaximumMessageSize"], "1048576");
    let refused = sns.publish().topic_arn(&arn).message("x".repeat(262_145)).send().await.unwrap_err();
    assert!(format!("{refused:?}").contains("262144"), "{refused:?}");

    // And a batch is not measured as a whole.
    let entry =
        |id: &str| PublishBatchRequestEntry::builder().id(id).message("x".repeat(200_000)).build().unwrap();
    let batch = sns.publish_batch().topic_arn(&arn).publish_batch_request_entries(entry("1"));
    let batch = batch.publish_batch_request_entries(entry("2")).send().await.unwrap();
    assert_eq!(batch.successful().len(), 2);
}

#[tokio::test]
async fn a_batch_loses_its_groups_on_the_way_to_a_standard_queue() {
    let (sns, sqs) = (emulator().broker().sns().clone(), emulator().broker().sqs().clone());
    let arn = sns.create_topic().name(prefix()).send().await.unwrap().topic_arn.unwrap();
    let url = sqs.create_queue().queue_name(prefix()).send().await.unwrap().queue_url.unwrap();
    let name = QueueAttributeName::QueueArn;
    let queue =
        sqs.get_queue_attributes().queue_url(&url).attribute_names(name.clone()).send().await.unwrap();
    let queue = &queue.attributes.unwrap()[&name];
    sns.subscribe().topic_arn(&arn).protocol("sqs").endpoint(queue).send().await.unwrap();
    let entry = PublishBatchRequestEntry::builder().id("1").message("hello").message_group_id("BANK");
    let batch = sns.publish_batch().topic_arn(&arn).publish_batch_request_entries(entry.build().unwrap());
    batch.send().await.unwrap();
    let received = sqs.receive_message().queue_url(&url);
    let received = received.message_system_attribute_names(MessageSystemAttributeName::All).send().await;
    let attributes = received.unwrap().messages.unwrap().remove(0).attributes.unwrap();
    assert_eq!(attributes.get(&MessageSystemAttributeName::MessageGroupId), None, "{attributes:?}");
}

#[tokio::test]
async fn a_subscription_may_have_a_filter_policy_that_sns_refuses() {
    let (sns, sqs) = (emulator().broker().sns().clone(), emulator().broker().sqs().clone());
    let arn = sns.create_topic().name(prefix()).send().await.unwrap().topic_arn.unwrap();
    let url = sqs.create_queue().queue_name(prefix()).send().await.unwrap().queue_url.unwrap();
    let name = QueueAttributeName::QueueArn;
    let queue = sqs.get_queue_attributes().queue_url(url).attribute_names(name.clone()).send().await.unwrap();
    let types: Vec<String> = (0..151).map(|number| format!("Event{number}")).collect();
    let subscribe =
        sns.subscribe().topic_arn(arn).protocol("sqs").endpoint(&queue.attributes.unwrap()[&name]);
    let subscribe = subscribe.attributes("FilterPolicy", json!({ "types": types }).to_string());
    subscribe.send().await.unwrap();
}
