use std::collections::HashSet;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use cqrs_core::delivery::{DeadLetter, DeliveryStore, LetterId, Positions};
use cqrs_core::store::limits;
use cqrs_core::store::record::Record;
use cqrs_core::{Commit, StoreError, StreamKey, Timestamp, Version};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::Value;
use uuid::Uuid;

use super::inbox::{DIGEST, expiry};
use crate::names::{EXPIRES_AT, partition};
use crate::table::{Item, Table, attribute, checked, key, text};

/// A longer reason is cut, because people read it.
const REASON_BYTES: usize = 4096;

/// How many reads are under way at the same time for one call.
const READS: usize = 10;

/// Positions, dead letters and the inbox in a DynamoDB table. Clones are cheap.
///
/// | item | pk | sk |
/// | --- | --- | --- |
/// | position | `POSITION#{subscriber}` | the shard |
/// | how a projection began | `POSITION#@projections` | the projection |
/// | dead letter | `LETTER#{subscriber}` | `{digest of the stream's key}@{version}` |
/// | commit that a projection continues without | `LETTER#{projection}@discarded` | the same |
/// | commit that holds its stream back | `PARKED#{queue}` | the same |
/// | attempts of a commit that failed | `ATTEMPTS#{queue}` | the same; with `expiresAt` |
/// | inbox record | `INBOX#{handler}#{digest of the stream's key}` | `{version}#{index of the event}` |
/// | lease of a relay to a topic | `RELAY#{name}` | the shard |
///
/// An inbox record has `claimedBy`, `leasedUntil` until the event has been handled, and `expiresAt` (N, seconds since
/// 1970), at which DynamoDB deletes it if the table's time to live is enabled. The embedded DynamoDB deletes none.
///
/// The digest is a name-based UUID, because a commit's two keys do not fit into one sort key. Letters of one stream are
/// together, in the order of their versions.
#[derive(Debug, Clone)]
pub struct DynamoDeliveryStore {
    pub(crate) table: Table,
    pub(crate) events: Table,
}

impl DeliveryStore for DynamoDeliveryStore {
    async fn positions(&self, subscriber: &str) -> Result<Positions, StoreError> {
        let mut positions = Positions::new();
        let mut start = None;
        loop {
            let (items, next) = self.page(&partition::positions(subscriber), start).await?;
            for item in items {
                let text = |name: &str| self.text(&item, name);
                positions.insert(text("sk")?, text("position")?);
            }
            if next.is_none() {
                return Ok(positions);
            }
            start = next;
        }
    }

    async fn save_position(&self, subscriber: &str, shard: &str, position: &str) -> Result<(), StoreError> {
        let item: Item = [("pk", partition::positions(subscriber)), ("sk", shard.to_owned())]
            .into_iter()
            .chain([("position", position.to_owned())])
            .map(|(name, value)| (name.to_owned(), AttributeValue::S(value)))
            .collect();
        self.table.put(item).await
    }

    async fn put_letter(&self, letter: &DeadLetter) -> Result<(), StoreError> {
        let mut item = Record::new();
        let mut put = |name: &str, value: Value| item.insert(name.to_owned(), value);
        put("pk", partition::letters(&letter.id.subscriber).into());
        put("sk", letter_sk(&letter.id).into());
        put("commitPk", letter.id.pk.as_str().into());
        put("commitSk", letter.id.sk.as_str().into());
        put("reason", cut(&letter.reason).into());
        put("attempts", letter.attempts.into());
        put("since", letter.since.to_string().into());
        put("record", letter.record.clone());
        if limits::check(&item).is_err() {
            // The record is too large, or one level too deep, to fit into the letter. The commit itself is still
            // in the events table, and a reader fetches it from there.
            item.remove("record");
        }
        self.table.put(checked(item)?).await
    }

