use std::collections::BTreeMap;
use std::ops::Bound;
use std::path::Path;

use cqrs_core::StoreError;
use serde_json::{Value, json};

use crate::journal::{Journal, unavailable};

/// A key of several texts: the rows of one kind, of one subscriber, of one stream are together.
pub(crate) type Key = Vec<String>;

/// Rows in memory. A line of the file has the rows that changed together: `[[key, value], …]`, where null removes one.
#[derive(Debug)]
pub(crate) struct Table {
    journal: Journal,
    rows: BTreeMap<Key, Value>,
}

impl Table {
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let mut lines = Vec::new();
        let journal = Journal::open(path, |line, _| lines.push(line)).map_err(unavailable)?;
        let mut rows = BTreeMap::new();
        for line in lines {
            let changes: Vec<(Key, Value)> =
                serde_json::from_value(line).map_err(|error| unavailable(error.into()))?;
            changes.into_iter().for_each(|(key, value)| change(&mut rows, key, value));
        }
        Ok(Self { journal, rows })
    }

    pub(crate) fn get(&self, key: &Key) -> Option<&Value> {
        self.rows.get(key)
    }

    /// The rows whose keys begin with `start`, from the one after `after`.
    pub(crate) fn below<'a>(
        &'a self,
        start: &'a [String],
        after: Option<Key>,
    ) -> impl Iterator<Item = (&'a Key, &'a Value)> {
        let first = after.map_or_else(|| Bound::Included(start.to_vec()), Bound::Excluded);
        self.rows.range((first, Bound::Unbounded)).take_while(move |(key, _)| key.starts_with(start))
    }

    /// Changes all of the rows, or none.
    pub(crate) fn write(&mut self, changes: Vec<(Key, Value)>) -> Result<(), StoreError> {
        self.journal.append(&json!(changes))?;
        changes.into_iter().for_each(|(key, value)| change(&mut self.rows, key, value));
        Ok(())
    }
}

fn change(rows: &mut BTreeMap<Key, Value>, key: Key, value: Value) {
    match value {
        Value::Null => rows.remove(&key),
        value => rows.insert(key, value),
    };
}

pub(crate) fn key<const N: usize>(parts: [&str; N]) -> Key {
    parts.map(str::to_owned).to_vec()
}
