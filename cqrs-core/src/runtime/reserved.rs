use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// The `unique` fields of which this process knows that all of their values are reserved.
#[derive(Debug, Default)]
pub(crate) struct ReservedFields(Mutex<HashSet<(&'static str, &'static str)>>);

impl ReservedFields {
    pub(crate) fn knows(&self, entity: &'static str, field: &'static str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&(entity, field))
    }

    pub(crate) fn note(&self, entity: &'static str, field: &'static str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert((entity, field));
    }

    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