    async fn letters(
        &self,
        subscriber: &str,
        after: Option<&LetterId>,
    ) -> Result<Vec<DeadLetter>, StoreError> {
        let pk = partition::letters(subscriber);
        let start = after.map(|id| key(&pk, &letter_sk(id)));
        let (items, _) = self.page(&pk, start).await?;
        let mut letters = Vec::with_capacity(items.len());
        for item in items {
            letters.push(self.letter(subscriber, item).await?);
        }
        Ok(letters)
    }

    async fn remove_letter(&self, id: &LetterId) -> Result<(), StoreError> {
        self.table.delete(key(&partition::letters(&id.subscriber), &letter_sk(id))).await
    }

    async fn park(&self, queue: &str, stream: &StreamKey, version: Version) -> Result<(), StoreError> {
        let mut item = key(&partition::parked(queue), &stream_sk(stream.pk(), stream.sk(), version.get()));
        item.insert("streamPk".to_owned(), AttributeValue::S(stream.pk().to_owned()));
        item.insert("streamSk".to_owned(), AttributeValue::S(stream.sk().to_owned()));
        self.table.put(item).await
    }

    async fn unpark(&self, queue: &str, stream: &StreamKey, version: Version) -> Result<(), StoreError> {
        self.table
            .delete(key(&partition::parked(queue), &stream_sk(stream.pk(), stream.sk(), version.get())))
            .await
    }

    /// Two processes that fail at the same moment may count once. The commit is then tried once more.
    async fn count_attempt(
        &self,
        queue: &str,
        commit: &Commit,
        expires: Timestamp,
    ) -> Result<u32, StoreError> {
        let (pk, sk) = attempts_key(queue, commit);
        let digest = commit.digest().to_string();
        let found = self
            .table
            .client
            .query()
            .table_name(&self.table.name)
            .key_condition_expression("pk = :pk AND sk = :sk")
            .expression_attribute_values(":pk", AttributeValue::S(pk.clone()))
            .expression_attribute_values(":sk", AttributeValue::S(sk.clone()))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(|error| self.table.error(error))?;
        let now = Timestamp::now().unix_millis().div_euclid(1000);
        let number = |item: &Item, name: &str| item.get(name)?.as_n().ok()?.parse::<i64>().ok();
        let counts = |item: &Item| {
            text(item, DIGEST) == Some(&digest)
                && number(item, EXPIRES_AT).is_some_and(|expires| expires > now)
        };
        let before = found.items.unwrap_or_default().pop().filter(counts);
        let before = before.and_then(|item| item.get("attempts")?.as_n().ok()?.parse().ok()).unwrap_or(0);
        let attempts = u32::saturating_add(before, 1);
        let mut item = key(&pk, &sk);
        item.insert("attempts".to_owned(), AttributeValue::N(attempts.to_string()));
        item.insert(DIGEST.to_owned(), AttributeValue::S(digest));
        item.insert(EXPIRES_AT.to_owned(), expiry(expires));
        self.table.put(item).await?;
        Ok(attempts)
    }

    async fn forget_attempts(&self, queue: &str, commit: &Commit) -> Result<(), StoreError> {
        let (pk, sk) = attempts_key(queue, commit);
        self.table.delete(key(&pk, &sk)).await
    }

    async fn parked(&self, queue: &str, among: &[StreamKey]) -> Result<HashSet<StreamKey>, StoreError> {
        let pk = partition::parked(queue);
        // Most often none is, and one request shows it.
        if among.len() > 1 && !self.any(&pk, "").await? {
            return Ok(HashSet::new());
        }
        let is_parked = |stream: StreamKey| async {
            let prefix = stream_prefix(stream.pk(), stream.sk());
            Ok(self.any(&pk, &prefix).await?.then_some(stream))
        };
        let reads = stream::iter(among.iter().cloned()).map(is_parked).buffer_unordered(READS);
        reads.try_filter_map(|parked| async { Ok(parked) }).try_collect().await
    }
}

