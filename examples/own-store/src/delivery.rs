//! The delivery store, one row per item.

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cqrs_core::spi::{
    Claim, Commit, DeadLetter, DeliveryStore, Finish, Inbox, InboxId, InboxLease, LetterId, Positions,
    StoreError, StreamKey, Timestamp, Version,
};
use serde_json::{Value, json};

use crate::table::{Key, Table, key};

const PAGE: usize = 100;

/// A delivery store in a file.
#[derive(Debug)]
pub struct FileDeliveryStore {
    table: Mutex<Table>,
}

impl FileDeliveryStore {
    /// Opens a file.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if it cannot be read.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self { table: Mutex::new(Table::open(path)?) })
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // A change is on the disk before it is in memory, so the data that a panicking holder left behind is complete.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, key: Key, value: Value) -> Result<(), StoreError> {
        self.table().write(vec![(key, value)])
    }

    fn remove(&self, key: Key) -> Result<(), StoreError> {
        let mut table = self.table();
        match table.get(&key) {
            Some(_) => table.write(vec![(key, Value::Null)]),
            None => Ok(()),
        }
    }
}

impl DeliveryStore for FileDeliveryStore {
    async fn positions(&self, subscriber: &str) -> Result<Positions, StoreError> {
        let table = self.table();
        let start = key(["position", subscriber]);
        let positions = table.below(&start, None);
        Ok(positions.map(|(key, value)| (key[2].clone(), text(value).to_owned())).collect())
    }

    async fn save_position(&self, subscriber: &str, shard: &str, position: &str) -> Result<(), StoreError> {
        self.put(key(["position", subscriber, shard]), position.into())
    }

    async fn put_letter(&self, letter: &DeadLetter) -> Result<(), StoreError> {
        let value = json!({
            "reason": letter.reason,
            "attempts": letter.attempts,
            "since": letter.since.unix_millis(),
            "record": letter.record,
        });
        self.put(letter_key(&letter.id), value)
    }

    async fn letters(
        &self,
        subscriber: &str,
        after: Option<&LetterId>,
    ) -> Result<Vec<DeadLetter>, StoreError> {
        let table = self.table();
        let start = key(["letter", subscriber]);
        let letters = table.below(&start, after.map(letter_key)).take(PAGE);
        Ok(letters.map(|(key, value)| letter(key, value)).collect())
    }

    async fn remove_letter(&self, id: &LetterId) -> Result<(), StoreError> {
        self.remove(letter_key(id))
    }

    async fn park(&self, queue: &str, stream: &StreamKey, version: Version) -> Result<(), StoreError> {
        self.put(parked_key(queue, stream, version), true.into())
    }

    async fn unpark(&self, queue: &str, stream: &StreamKey, version: Version) -> Result<(), StoreError> {
        self.remove(parked_key(queue, stream, version))
    }

    async fn count_attempt(&self, queue: &str, commit: &Commit, _: Timestamp) -> Result<u32, StoreError> {
        let mut table = self.table();
        let key = attempts_key(queue, commit);
        let attempts = table.get(&key).map_or(0, number) + 1;
        table.write(vec![(key, attempts.into())])?;
        Ok(u32::try_from(attempts).unwrap_or(u32::MAX))
    }

    async fn forget_attempts(&self, queue: &str, commit: &Commit) -> Result<(), StoreError> {
        self.remove(attempts_key(queue, commit))
    }

    async fn parked(&self, queue: &str, among: &[StreamKey]) -> Result<HashSet<StreamKey>, StoreError> {
        let table = self.table();
        let is_parked = |stream: &&StreamKey| {
            table.below(&key(["parked", queue, stream.pk(), stream.sk()]), None).next().is_some()
        };
        Ok(among.iter().filter(is_parked).cloned().collect())
    }
}

/// A record is `{ owner, until, expires }`; one without `until` has been handled.
impl Inbox for FileDeliveryStore {
    async fn claim(&self, id: &InboxId, lease: &InboxLease) -> Result<Claim, StoreError> {
        let mut table = self.table();
        let key = inbox_key(id);
        if let Some(found) = table.get(&key).filter(|found| time(&found["expires"]) > lease.now) {
            let until = time(&found["until"]);
            if found["until"].is_null() {
                return Ok(Claim::Done);
            }
            if text(&found["owner"]) != lease.owner && until > lease.now {
                return Ok(Claim::Busy { until });
            }
        }
        let leased = json!({
            "owner": lease.owner,
            "until": lease.until.unix_millis(),
            "expires": lease.expires.unix_millis(),
        });
        table.write(vec![(key, leased)])?;
        Ok(Claim::Claimed)
    }

    async fn finish(&self, id: &InboxId, lease: &InboxLease) -> Result<Finish, StoreError> {
        let mut table = self.table();
        let key = inbox_key(id);
        match table.get(&key).filter(|found| text(&found["owner"]) == lease.owner) {
            Some(found) => {
                let mut handled = found.clone();
                handled["until"] = Value::Null;
                table.write(vec![(key, handled)])?;
                Ok(Finish::Done)
            }
            None => Ok(Finish::Lost),
        }
    }

    async fn release(&self, id: &InboxId, lease: &InboxLease) -> Result<(), StoreError> {
        let mut table = self.table();
        let key = inbox_key(id);
        let held = |found: &Value| text(&found["owner"]) == lease.owner && !found["until"].is_null();
        match table.get(&key).is_some_and(held) {
            true => table.write(vec![(key, Value::Null)]),
            false => Ok(()),
        }
    }
}

fn letter_key(id: &LetterId) -> Key {
    key(["letter", &id.subscriber, &id.pk, &id.sk])
}

fn letter(key: &Key, value: &Value) -> DeadLetter {
    let id = LetterId::new(&key[1], &key[2], &key[3]);
    let attempts = u32::try_from(number(&value["attempts"])).unwrap_or(u32::MAX);
    DeadLetter::new(id, text(&value["reason"]), time(&value["since"]), value["record"].clone())
        .with_attempts(attempts)
}

fn parked_key(queue: &str, stream: &StreamKey, version: Version) -> Key {
    key(["parked", queue, stream.pk(), stream.sk(), &version.to_padded()])
}

fn attempts_key(queue: &str, commit: &Commit) -> Key {
    // The digest, and not the place, because another commit may be there after a restore.
    key(["attempts", queue, &commit.digest().to_string()])
}

fn inbox_key(id: &InboxId) -> Key {
    let commit = id.stream.commit_sk(id.version);
    key(["inbox", &id.handler, id.stream.pk(), &commit, &id.index.to_string(), &id.digest.to_string()])
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_default()
}

fn time(value: &Value) -> Timestamp {
    Timestamp::from_unix_millis(value.as_i64().unwrap_or_default())
}
