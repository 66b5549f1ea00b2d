use super::{StoreError, limits};
use crate::commit::Commit;
use crate::commit::record::{self, Record};

/// A commit that is to be appended, with the record that is to be stored: it is within the [`limits`].
///
/// ```
/// use cqrs_core::store::{EventStore, MemoryEventStore, NewCommit};
/// # use cqrs_core::{Commit, StoreError};
///
/// async fn import(store: &MemoryEventStore, commits: &[Commit]) -> Result<(), StoreError> {
///     for commit in commits {
///         store.append(NewCommit::of(commit)?).await?;
///     }
///     Ok(())
/// }
/// ```
#[derive(Debug, Clone)]
pub struct NewCommit<'a> {
    commit: &'a Commit,
    record: Record,
}

impl<'a> NewCommit<'a> {
    /// Makes the record of a commit, and checks it.
    ///
    /// # Errors
    /// What [`limits::check`] says.
    pub fn of(commit: &'a Commit) -> Result<Self, StoreError> {
        let record = record::encode(commit);
        limits::check(&record)?;
        Ok(Self { commit, record })
    }

    /// The commit.
    #[must_use]
    pub fn commit(&self) -> &'a Commit {
        self.commit
    }

    /// What is to be stored: see [`record`].
    #[must_use]
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// What is to be stored, without a copy.
    #[must_use]
    pub fn into_record(self) -> Record {
        self.record
    }
}