impl DynamoDeliveryStore {
    pub(crate) async fn page(
        &self,
        pk: &str,
        start: Option<Item>,
    ) -> Result<(Vec<Item>, Option<Item>), StoreError> {
        let output = self
            .table
            .client
            .query()
            .table_name(&self.table.name)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()))
            .set_exclusive_start_key(start)
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(|error| self.table.error(error))?;
        Ok((output.items.unwrap_or_default(), output.last_evaluated_key))
    }

    /// Whether a partition has an item whose sort key begins with this text.
    async fn any(&self, pk: &str, prefix: &str) -> Result<bool, StoreError> {
        let mut request = self
            .table
            .client
            .query()
            .table_name(&self.table.name)
            .expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()))
            .limit(1)
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        // A value of an expression may be empty, but a value of a key may not.
        request = match prefix {
            "" => request.key_condition_expression("pk = :pk"),
            _ => request
                .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
                .expression_attribute_values(":prefix", AttributeValue::S(prefix.to_owned())),
        };
        let output = request.send().await.map_err(|error| self.table.error(error))?;
        Ok(!output.items.unwrap_or_default().is_empty())
    }

    async fn letter(&self, subscriber: &str, mut item: Item) -> Result<DeadLetter, StoreError> {
        let id = LetterId::new(subscriber, self.text(&item, "commitPk")?, self.text(&item, "commitSk")?);
        let reason = self.text(&item, "reason")?;
        let attempts = item.get("attempts").and_then(|value| value.as_n().ok()?.parse().ok());
        let attempts = attempts.ok_or_else(|| self.unreadable(&item, "attempts"))?;
        let since = self.text(&item, "since")?.parse().map_err(|_| self.unreadable(&item, "since"))?;
        let record = match item.remove("record") {
            Some(record) => attribute::to_value(record).map_err(|_| self.unreadable(&item, "record"))?,
            None => self.commit_of(&id).await?,
        };
        Ok(DeadLetter::new(id, reason, since, record).with_attempts(attempts))
    }

    /// The commit of a letter that was too large to carry it.
    async fn commit_of(&self, id: &LetterId) -> Result<Value, StoreError> {
        let record = self.events.get(key(&id.pk, &id.sk), true, |row| row.into_readable().0).await?;
        Ok(Value::Object(record.unwrap_or_default()))
    }

    pub(crate) fn text(&self, item: &Item, name: &str) -> Result<String, StoreError> {
        text(item, name).map(str::to_owned).ok_or_else(|| self.unreadable(item, name))
    }

    pub(crate) fn unreadable(&self, item: &Item, name: &str) -> StoreError {
        let part = |name: &str| text(item, name).unwrap_or_default();
        self.table.unreadable(part("pk"), part("sk"), &format!("`{name}` cannot be read"))
    }
}

fn letter_sk(id: &LetterId) -> String {
    // A record whose key is not that of a commit is alone, under a digest of all of it.
    let (stream, version) = match StreamKey::parse_commit(&id.pk, &id.sk) {
        Ok((stream, version)) => (stream.sk().to_owned(), version.get()),
        Err(_) => (id.sk.clone(), 0),
    };
    stream_sk(&id.pk, &stream, version)
}

fn attempts_key(queue: &str, commit: &Commit) -> (String, String) {
    let stream = &commit.stream;
    (partition::attempts(queue), stream_sk(stream.pk(), stream.sk(), commit.version.get()))
}

/// A sort key that keeps the commits of one stream together, in the order of their versions.
fn stream_sk(pk: &str, sk: &str, version: u64) -> String {
    format!("{}{version:010}", stream_prefix(pk, sk))
}

fn stream_prefix(pk: &str, sk: &str) -> String {
    format!("{}@", digest(pk, sk))
}

/// A stream's two keys in 36 characters.
pub(super) fn digest(pk: &str, sk: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("{pk}\n{sk}").as_bytes())
}

fn cut(reason: &str) -> String {
    reason.get(..reason.floor_char_boundary(REASON_BYTES)).unwrap_or(reason).to_owned()
}
