//! The embedded database of one measurement.

use std::fs;
use std::path::{Path, PathBuf};

use aws_sdk_dynamodb::types::AttributeValue;
use cqrs_benches::floor::Item;
use cqrs_dynamo::Dynamo;
use dynoxide::{Database, ImportOptions};

use crate::{Fallible, order};

/// The number of items in one transaction.
const AT_ONCE: usize = 10_000;

/// A file below the target folder, removed with this value.
pub(crate) struct File(PathBuf);

impl File {
    pub(crate) fn new(name: &str) -> Self {
        let name = format!("{name}-{}.db", std::process::id());
        let file = Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name));
        file.remove();
        file
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Fills the events table without the SDK: single commits that each wait for the disk take a thousand times longer.
    pub(crate) async fn fill(&self, commits: u64, each: u64) -> Fallible<()> {
        let table = Dynamo::embedded(&self.0).await?.tables().events.clone();
        let path = self.0.to_str().ok_or("the path of the target folder is not UTF-8")?;
        let database = Database::new(path)?;
        let mut items = order::commits(commits, each).map(stored_item).peekable();
        while items.peek().is_some() {
            let some = items.by_ref().take(AT_ONCE).collect();
            database.import_items(&table, some, ImportOptions::default())?;
        }
        Ok(())
    }

    fn remove(&self) {
        for suffix in ["", "-wal", "-shm"] {
            let mut path = self.0.clone().into_os_string();
            path.push(suffix);
            // A missing file need not be removed.
            let _ = fs::remove_file(path);
        }
    }
}

impl Drop for File {
    fn drop(&mut self) {
        self.remove();
    }
}

fn stored_item(item: Item) -> dynoxide::Item {
    item.into_iter().map(|(name, value)| (name, stored(value))).collect()
}

fn stored(value: AttributeValue) -> dynoxide::AttributeValue {
    match value {
        AttributeValue::S(text) => dynoxide::AttributeValue::S(text),
        AttributeValue::N(number) => dynoxide::AttributeValue::N(number),
        AttributeValue::M(fields) => dynoxide::AttributeValue::M(stored_item(fields)),
        _ => dynoxide::AttributeValue::NULL(true),
    }
}
