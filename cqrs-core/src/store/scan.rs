use std::fmt;

use crate::commit::Commit;
use crate::key::{StreamKey, stable_hash};
use crate::version::Version;

/// A part of a table. The segments of one scan do not overlap, and together hold everything. The items of one partition
/// are in one segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extent {
    /// One of `of` parts of about the same size.
    Segment {
        /// Which one, from 0.
        number: u32,
        /// How many there are; at least 1.
        of: u32,
    },
    /// One partition, by its key: `TENANT001#ORDER`.
    Partition(String),
}

impl Extent {
    /// Whether it holds the items of a partition, for stores that have no segments of their own.
    #[must_use]
    pub fn holds(&self, pk: &str) -> bool {
        match self {
            Self::Segment { number, of } => {
                stable_hash(pk.as_bytes()) % u64::from((*of).max(1)) == u64::from(*number)
            }
            Self::Partition(partition) => partition == pk,
        }
    }
}

impl fmt::Display for Extent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Segment { number, of } => write!(f, "{number}/{of}"),
            Self::Partition(pk) => f.write_str(pk),
        }
    }
}

/// The address of a commit.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct CommitKey {
    /// The stream that it belongs to.
    pub stream: StreamKey,
    /// Its place in the stream.
    pub version: Version,
}

impl CommitKey {
    /// The address of the commit of a version.
    #[must_use]
    pub fn new(stream: StreamKey, version: Version) -> Self {
        Self { stream, version }
    }

    /// The address of a commit.
    #[must_use]
    pub fn of(commit: &Commit) -> Self {
        Self { stream: commit.stream.clone(), version: commit.version }
    }
}

/// Some commits of one extent.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct CommitScan {
    /// Within a partition in the order of their keys, so that the commits of a stream are together and in order.
    pub commits: Vec<Commit>,
    /// Where the next page begins; `None` at the end of the extent. A page without commits may have a next page.
    pub next: Option<CommitKey>,
}

impl CommitScan {
    /// Some commits, and where the next page begins.
    #[must_use]
    pub fn new(commits: Vec<Commit>, next: Option<CommitKey>) -> Self {
        Self { commits, next }
    }
}
