use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The `unique` fields whose values are all reserved, as far as this process knows.
#[derive(Debug, Default)]
pub(crate) struct ReservedFields(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    fields: HashSet<(&'static str, &'static str)>,
    /// The entities that had streams before their fields were reserved: they need not be checked again.
    older: HashSet<&'static str>,
}

impl ReservedFields {
    pub(crate) fn knows(&self, entity: &'static str, field: &'static str) -> bool {
        self.known().fields.contains(&(entity, field))
    }

    pub(crate) fn note(&self, entity: &'static str, field: &'static str) {
        self.known().fields.insert((entity, field));
    }

    pub(crate) fn has_older_streams(&self, entity: &'static str) -> bool {
        self.known().older.contains(entity)
    }

    pub(crate) fn note_older_streams(&self, entity: &'static str) {
        self.known().older.insert(entity);
    }

    pub(crate) fn clear(&self) {
        *self.known() = Known::default();
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Every change is one insertion, so a panicking holder leaves consistent data behind.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
