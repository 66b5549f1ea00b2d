use std::collections::HashMap;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity, ReturnValue};
use cqrs_core::{StoreError, Timestamp};

use super::lease::{Board, Lease, Segment};
use crate::DynamoDeliveryStore;
use crate::attribute::Item;
use crate::delivery_store::key;
use crate::error::store_error;

/// No id of a shard begins like these.
const BEGUN: &str = "@begun";
const RELAY: &str = "@relay#";

/// What the lease has to be for its owner to write it.
const MINE: &str = "#owner = :me";

/// Names that DynamoDB's expressions take for their own.
const RESERVED: [(&str, &str); 3] = [("#owner", "owner"), ("#until", "until"), ("#position", "position")];

/// The leases of the relays of one name, in the delivery table.
#[derive(Debug, Clone)]
pub(super) struct Leases {
    store: DynamoDeliveryStore,
    pk: String,
    me: String,
}

impl Leases {
    /// `me` is the name of this relay among those of one name.
    pub(super) fn new(store: DynamoDeliveryStore, name: &str, me: String) -> Self {
        Self { store, pk: format!("RELAY#{name}"), me }
    }

    pub(super) fn me(&self) -> &str {
        &self.me
    }

    pub(super) async fn board(&self) -> Result<Board, StoreError> {
        let mut board = Board::default();
        let mut start = None;
        loop {
            let (items, next) = self.store.page(&self.pk, start).await?;
            for item in items {
                let id = self.store.text(&item, "sk")?;
                if id == BEGUN {
                    board.begun = true;
                } else if let Some(relay) = id.strip_prefix(RELAY) {
                    board.relays.insert(relay.to_owned(), self.time(&item, "until")?);
                } else {
                    let lease = self.lease(&item)?;
                    let leases =
                        if Segment::parse(&id).is_some() { &mut board.segments } else { &mut board.shards };
                    leases.insert(id, lease);
                }
            }
            if next.is_none() {
                return Ok(board);
            }
            start = next;
        }
    }

    /// Says that this relay is at work.
    pub(super) async fn announce(&self, until: Timestamp) -> Result<(), StoreError> {
        let mut item = key(&self.pk, &format!("{RELAY}{}", self.me));
        item.insert("until".to_owned(), stamp(until));
        self.store.put(item).await
    }

    /// Takes that back.
    pub(super) async fn leave(&self) -> Result<(), StoreError> {
        self.forget_relay(&self.me).await
    }

    pub(super) async fn forget_relay(&self, relay: &str) -> Result<(), StoreError> {
        self.forget(&format!("{RELAY}{relay}")).await
    }

    pub(super) async fn forget(&self, id: &str) -> Result<(), StoreError> {
        self.store.delete(key(&self.pk, id)).await
    }

    /// Says that all shards of the beginning have a lease.
    pub(super) async fn begin(&self) -> Result<(), StoreError> {
        self.store.put(key(&self.pk, BEGUN)).await
    }

    /// Makes the lease of a shard, unless another relay was faster.
    pub(super) async fn register(&self, lease: &Lease) -> Result<(), StoreError> {
        let values = [(":since", stamp(lease.since)), (":acknowledgedAt", stamp(lease.acknowledged_at))];
        let set = "SET since = :since, acknowledgedAt = :acknowledgedAt";
        self.update(&lease.id, set, "attribute_not_exists(pk)", values).await?;
        Ok(())
    }

    /// Makes a segment of a catch-up, over an older one. One that goes back as far and was made after `fresh`
    /// will do: another relay has seen the same hole.
    pub(super) async fn open_segment(
        &self,
        segment: Segment,
        since: Timestamp,
        now: Timestamp,
        fresh: Timestamp,
    ) -> Result<(), StoreError> {
        let values = [(":since", stamp(now)), (":acknowledgedAt", stamp(since)), (":fresh", stamp(fresh))];
        let set = "SET since = :since, acknowledgedAt = :acknowledgedAt REMOVE #owner, #until, #position";
        let older = "attribute_not_exists(pk) OR acknowledgedAt > :acknowledgedAt OR since < :fresh";
        self.update(&segment.id(), set, older, values).await?;
        Ok(())
    }

