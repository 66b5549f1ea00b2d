use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{
    AttributeValue, ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure as OnFailure,
};
use cqrs_core::delivery::{Claim, Finish, Inbox, InboxId, InboxLease};
use cqrs_core::{StoreError, Timestamp};

use super::delivery::{DynamoDeliveryStore, digest};
use crate::names::{EXPIRES_AT, partition};
use crate::table::{Item, key, refused, store_error};

const CLAIMED_BY: &str = "claimedBy";
pub(super) const DIGEST: &str = "digest";
/// There as long as the event has not been handled.
const LEASED_UNTIL: &str = "leasedUntil";

/// A record without a digest is of an earlier release, and counts whatever commit it was written for.
const CLAIMABLE: &str = "attribute_not_exists(pk) OR leasedUntil <= :now OR (claimedBy = :owner AND attribute_exists(leasedUntil)) \
                         OR (attribute_exists(digest) AND digest <> :digest)";
const OWN: &str = "claimedBy = :owner";
const OWN_LEASE: &str = "claimedBy = :owner AND attribute_exists(leasedUntil)";

/// One conditional write to claim an event, and one to finish it: two write units for an event that is handled.
impl Inbox for DynamoDeliveryStore {
    async fn claim(&self, id: &InboxId, lease: &InboxLease) -> Result<Claim, StoreError> {
        let mut item = record(id, lease);
        item.insert(LEASED_UNTIL.to_owned(), AttributeValue::S(lease.until.to_string()));
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression(CLAIMABLE)
            .expression_attribute_values(":now", AttributeValue::S(lease.now.to_string()))
            .expression_attribute_values(":owner", AttributeValue::S(lease.owner.clone()))
            .expression_attribute_values(":digest", AttributeValue::S(id.digest.to_string()))
            .return_values_on_condition_check_failure(OnFailure::AllOld)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        match put.send().await {
            Ok(_) => Ok(Claim::Claimed),
            Err(error) => self.holder(error),
        }
    }

    async fn finish(&self, id: &InboxId, lease: &InboxLease) -> Result<Finish, StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(record(id, lease)))
            .condition_expression(OWN)
            .expression_attribute_values(":owner", AttributeValue::S(lease.owner.clone()))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        match put.send().await {
            Ok(_) => Ok(Finish::Done),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(PutItemError::is_conditional_check_failed_exception) =>
            {
                Ok(Finish::Lost)
            }
            Err(error) => Err(store_error(&self.table, error)),
        }
    }

    async fn release(&self, id: &InboxId, lease: &InboxLease) -> Result<(), StoreError> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(record_key(id)))
            .condition_expression(OWN_LEASE)
            .expression_attribute_values(":owner", AttributeValue::S(lease.owner.clone()))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        match delete.send().await {
            Ok(_) => Ok(()),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(DeleteItemError::is_conditional_check_failed_exception) =>
            {
                Ok(())
            }
            Err(error) => Err(store_error(&self.table, error)),
        }
    }
}

impl DynamoDeliveryStore {
    /// Why an event cannot be claimed: DynamoDB hands the record back with the failed condition.
    fn holder(&self, error: SdkError<PutItemError>) -> Result<Claim, StoreError> {
        let item = match error {
            SdkError::ServiceError(context) if context.err().is_conditional_check_failed_exception() => {
                match context.into_err() {
                    PutItemError::ConditionalCheckFailedException(failed) => failed.item,
                    _ => None,
                }
            }
            error => return Err(store_error(&self.table, error)),
        };
        let item = item.ok_or_else(|| {
            refused(format!(
                "table `{}`: the event cannot be claimed, and the answer does not say by whom it was; does the \
                 endpoint know `ReturnValuesOnConditionCheckFailure`?",
                self.table
            ))
        })?;
        if !item.contains_key(LEASED_UNTIL) {
            return Ok(Claim::Done);
        }
        let until =
            self.text(&item, LEASED_UNTIL)?.parse().map_err(|_| self.unreadable(&item, LEASED_UNTIL))?;
        Ok(Claim::Busy { until })
    }
}

fn record(id: &InboxId, lease: &InboxLease) -> Item {
    let mut item = record_key(id);
    item.insert(CLAIMED_BY.to_owned(), AttributeValue::S(lease.owner.clone()));
    item.insert(DIGEST.to_owned(), AttributeValue::S(id.digest.to_string()));
    item.insert(EXPIRES_AT.to_owned(), expiry(lease.expires));
    item
}

/// Rounded up: never forgotten early.
pub(super) fn expiry(expires: Timestamp) -> AttributeValue {
    AttributeValue::N((expires.unix_millis().div_euclid(1000) + 1).to_string())
}

/// A partition per handler and stream: however busy the handler is, its writes spread over as many partitions as its
/// events come from.
fn record_key(id: &InboxId) -> Item {
    let InboxId { handler, stream, version, index, .. } = id;
    let pk = partition::inbox(handler, &digest(stream.pk(), stream.sk()).to_string());
    key(&pk, &format!("{}#{index}", version.to_padded()))
}
