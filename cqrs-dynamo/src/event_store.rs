use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{
    AttributeValue, ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure as OnFailure,
};
use cqrs_core::store::record::{self, Record};
use cqrs_core::store::{Append, CommitPage, EventStore, limits};
use cqrs_core::{Commit, StoreError, StreamKey, Version};

use crate::attribute::{self, Item};
use crate::contention::{CONTENDED, Contention};
use crate::delivery_store::DynamoDeliveryStore;
use crate::error::{refused, store_error};
use crate::feed::StreamFeed;
use crate::stream::TableStream;

/// Commits in a DynamoDB table, one item each. Clones are cheap.
#[derive(Debug, Clone)]
pub struct DynamoEventStore {
    pub(crate) client: Client,
    pub(crate) streams: aws_sdk_dynamodbstreams::Client,
    pub(crate) table: String,
    pub(crate) delivery_table: String,
}

impl EventStore for DynamoEventStore {
    type Feed = StreamFeed;
    type Delivery = DynamoDeliveryStore;

    async fn append(&self, commit: &Commit) -> Result<Append, StoreError> {
        let item = checked_item(record::encode(commit))?;
        let mut contention = Contention::default();
        loop {
            let put = self
                .client
                .put_item()
                .table_name(&self.table)
                .set_item(Some(item.clone()))
                .condition_expression("attribute_not_exists(pk)")
                .return_values_on_condition_check_failure(OnFailure::AllOld)
                .return_consumed_capacity(ReturnConsumedCapacity::Total);
            match put.send().await {
                Ok(_) => return Ok(Append::Written),
                Err(error) if error.code() == Some(CONTENDED) && contention.wait().await => {}
                Err(error) => return self.winner(error).map(|winner| Append::Taken(Box::new(winner))),
            }
        }
    }

    async fn read(
        &self,
        stream: &StreamKey,
        after: Version,
        until: Version,
    ) -> Result<CommitPage, StoreError> {
        if after >= until {
            return Ok(CommitPage::default());
        }
        let text = |value: &str| AttributeValue::S(value.to_owned());
        let output = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":pk", text(stream.pk()))
            .expression_attribute_values(":first", AttributeValue::S(stream.commit_sk(after.next())))
            .expression_attribute_values(":last", AttributeValue::S(stream.commit_sk(until)))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(|error| store_error(&self.table, error))?;
        let more = output.last_evaluated_key.is_some();
        let commits = output.items.unwrap_or_default().into_iter().map(decode);
        Ok(CommitPage { commits: commits.collect::<Result<_, _>>()?, more })
    }

    fn feed(&self) -> StreamFeed {
        StreamFeed::new(self.stream())
    }

    fn delivery(&self) -> DynamoDeliveryStore {
        DynamoDeliveryStore {
            client: self.client.clone(),
            table: self.delivery_table.clone(),
            events_table: self.table.clone(),
        }
    }
}

impl DynamoEventStore {
    pub(crate) fn stream(&self) -> TableStream {
        TableStream::new(self.client.clone(), self.streams.clone(), self.table.clone())
    }

    /// The commit that DynamoDB hands back with a failed condition.
    fn winner(&self, error: SdkError<PutItemError>) -> Result<Commit, StoreError> {
        let item = match error {
            SdkError::ServiceError(context) if context.err().is_conditional_check_failed_exception() => {
                match context.into_err() {
                    PutItemError::ConditionalCheckFailedException(failed) => failed.item,
                    _ => None,
                }
            }
            error => return Err(store_error(&self.table, error)),
        };
        match item {
            Some(item) => decode(item),
            None => Err(refused(format!(
                "table `{}`: the version is taken, and the answer does not say by what; \
                 does the endpoint know `ReturnValuesOnConditionCheckFailure`?",
                self.table
            ))),
        }
    }
}

/// The item of a record, if it fits.
pub(crate) fn checked_item(record: Record) -> Result<Item, StoreError> {
    limits::check(&record)?;
    Ok(attribute::to_item(record))
}

fn decode(item: Item) -> Result<Commit, StoreError> {
    let identity = identity(&item);
    match attribute::to_record(item) {
        Ok(record) => Ok(record::decode(record)?),
        Err(error) => Err(record::corrupt(&identity, error.to_string()).into()),
    }
}

/// What names an item in an error, where the rest of it cannot be read.
fn identity(item: &Item) -> Record {
    let attributes = ["pk", "sk", "version", "type"].into_iter();
    let named = attributes.filter_map(|name| Some((name, item.get(name)?.clone())));
    named.filter_map(|(name, value)| Some((name.to_owned(), attribute::to_value(value).ok()?))).collect()
}
