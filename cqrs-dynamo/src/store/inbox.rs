use aws_sdk_dynamodb::types::AttributeValue;
use cqrs_core::delivery::{Claim, Finish, Inbox, InboxId, InboxLease};
use cqrs_core::{StoreError, Timestamp};

use super::delivery::{DynamoDeliveryStore, digest};
use crate::names::{EXPIRES_AT, partition};
use crate::table::{Condition, Item, ItemWrite, Written, key, refused};

const CLAIMED_BY: &str = "claimedBy";
pub(super) const DIGEST: &str = "digest";
/// Present as long as the event has not been handled.
const LEASED_UNTIL: &str = "leasedUntil";

/// A record without a digest is of an earlier release, and counts for the commit that it was written for.
const CLAIMABLE: &str = "attribute_not_exists(pk) OR leasedUntil <= :now OR (claimedBy = :owner AND attribute_exists(leasedUntil)) \
                         OR (attribute_exists(digest) AND digest <> :digest)";
const OWN: &str = "claimedBy = :owner";
const OWN_LEASE: &str = "claimedBy = :owner AND attribute_exists(leasedUntil)";

/// One conditional write to claim an event, and one to finish it: two write units for an event that is handled.
impl Inbox for DynamoDeliveryStore {
    async fn claim(&self, id: &InboxId, lease: &InboxLease) -> Result<Claim, StoreError> {
        let write = || {
            let mut item = record(id, lease);
            item.insert(LEASED_UNTIL.to_owned(), AttributeValue::S(lease.until.to_string()));
            let claimable = Condition::of(CLAIMABLE).values([
                (":now", AttributeValue::S(lease.now.to_string())),
                (":owner", AttributeValue::S(lease.owner.clone())),
                (":digest", AttributeValue::S(id.digest.to_string())),
            ]);
            Ok(ItemWrite::put(item, claimable).returning_item())
        };
        match self.table.write(write).await? {
            Written::Done(_) => Ok(Claim::Claimed),
            Written::Refused(refused) => self.holder(refused.into_item()),
        }
    }

    async fn finish(&self, id: &InboxId, lease: &InboxLease) -> Result<Finish, StoreError> {
        let write = || Ok(ItemWrite::put(record(id, lease), owned(OWN, lease)));
        match self.table.write(write).await? {
            Written::Done(_) => Ok(Finish::Done),
            Written::Refused(_) => Ok(Finish::Lost),
        }
    }

    async fn release(&self, id: &InboxId, lease: &InboxLease) -> Result<(), StoreError> {
        let delete = || Ok(ItemWrite::delete(record_key(id), owned(OWN_LEASE, lease)));
        match self.table.write(delete).await? {
            // It has another owner by now, or is done.
            Written::Done(_) | Written::Refused(_) => Ok(()),
        }
    }
}

fn owned(condition: &'static str, lease: &InboxLease) -> Condition {
    Condition::of(condition).values([(":owner", AttributeValue::S(lease.owner.clone()))])
}

impl DynamoDeliveryStore {
    /// Why an event cannot be claimed: DynamoDB returns the record with the failed condition.
    fn holder(&self, item: Option<Item>) -> Result<Claim, StoreError> {
        let item = item.ok_or_else(|| {
            refused(format!(
                "table `{}`: the event cannot be claimed, and the answer does not say by whom it was; does the \
                 endpoint know `ReturnValuesOnConditionCheckFailure`?",
                self.table.name
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

/// Rounded up, so that it is never forgotten early.
pub(super) fn expiry(expires: Timestamp) -> AttributeValue {
    AttributeValue::N((expires.unix_millis().div_euclid(1000) + 1).to_string())
}

/// A partition per handler and stream. However busy the handler is, its writes are spread over as many partitions as
/// its events come from.
fn record_key(id: &InboxId) -> Item {
    let InboxId { handler, stream, version, index, .. } = id;
    let pk = partition::inbox(handler, &digest(stream.pk(), stream.sk()).to_string());
    key(&pk, &format!("{}#{index}", version.to_padded()))
}
