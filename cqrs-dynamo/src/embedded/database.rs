use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dynoxide::DynoxideError;
use dynoxide::actions::create_table::{self, CreateTableRequest, CreateTableResponse};
use dynoxide::actions::delete_table::{self, DeleteTableRequest, DeleteTableResponse};
use dynoxide::actions::vector_lifecycle::VectorIndexLifecycle;
use dynoxide::storage::Storage;

use super::dispatch::now;
use super::retention::Retention;
use super::tokens::Tokens;
use super::transaction::whole;
use super::{file, half_made, indexes};

/// How long opening a file waits for another process, and how long a request does: dynoxide's own limits.
pub(super) const OPENING: Duration = Duration::from_secs(30);
const OPEN: Duration = Duration::from_secs(5);

/// The storage behind a lock, and what has to be remembered with it.
pub(super) struct Database {
    inner: Mutex<Inner>,
    pub(super) vectors: VectorIndexLifecycle,
    /// Its place, for messages.
    place: String,
}

pub(super) struct Inner {
    pub(super) storage: Storage,
    pub(super) tokens: Tokens,
    pub(super) retention: Retention,
}

impl Database {
    /// Makes what is missing in the file, and removes old stream records.
    pub(super) fn prepare(storage: Storage, place: String) -> Self {
        // If the limit cannot be set, the old one stays.
        let _ = storage.conn().busy_timeout(OPENING);
        half_made::mend(&storage);
        indexes::of_stream(&storage);
        match storage.list_table_names() {
            Ok(tables) => tables.iter().for_each(|table| indexes::of_table(&storage, table)),
            Err(error) => tracing::warn!(%error, "the tables of the embedded database cannot be listed"),
        }
        let retention = Retention::begin(&storage);
        let _ = storage.conn().busy_timeout(OPEN);
        Self {
            inner: Mutex::new(Inner { storage, tokens: Tokens::default(), retention }),
            vectors: VectorIndexLifecycle::new(),
            place,
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(|poisoned: PoisonError<_>| {
            self.inner.clear_poison();
            let inner: MutexGuard<'_, Inner> = poisoned.into_inner();
            // A panic may have left a transaction open.
            if !inner.storage.conn().is_autocommit() {
                let _ = inner.storage.rollback();
            }
            inner
        })
    }

    /// An error of the storage in this crate's words, with the file.
    pub(super) fn explained(&self, error: DynoxideError) -> DynoxideError {
        if error.status_code() < 500 {
            return error;
        }
        match file::explained(&error.to_string()) {
            Some(meaning) => DynoxideError::InternalServerError(format!(
                "the embedded database {} cannot answer: {meaning}",
                self.place
            )),
            None => error,
        }
    }

    pub(super) fn create_table(
        &self,
        request: CreateTableRequest,
    ) -> Result<CreateTableResponse, DynoxideError> {
        let inner = self.lock();
        let table = request.table_name.clone();
        let Inner { storage, .. } = &*inner;
        let created = whole(storage, || now(create_table::execute(storage, request)));
        match &created {
            Ok(_) => indexes::of_table(storage, &table),
            Err(_) => forget(storage, &table)?,
        }
        created
    }

    pub(super) fn delete_table(
        &self,
        request: DeleteTableRequest,
    ) -> Result<DeleteTableResponse, DynoxideError> {
        let storage = &self.lock().storage;
        whole(storage, || now(delete_table::execute(storage, request, &self.vectors)))
    }

    /// Housekeeping, when no request is in progress.
    pub(super) fn tidy(&self) {
        if let Ok(mut inner) = self.inner.try_lock() {
            let Inner { storage, retention, .. } = &mut *inner;
            retention.tidy(storage);
        }
    }
}

/// Dynoxide caches table descriptions, even of a table whose creation was rolled back.
fn forget(storage: &Storage, table: &str) -> Result<(), DynoxideError> {
    whole(storage, || {
        if !storage.table_exists(table)? {
            storage.delete_table_metadata(table)?;
        }
        Ok(())
    })
}