    /// Becomes the owner, where nobody else is. The lease comes back as it is now.
    pub(super) async fn take(
        &self,
        id: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Lease>, StoreError> {
        let values = [(":me", self.owner()), (":now", stamp(now)), (":until", stamp(until))];
        let free = "attribute_exists(pk) AND attribute_not_exists(done) \
                    AND (attribute_not_exists(#owner) OR #owner = :me OR #until <= :now)";
        let taken = self.update(id, "SET #owner = :me, #until = :until", free, values).await?;
        taken.map(|item| self.lease(&item)).transpose()
    }

    /// Stays the owner; false where another relay has become it.
    pub(super) async fn renew(&self, id: &str, until: Timestamp) -> Result<bool, StoreError> {
        let values = [(":me", self.owner()), (":until", stamp(until))];
        Ok(self.update(id, "SET #until = :until", MINE, values).await?.is_some())
    }

    /// Moves the position, and stays the owner; false where another relay has become it.
    pub(super) async fn advance(
        &self,
        id: &str,
        position: &str,
        acknowledged_at: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let values = [
            (":me", self.owner()),
            (":until", stamp(until)),
            (":position", AttributeValue::S(position.to_owned())),
            (":acknowledgedAt", stamp(acknowledged_at)),
        ];
        let set = "SET #until = :until, #position = :position, acknowledgedAt = :acknowledgedAt";
        Ok(self.update(id, set, MINE, values).await?.is_some())
    }

    /// Hands the lease back.
    pub(super) async fn release(&self, id: &str) -> Result<(), StoreError> {
        self.update(id, "REMOVE #owner, #until", MINE, [(":me", self.owner())]).await?;
        Ok(())
    }

    /// Says that all of a shard is published; false where another relay has become the owner.
    pub(super) async fn finish(&self, id: &str) -> Result<bool, StoreError> {
        let values = [(":me", self.owner()), (":done", AttributeValue::Bool(true))];
        // Sent again after a lost answer, it finds what it did itself.
        let mine = format!("{MINE} OR done = :done");
        Ok(self.update(id, "SET done = :done REMOVE #owner, #until", &mine, values).await?.is_some())
    }

    /// Gives up what can no longer be read of a shard, after a catch-up has been opened for it.
    pub(super) async fn give_up(&self, id: &str) -> Result<(), StoreError> {
        let values = [(":done", AttributeValue::Bool(true))];
        self.update(id, "SET done = :done REMOVE #owner, #until", "attribute_exists(pk)", values).await?;
        Ok(())
    }

    /// Goes back to the oldest record that a shard has, after a catch-up has been opened for those before.
    pub(super) async fn restart(&self, id: &str, now: Timestamp) -> Result<(), StoreError> {
        let values = [(":me", self.owner()), (":now", stamp(now))];
        let set = "SET since = :now, acknowledgedAt = :now REMOVE #owner, #until, #position";
        let free =
            "attribute_exists(pk) AND (attribute_not_exists(#owner) OR #owner = :me OR #until <= :now)";
        self.update(id, set, free, values).await?;
        Ok(())
    }

    /// Removes a segment that is done; false where another relay has become the owner.
    pub(super) async fn close_segment(&self, id: &str) -> Result<bool, StoreError> {
        let delete = self
            .store
            .client
            .delete_item()
            .table_name(&self.store.table)
            .set_key(Some(key(&self.pk, id)))
            // One that is gone was deleted by this relay itself, whose answer got lost.
            .condition_expression("attribute_not_exists(pk) OR #owner = :me")
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_values(":me", self.owner())
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        match delete.send().await {
            Ok(_) => Ok(true),
            Err(SdkError::ServiceError(context)) if context.err().is_conditional_check_failed_exception() => {
                Ok(false)
            }
            Err(error) => Err(store_error(&self.store.table, error)),
        }
    }

    /// Changes an item under a condition: as it is then, or none where the condition does not hold.
    async fn update(
        &self,
        id: &str,
        update: &str,
        condition: &str,
        values: impl IntoIterator<Item = (&'static str, AttributeValue)>,
    ) -> Result<Option<Item>, StoreError> {
        let names = RESERVED.iter().filter(|(alias, _)| update.contains(alias) || condition.contains(alias));
        let names = names.map(|(alias, name)| ((*alias).to_owned(), (*name).to_owned())).collect();
        let values = values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let request = self
            .store
            .client
            .update_item()
            .table_name(&self.store.table)
            .set_key(Some(key(&self.pk, id)))
            .update_expression(update)
            .condition_expression(condition)
            .set_expression_attribute_names(Some(names).filter(|names: &HashMap<_, _>| !names.is_empty()))
            .set_expression_attribute_values(Some(values))
            .return_values(ReturnValue::AllNew)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        match request.send().await {
            Ok(output) => Ok(Some(output.attributes.unwrap_or_default())),
            Err(SdkError::ServiceError(context)) if context.err().is_conditional_check_failed_exception() => {
                Ok(None)
            }
            Err(error) => Err(store_error(&self.store.table, error)),
        }
    }

    fn owner(&self) -> AttributeValue {
        AttributeValue::S(self.me.clone())
    }

    fn lease(&self, item: &Item) -> Result<Lease, StoreError> {
        let optional = |name: &str| item.contains_key(name).then(|| self.store.text(item, name)).transpose();
        Ok(Lease {
            id: self.store.text(item, "sk")?,
            owner: optional("owner")?,
            until: item.contains_key("until").then(|| self.time(item, "until")).transpose()?,
            position: optional("position")?,
            acknowledged_at: self.time(item, "acknowledgedAt")?,
            since: self.time(item, "since")?,
            done: item.contains_key("done"),
        })
    }

    fn time(&self, item: &Item, name: &str) -> Result<Timestamp, StoreError> {
        self.store.text(item, name)?.parse().map_err(|_| self.store.unreadable(item, name))
    }
}

/// Times of one length, so that DynamoDB's order of texts is theirs.
fn stamp(at: Timestamp) -> AttributeValue {
    AttributeValue::S(at.to_string())
}
