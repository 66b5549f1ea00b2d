use std::fmt;

use serde_json::Value;
use uuid::Uuid;

use super::{AppendAll, DynEventStore, NewCommits, RefusedKind, StoreError};
use crate::commit::StoredEvent;
use crate::commit::record::{Record, WIDENED, widened_of};
use crate::key::{StreamKey, stable_hash};
use crate::metadata::Metadata;
use crate::timestamp::Timestamp;

/// The number of partitions over which timers are spread. Those of one stream are in one partition.
pub const TIMER_SHARDS: u8 = 8;

/// The address of a timer: a partition, and in it the time and a name.
///
/// ```
/// use cqrs_core::Timestamp;
/// use cqrs_core::store::TimerId;
///
/// let due: Timestamp = "2024-01-01T10:15:00Z".parse()?;
/// let id = TimerId::new(due, "0b4e9a80-5d6f-5f0a-9d52-0c1a6f9c3f2e");
/// assert_eq!(id.sk(), "2024-01-01T10:15:00.000Z#0b4e9a80-5d6f-5f0a-9d52-0c1a6f9c3f2e");
/// assert_eq!(TimerId::parse(id.pk(), id.sk()), Some(id));
/// # Ok::<(), cqrs_core::TimestampError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TimerId {
    pk: String,
    sk: String,
    due: Timestamp,
}

impl TimerId {
    /// The address of something that is due at a time, under a name that nothing else has at that time. Names that are
    /// the same up to their first `/` are in one partition.
    #[must_use]
    pub fn new(due: Timestamp, name: &str) -> Self {
        let group = name.split('/').next().unwrap_or_default();
        let shard = stable_hash(group.as_bytes()) % u64::from(TIMER_SHARDS);
        Self { pk: format!("TIMERS#{shard}"), sk: format!("{due}#{name}"), due }
    }

    /// The address of a command, which is the same for the same id, stream and time. All commands of one stream are in
    /// one partition, in the order of their times.
    pub(crate) fn of_command(due: Timestamp, stream: &StreamKey, command_id: &str) -> Self {
        let stream = format!("{}\n{}", stream.pk(), stream.sk());
        let name = format!("{stream}\n{command_id}");
        let name = Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes());
        Self::new(due, &format!("{:016x}/{name}", stable_hash(stream.as_bytes())))
    }

    /// The next address of the same command, after it has failed, or when it waits again after it was a dead letter. If
    /// it fails again, that is another letter.
    pub(crate) fn again(&self) -> Self {
        let name = self.sk.split_once('#').map_or("", |(_, name)| name);
        Self::new(self.due, &format!("{name}+"))
    }

    /// Reads an address back; `None` for a text that is not such an address.
    #[must_use]
    pub fn parse(pk: &str, sk: &str) -> Option<Self> {
        let (due, name) = sk.split_once('#')?;
        let id = Self::new(due.parse().ok()?, name);
        (id.pk == pk && id.sk == sk).then_some(id)
    }

    /// The address of a stored item; `None` if it does not have the address of a timer.
    pub(crate) fn of_record(record: &Record) -> Option<Self> {
        let text = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or_default();
        Self::parse(text("pk"), text("sk"))
    }

    /// The partition of a shard, from 0 to [`TIMER_SHARDS`] - 1.
    #[must_use]
    pub fn partition(shard: u8) -> String {
        format!("TIMERS#{shard}")
    }

    /// A sort key after those of all timers that are due at this time or earlier, and before those of all others.
    #[must_use]
    pub fn bound(until: Timestamp) -> String {
        // `$` is the character after `#`.
        format!("{until}$")
    }

    /// The partition key: `TIMERS#3`.
    #[must_use]
    pub fn pk(&self) -> &str {
        &self.pk
    }

    /// The sort key, which begins with the time.
    #[must_use]
    pub fn sk(&self) -> &str {
        &self.sk
    }

    /// When it is due.
    #[must_use]
    pub fn due(&self) -> Timestamp {
        self.due
    }
}

impl fmt::Display for TimerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.pk, self.sk)
    }
}

/// A command that waits for its time.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Timer {
    /// Its address.
    pub id: TimerId,
    /// The stream that the command goes to.
    pub stream: StreamKey,
    /// The entity of the aggregate that decides on it: `ROOM`.
    pub entity: String,
    /// The command, with the name and the schema that it is stored under.
    pub command: StoredEvent,
    /// With the command's id. Its time is the time at which the command was scheduled.
    pub metadata: Metadata,
    /// Why it has failed. No program executes it any more, and the next sweep makes it a dead letter.
    pub failed: Option<String>,
}

impl Timer {
    /// A command for a stream of an entity.
    #[must_use]
    pub fn new(
        id: TimerId,
        stream: StreamKey,
        entity: impl Into<String>,
        command: StoredEvent,
        metadata: Metadata,
    ) -> Self {
        Self { id, stream, entity: entity.into(), command, metadata, failed: None }
    }

    /// The same command, marked as failed for a reason.
    fn after_failure(self, reason: String) -> Self {
        Self { id: self.id.again(), failed: Some(reason), ..self }
    }

    /// The same command, which waits again.
    pub(crate) fn again(self) -> Self {
        Self { id: self.id.again(), failed: None, ..self }
    }

