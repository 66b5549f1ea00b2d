//! Many items read in one request.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{KeysAndAttributes, ReturnConsumedCapacity};
use cqrs_core::StoreError;

use super::{Item, Table, key, refused, text};

/// The most keys in one request (Amazon DynamoDB API Reference, "BatchGetItem").
pub(crate) const KEYS_AT_ONCE: usize = 100;

/// An item's key, pk and sk.
type Key = (String, String);

impl Table {
    /// Reads up to [`KEYS_AT_ONCE`] items, with all writes that were acknowledged before. Items that DynamoDB does not return in
    /// one answer, for their size or because it throttles, are missing: the answer names the keys that were processed.
    pub(crate) async fn get_some(&self, keys: &[Key]) -> Result<HashMap<Key, Option<Item>>, StoreError> {
        let wanted = KeysAndAttributes::builder()
            .set_keys(Some(keys.iter().map(|(pk, sk)| key(pk, sk)).collect()))
            .consistent_read(true)
            .build()
            .map_err(|error| refused(error.to_string()))?;
        let batch = self
            .client
            .batch_get_item()
            .request_items(&self.name, wanted)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let answer = batch.send().await.map_err(|error| self.error(error))?;
        let mut read: HashMap<Key, Option<Item>> = keys.iter().map(|key| (key.clone(), None)).collect();
        let unprocessed = answer.unprocessed_keys.unwrap_or_default().remove(&self.name);
        for key in unprocessed.iter().flat_map(|unprocessed| &unprocessed.keys) {
            read.remove(&key_of(key));
        }
        for item in answer.responses.unwrap_or_default().remove(&self.name).unwrap_or_default() {
            read.insert(key_of(&item), Some(item));
        }
        Ok(read)
    }
}

fn key_of(item: &Item) -> Key {
    let part = |name| text(item, name).unwrap_or_default().to_owned();
    (part("pk"), part("sk"))
}
