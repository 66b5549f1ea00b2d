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

/// How long a process that opens a file waits for another one, and how long a request does: dynoxide's own limits.
pub(super) const OPENING: Duration = Duration::from_secs(30);
const OPEN: Duration = Duration::from_secs(5);

/// The storage behind a lock, and what has to be remembered beside it.
pub(super) struct Database {
    inner: Mutex<Inner>,
    pub(super) vectors: VectorIndexLifecycle,
    /// Where it is, for messages.
    place: String,
}

pub(super) struct Inner {
    pub(super) storage: Storage,
    pub(super) tokens: Tokens,
    pub(super) retention: Retention,
}

impl Database {
    /// Makes what is missing in the file, and lets old stream records go.
    pub(super) fn prepare(storage: Storage, place: String) -> Self {
        // A limit that cannot be set stays as it is.
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
            // Whatever panicked may have left its transaction open.
            if !inner.storage.conn().is_autocommit() {
                let _ = inner.storage.rollback();
            }
            inner
        })
    }

    /// An error of the storage in this crate's words, with the file that it is about.
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

    /// What is to be done from time to time, when nothing else is.
    pub(super) fn tidy(&self) {
        if let Ok(mut inner) = self.inner.try_lock() {
            let Inner { storage, retention, .. } = &mut *inner;
            retention.tidy(storage);
        }
    }
}

/// Dynoxide remembers how a table is described, also one whose making was undone.
fn forget(storage: &Storage, table: &str) -> Result<(), DynoxideError> {
    whole(storage, || {
        if !storage.table_exists(table)? {
            storage.delete_table_metadata(table)?;
        }
        Ok(())
    })
}