    /// The timer as one item.
    ///
    /// ```text
    /// { "pk": "TIMERS#3", "sk": "2024-01-01T10:15:00.000Z#0b4e…", "entity": "ROOM",
    ///   "streamPk": "TENANT001#ROOM", "streamSk": "ROOM#101",
    ///   "type": "ReleaseRoom", "schema": 1, "data": { "reason": "unpaid" },
    ///   "metadata": { "commandId": "…", "createdAt": "2024-01-01T10:00:00.000Z", … },
    ///   "failed": "the command was rejected: …" }
    /// ```
    #[must_use]
    pub fn record(&self) -> Record {
        let mut record = Record::new();
        let mut put = |name: &str, value: Value| record.insert(name.to_owned(), value);
        put("pk", self.id.pk.as_str().into());
        put("sk", self.id.sk.as_str().into());
        put("entity", self.entity.as_str().into());
        put("streamPk", self.stream.pk().into());
        put("streamSk", self.stream.sk().into());
        put("type", self.command.name.as_str().into());
        put("schema", self.command.schema.into());
        if self.command.widened > 0 {
            put(WIDENED, self.command.widened.into());
        }
        put("data", self.command.data.clone());
        // A struct of texts and times becomes an object.
        put("metadata", serde_json::to_value(&self.metadata).unwrap_or_default());
        if let Some(reason) = &self.failed {
            put("failed", reason.as_str().into());
        }
        record
    }

    /// Reads a timer back. Attributes that it does not know are kept.
    ///
    /// # Errors
    /// The fault of the record.
    pub fn decode(record: &Record) -> Result<Self, String> {
        let text = |name: &str| {
            let text = record.get(name).and_then(Value::as_str);
            text.ok_or_else(|| format!("`{name}` is missing, or is not a text"))
        };
        let (pk, sk) = (text("pk")?, text("sk")?);
        let id = TimerId::parse(pk, sk).ok_or_else(|| format!("{pk} {sk} is not the address of a timer"))?;
        let stream =
            StreamKey::new(text("streamPk")?, text("streamSk")?).map_err(|error| error.to_string())?;
        let schema = record.get("schema").and_then(Value::as_u64).and_then(|schema| schema.try_into().ok());
        let schema = schema.ok_or("`schema` is missing, or is not the number of a schema")?;
        let widened = widened_of(record.get(WIDENED))?;
        let data = record.get("data").cloned().ok_or("`data` is missing")?;
        let metadata = record.get("metadata").cloned().unwrap_or_default();
        let metadata = serde_json::from_value(metadata).map_err(|error| format!("`metadata`: {error}"))?;
        let command = StoredEvent { name: text("type")?.to_owned(), schema, widened, data };
        let failed = record.get("failed").and_then(Value::as_str).map(str::to_owned);
        Ok(Self { id, stream, entity: text("entity")?.to_owned(), command, metadata, failed })
    }
}

/// Some timers of one partition, as they are stored.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct TimerPage {
    /// Their records, the earliest first.
    pub timers: Vec<Record>,
    /// Whether there may be more behind the last one.
    pub more: bool,
}

impl TimerPage {
    /// Some timers, and whether there may be more.
    #[must_use]
    pub fn new(timers: Vec<Record>, more: bool) -> Self {
        Self { timers, more }
    }
}

/// Sets a timer by itself.
pub(crate) async fn set_timer(events: &dyn DynEventStore, timer: Timer) -> Result<(), StoreError> {
    match events.append_all(NewCommits::new(Vec::new()).setting(timer)).await? {
        AppendAll::Written => Ok(()),
        other => Err(unexpected(&other)),
    }
}

/// Puts a failed timer in the place of a timer, in one step; `None` if the timer was executed or cancelled in the
/// meantime.
pub(crate) async fn fail_timer(
    events: &dyn DynEventStore,
    timer: Timer,
    reason: String,
) -> Result<Option<Timer>, StoreError> {
    let waiting = timer.id.clone();
    let failed = timer.after_failure(reason);
    match events.append_all(NewCommits::new(Vec::new()).firing(waiting).setting(failed.clone())).await? {
        AppendAll::Written => Ok(Some(failed)),
        AppendAll::Gone => Ok(None),
        other => Err(unexpected(&other)),
    }
}

fn unexpected(answer: &AppendAll) -> StoreError {
    StoreError::refused(RefusedKind::Other, format!("the event store answered {answer:?} to a timer"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn timer() -> Timer {
        let (due, now) = (Timestamp::from_unix_millis(90_000), Timestamp::from_unix_millis(0));
        let stream = StreamKey::new("T#ROOM", "ROOM#1").unwrap();
        let command = StoredEvent::new("Release", 2, json!({ "why": "late" })).widened(3);
        let id = TimerId::of_command(due, &stream, "c");
        Timer::new(id, stream, "ROOM", command, Metadata::new("c", now))
    }

    #[test]
    fn a_timer_is_read_back() {
        let failed = timer().after_failure("it was rejected".into());
        for timer in [timer(), failed] {
            assert_eq!(Timer::decode(&timer.record()), Ok(timer));
        }
    }

    #[test]
    fn the_addresses_of_one_command_differ() {
        let (first, failed) = (timer(), timer().after_failure(String::new()));
        let again = failed.clone().again();
        assert_eq!((first.id.pk(), first.id.due()), (again.id.pk(), again.id.due()));
        assert!(first.id < failed.id && failed.id < again.id, "{first:?} {failed:?} {again:?}");
    }

    #[test]
    fn what_is_missing_is_said() {
        for name in ["pk", "sk", "entity", "streamPk", "streamSk", "type", "schema", "data", "metadata"] {
            let mut record = timer().record();
            record.remove(name);
            let error = Timer::decode(&record).unwrap_err();
            assert!(error.contains(name), "{error}");
        }
    }

    #[test]
    fn the_bound_is_behind_all_names_of_its_time() {
        let at = Timestamp::from_unix_millis;
        let bound = TimerId::bound(at(1_000));
        assert!(TimerId::new(at(1_000), "~").sk() < bound.as_str());
        assert!(TimerId::new(at(1_001), " ").sk() > bound.as_str());
    }
}
