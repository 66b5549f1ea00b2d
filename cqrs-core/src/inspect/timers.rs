use serde::Serialize;
use serde_json::Value;

use super::Inspect;
use super::error::InspectError;
use super::linked::{StreamKind, process};
use super::stream::Place;
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

impl Inspect<'_> {
    /// What waits for its time: scheduled commands and deadlines of all tenants, the earliest first, at most `limit` of
    /// them. A timer that was set a moment ago may be missing. It takes at least 8 requests, because the timers are
    /// spread over 8 partitions.
    ///
    /// # Errors
    /// [`InspectError::Store`], also for a timer that cannot be read.
    pub async fn timers(&self, limit: usize) -> Result<Vec<WaitingTimer>, InspectError> {
        // A store has no room for timers unless something that is linked may wait.
        if !self.runtime().has_timers {
            return Ok(Vec::new());
        }
        let mut timers = Vec::new();
        for shard in 0..TIMER_SHARDS {
            self.earliest(&TimerId::partition(shard), limit, &mut timers).await?;
        }
        timers.sort_by(|left, right| left.id.sk().cmp(right.id.sk()));
        timers.truncate(limit);
        Ok(timers.into_iter().map(WaitingTimer::of).collect())
    }

    /// The earliest timers of one partition.
    async fn earliest(
        &self,
        partition: &str,
        limit: usize,
        timers: &mut Vec<Timer>,
    ) -> Result<(), InspectError> {
        let (mut after, mut left) = (None, limit);
        while left > 0 {
            let page =
                self.store().timers(partition, Timestamp::from_unix_millis(i64::MAX), after.as_ref()).await?;
            for record in page.timers.iter().take(left) {
                timers.push(Timer::decode(record).map_err(InspectError::Timer)?);
                left -= 1;
            }
            match timers.last().filter(|_| page.more) {
                Some(last) => after = Some(last.id.clone()),
                None => break,
            }
        }
        Ok(())
    }
}
