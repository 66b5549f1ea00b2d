use serde_json::Value;

use crate::commit::record::{self, Record};
use crate::version::Version;

/// The state of an aggregate right after a commit, in the commit's own item: a snapshot that is read together with the last
/// commits.
///
/// It is the attribute `snapshot` of the record. It is not part of the [`Commit`](crate::Commit): another program may ignore it,
/// and the feed leaves it out. A store that [keeps states](crate::EventStore::keeps_states) takes it out of each record that
/// [`read_last`](crate::EventStore::read_last) finds:
///
/// ```
/// use cqrs_core::store::{CommitPage, CommitState, StoreError, record};
///
/// fn page(records: Vec<record::Record>) -> Result<CommitPage, StoreError> {
///     let mut page = CommitPage::default();
///     for mut record in records {
///         page.states.extend(CommitState::take(&mut record));
///         page.commits.push(record::decode(record)?);
///     }
///     Ok(page)
/// }
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CommitState {
    /// The version of the commit.
    pub version: Version,
    /// The content of the attribute.
    pub stored: Value,
}

impl CommitState {
    /// The state after the commit at a version.
    #[must_use]
    pub fn new(version: Version, stored: Value) -> Self {
        Self { version, stored }
    }

    /// Takes the state out of a record that has one.
    #[must_use]
    pub fn take(record: &mut Record) -> Option<Self> {
        let stored = record.remove(record::STATE)?;
        let version = record.get("version").and_then(Value::as_u64)?;
        Some(Self { version: Version::new(version), stored })
    }
}
