//! Timers: lines among those of the commits, with an index of their places in memory.

use std::collections::BTreeMap;
use std::ops::{Bound, Range};

use cqrs_core::spi::{RefusedKind, StoreError, Timer, TimerId, Timestamp, record::Record};
use serde_json::{Value, json};

/// The fields of the line of a timer, and of one that was removed. No other line has either.
const SET: &str = "timer";
const GONE: &str = "fired";

#[derive(Debug, Default)]
pub(crate) struct Timers {
    /// By pk and sk: the text order of the keys is that of the times.
    by_key: BTreeMap<(String, String), Range<u64>>,
}

impl Timers {
    /// Applies a line if it is about a timer, and returns whether it is.
    pub(crate) fn note(&mut self, line: &Value, place: Range<u64>) -> bool {
        let key = |of: &Value| Some((of["pk"].as_str()?.to_owned(), of["sk"].as_str()?.to_owned()));
        if let Some(key) = line.get(SET).and_then(key) {
            self.by_key.insert(key, place);
        } else if let Some(key) = line.get(GONE).and_then(key) {
            self.by_key.remove(&key);
        } else {
            return false;
        }
        true
    }

    pub(crate) fn has(&self, id: &TimerId) -> bool {
        self.by_key.contains_key(&(id.pk().to_owned(), id.sk().to_owned()))
    }

    /// The places of due timers, the earliest first.
    pub(crate) fn due(
        &self,
        partition: &str,
        until: Timestamp,
        after: Option<&TimerId>,
    ) -> impl Iterator<Item = &Range<u64>> {
        let key = |sk: String| (partition.to_owned(), sk);
        let start = key(after.map_or_else(String::new, |after| after.sk().to_owned()));
        let bound = key(TimerId::bound(until));
        // A range that begins after its end would panic.
        let range = (start < bound).then_some((Bound::Excluded(start), Bound::Excluded(bound)));
        range.into_iter().flat_map(|range| self.by_key.range(range)).map(|(_, place)| place)
    }
}

/// The line of a timer that is set.
pub(crate) fn set(timer: &Timer) -> Value {
    json!({ SET: timer.record() })
}

/// The line of a timer that was removed.
pub(crate) fn gone(id: &TimerId) -> Value {
    json!({ GONE: { "pk": id.pk(), "sk": id.sk() } })
}

/// The timer in a line.
pub(crate) fn record(mut line: Value) -> Result<Record, StoreError> {
    match line[SET].take() {
        Value::Object(record) => Ok(record),
        _ => {
            let reason = format!("a line without `{SET}` is not a timer");
            Err(StoreError::refused(RefusedKind::Unreadable, reason))
        }
    }
}
