use super::{Revision, ViewId, insert_digest, stored};
use crate::commit::CommitDigest;
use crate::commit::record::Record;
use crate::store::StoreError;
use crate::version::Version;

/// Stores, for keyed views, the last commit of one stream that they contain.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fence {
    /// Its address.
    pub id: ViewId,
    /// The last commit of the stream that the projection has applied.
    pub version: Version,
    /// The digest of that commit; `None` if the fence was written by a release without digests.
    pub digest: Option<CommitDigest>,
    /// The last replay that the stream takes part in; 0 before the first replay.
    pub generation: u64,
    /// The last commit of the stream that the views of this replay contain; less than `version` only until the replay has caught
    /// up with the stream.
    pub generation_version: Version,
    /// If the commit after `version` has been applied in part: the sort key of the last view that has it. A commit that changes
    /// more views than one transaction takes is applied to them in the order of their keys.
    pub part: Option<String>,
    /// The same for the commit after `generation_version` and the views of the replay.
    pub generation_part: Option<String>,
    /// The number of the last edition that also takes the stream: see [`replay`](crate::replay). 0 if this is the only one.
    pub last_edition: u64,
}

impl Fence {
    /// The fence of a stream before anything of it has been applied.
    #[must_use]
    pub fn none(id: ViewId) -> Self {
        Self {
            id,
            version: Version::NONE,
            digest: None,
            generation: 0,
            generation_version: Version::NONE,
            part: None,
            generation_part: None,
            last_edition: 0,
        }
    }

    /// Whether nothing of the stream has been applied, not even a part of its first commit.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.version.is_none() && self.part.is_none() && self.generation_part.is_none()
    }

    /// Whether the item does not exist, as far as its reader knows: another edition may have left its number before anything was
    /// applied.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.is_none() && self.last_edition == 0
    }

    /// The condition of its removal.
    #[must_use]
    pub fn revision(&self) -> Revision {
        Revision { version: self.version, generation: self.generation, digest: self.digest }
    }

    /// The fence as one item.
    #[must_use]
    pub fn record(&self) -> Record {
        let mut record = self.id.record();
        record.insert("version".to_owned(), self.version.get().into());
        if self.generation > 0 {
            record.insert("build".to_owned(), self.generation.into());
        }
        insert_digest(&mut record, self.digest);
        if self.generation_version != self.version {
            record.insert("built".to_owned(), self.generation_version.get().into());
        }
        for (name, part) in [("appliedUntil", &self.part), ("builtUntil", &self.generation_part)] {
            if let Some(part) = part {
                record.insert(name.to_owned(), part.as_str().into());
            }
        }
        if self.last_edition > 0 {
            record.insert("edition".to_owned(), self.last_edition.into());
        }
        record
    }

    /// Reads a fence back. Unknown attributes are ignored.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] for a missing attribute, or one of another kind.
    #[expect(clippy::needless_pass_by_value, reason = "as the other records are read")]
    pub fn decode(record: Record) -> Result<Self, StoreError> {
        stored::fence(&record).map_err(|reason| stored::corrupt(&record, "fence", &reason))
    }
}
