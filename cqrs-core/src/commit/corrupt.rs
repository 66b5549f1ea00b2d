use super::Commit;
use crate::version::Version;

/// A stored item that is not a commit. The error names its key, and its version and type if the item has them.
#[derive(Debug, Clone, thiserror::Error)]
#[error(
    "corrupt item at pk `{pk}`, sk `{sk}` (version {}, type {}): {reason}",
    .version.map_or_else(|| "unknown".to_owned(), |version| version.to_string()),
    .name.as_deref().unwrap_or("unknown")
)]
#[non_exhaustive]
pub struct CorruptCommit {
    /// The partition key as stored.
    pub pk: String,
    /// The sort key as stored.
    pub sk: String,
    /// The version, if the item has one.
    pub version: Option<u64>,
    /// The first event's type, if the item has one.
    pub name: Option<String>,
    /// What is missing or wrong.
    pub reason: String,
}

impl CorruptCommit {
    /// The first commit after a gap in its stream.
    pub(crate) fn behind_gap(commit: &Commit, missing: Version) -> Self {
        Self {
            pk: commit.stream.pk().to_owned(),
            sk: commit.stream.commit_sk(commit.version),
            version: Some(commit.version.get()),
            name: commit.events.first().map(|event| event.name.clone()),
            reason: format!("the stream has a gap: version {missing} is missing"),
        }
    }
}
