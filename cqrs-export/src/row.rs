use std::sync::Arc;

use cqrs_core::inspect::Inspect;
use cqrs_core::{Commit, Json, Timestamp};

/// The columns that all events of a commit share.
#[derive(Debug)]
pub(crate) struct Origin {
    pub(crate) tenant: Option<String>,
    pub(crate) entity: Option<&'static str>,
    pub(crate) commit: Commit,
}

/// One event as it is written.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) origin: Arc<Origin>,
    /// Its place in the commit.
    pub(crate) index: usize,
    pub(crate) schema: u32,
    /// How often the schema was widened by then.
    pub(crate) widened: u32,
    pub(crate) data: Json,
    /// The data as its text.
    pub(crate) text: String,
}

impl Row {
    /// The rows of a commit.
    pub(crate) fn of(inspect: Inspect<'_>, mut commit: Commit) -> Vec<(String, Self)> {
        let (entity, tenant) = inspect.owner(&commit).unzip();
        let events = std::mem::take(&mut commit.events);
        let tenant = tenant.map(|tenant| tenant.as_str().to_owned());
        let origin = Arc::new(Origin { tenant, entity, commit });
        let rows = events.into_iter().enumerate().map(|(index, event)| {
            let text = event.data.to_string();
            let (schema, widened, data) = (event.schema, event.widened, event.data);
            (event.name, Self { origin: Arc::clone(&origin), index, schema, widened, data, text })
        });
        rows.collect()
    }

    /// About how much memory it takes.
    pub(crate) fn bytes(&self) -> usize {
        // The data is in it twice, as a text and as a tree of values.
        512 + 4 * self.text.len()
    }

    pub(crate) fn recorded(&self) -> Timestamp {
        self.origin.commit.metadata.recorded()
    }
}
