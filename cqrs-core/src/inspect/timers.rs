use serde::Serialize;
use serde_json::Value;

use super::Inspect;
use super::error::InspectError;
use super::linked::{StreamKind, process};
use super::stream::Place;
use crate::commit::record::Record;
use crate::metadata::Metadata;
use crate::store::{TIMER_SHARDS, Timer, TimerId};
use crate::timestamp::Timestamp;
use crate::version::Version;

/// A command or a deadline that waits for its time.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct WaitingTimer {
    /// Its address: partition and sort key, `TIMERS#3 2024-01-01T10:15:00.000Z#…`.
    pub id: String,
    /// When it is due.
    pub due: Timestamp,
    /// What it belongs to: a command goes to an aggregate, and a deadline belongs to a process.
    pub kind: StreamKind,
    /// The entity of the stream that it goes to.
    pub entity: String,
    /// The tenant; `None` if no aggregate of this program reads the stream.
    pub tenant: Option<String>,
    /// The texts of the key's fields; `None` if `tenant` is.
    pub stream_id: Option<Vec<String>>,
    /// The partition key of the stream.
    pub pk: String,
    /// The sort key of the stream, without a version.
    pub sk: String,
    /// The stored name of the command, or the name of the deadline.
    pub name: String,
    /// The schema of the command.
    pub schema: u32,
    /// The data of the command; null for a deadline.
    pub data: Value,
    /// Who scheduled it, when and because of what. For a deadline, this is about the step that has set it.
    pub metadata: Metadata,
    /// Why the command has failed; the next sweep makes it a dead letter. `None` as long as it waits.
    pub failed: Option<String>,
}

impl WaitingTimer {
    fn of(timer: Timer) -> Self {
        let Timer { id, stream, entity, command, metadata, failed } = timer;
        let linked = super::linked::stream(&entity).map(|row| row.entity);
        let Place { tenant, id: stream_id, pk, sk, .. } = Place::in_stream(linked, &stream, Version::NONE);
        // The content of a deadline's timer belongs to the framework.
        let (kind, data) = match process(&entity) {
            Some(_) => (StreamKind::Process, Value::Null),
            None => (StreamKind::Aggregate, command.data),
        };
        let (due, id) = (id.due(), id.to_string());
        let (name, schema) = (command.name, command.schema);
        Self { id, due, kind, entity, tenant, stream_id, pk, sk, name, schema, data, metadata, failed }
    }
}

/// What waits for its time: see [`Inspect::timers`].
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct WaitingTimers {
    /// The commands and the deadlines, the earliest first.
    pub items: Vec<WaitingTimer>,
    /// The stored items on the way to them that cannot be read as timers.
    pub unreadable: Vec<UnreadableTimer>,
}

/// A stored item that cannot be read as a timer. When it is due, the sweep makes it a dead letter; an item without the
/// address of a timer stays, and is logged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct UnreadableTimer {
    /// Its partition key.
    pub pk: String,
    /// Its sort key.
    pub sk: String,
    /// What is wrong with it.
    pub reason: String,
}

impl UnreadableTimer {
    fn of(record: &Record, reason: String) -> Self {
        let text = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Self { pk: text("pk"), sk: text("sk"), reason }
    }
}

/// What is read of the timers.
#[derive(Debug, Default)]
struct Found {
    timers: Vec<Timer>,
    unreadable: Vec<UnreadableTimer>,
}

impl Inspect<'_> {
    /// What waits for its time: scheduled commands and deadlines of all tenants, the earliest first, at most `limit` of
    /// them. A timer that was set a moment ago may be missing. It takes at least 8 requests, because the timers are
    /// spread over 8 partitions.
    ///
    /// An item that cannot be read as a timer does not count, and is in [`WaitingTimers::unreadable`].
    ///
    /// # Errors
    /// [`InspectError::Store`].
    pub async fn timers(&self, limit: usize) -> Result<WaitingTimers, InspectError> {
        // A store has no room for timers unless something that is linked may wait.
        if !self.runtime().has_timers {
            return Ok(WaitingTimers::default());
        }
        let mut found = Found::default();
        for shard in 0..TIMER_SHARDS {
            self.earliest(&TimerId::partition(shard), limit, &mut found).await?;
        }
        let Found { mut timers, unreadable } = found;
        timers.sort_by(|left, right| left.id.sk().cmp(right.id.sk()));
        timers.truncate(limit);
        Ok(WaitingTimers { items: timers.into_iter().map(WaitingTimer::of).collect(), unreadable })
    }

    /// The earliest timers of one partition.
    async fn earliest(&self, partition: &str, limit: usize, found: &mut Found) -> Result<(), InspectError> {
        let (mut after, mut left) = (None, limit);
        while left > 0 {
            let page =
                self.store().timers(partition, Timestamp::from_unix_millis(i64::MAX), after.as_ref()).await?;
            for record in &page.timers {
                if left == 0 {
                    break;
                }
                match Timer::decode(record) {
                    Ok(timer) => {
                        found.timers.push(timer);
                        left -= 1;
                    }
                    Err(reason) => found.unreadable.push(UnreadableTimer::of(record, reason)),
                }
            }
            // Without an address, no place is known after which to go on.
            match page.timers.iter().rev().find_map(TimerId::of_record).filter(|_| page.more) {
                Some(last) => after = Some(last),
                None => break,
            }
        }
        Ok(())
    }
}
