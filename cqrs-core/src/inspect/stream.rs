use serde::Serialize;

use super::Inspect;
use super::error::InspectError;
use super::linked::{known_stream, stream};
use crate::commit::Commit;
use crate::key::{StreamKey, Tenant};
use crate::runtime::Runtime;
use crate::version::Version;

/// The address of a stream of this program.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StreamAddress {
    /// The entity.
    pub entity: &'static str,
    /// The tenant.
    pub tenant: String,
    /// The texts of the key's fields, as they are stored: a key that pads its numbers stores `7` as `000007`. In an
    /// address that you make, `7` is accepted.
    pub id: Vec<String>,
    /// As it is stored.
    pub key: StreamKey,
}

/// The place of a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Place {
    /// The entity; `None` if no aggregate of this program reads the stream.
    pub entity: Option<&'static str>,
    /// The tenant; `None` in the same case as `entity`.
    pub tenant: Option<String>,
    /// The texts of the key's fields; `None` in the same case.
    pub id: Option<Vec<String>>,
    /// The partition key.
    pub pk: String,
    /// The sort key without the version.
    pub sk: String,
    /// The version.
    pub version: Version,
}

/// A stream in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct StreamHead {
    /// The texts of the key's fields.
    pub id: Vec<String>,
    /// The partition key.
    pub pk: String,
    /// The sort key without the version.
    pub sk: String,
}

impl Place {
    pub(super) fn of(runtime: &Runtime, commit: &Commit) -> Self {
        let entity = runtime.index.owner(commit).map(|(entity, _)| entity);
        Self::in_stream(entity, &commit.stream, commit.version)
    }

    /// The place of a commit in a stream that an entity may read.
    pub(super) fn in_stream(entity: Option<&'static str>, at: &StreamKey, version: Version) -> Self {
        let read = entity.and_then(stream).and_then(|row| Some((row.entity, (row.texts)(at).ok()?)));
        let (entity, (tenant, id)) = match read {
            Some((entity, (tenant, id))) => (Some(entity), (Some(tenant.as_str().to_owned()), Some(id))),
            None => (None, (None, None)),
        };
        Self { entity, tenant, id, pk: at.pk().to_owned(), sk: at.sk().to_owned(), version }
    }
}

impl StreamHead {
    pub(super) fn new(id: Vec<String>, stream: &StreamKey) -> Self {
        Self { id, pk: stream.pk().to_owned(), sk: stream.sk().to_owned() }
    }
}

impl Inspect<'_> {
    /// The place of a commit, for example of one that a dead letter keeps.
    #[must_use]
    pub fn place(&self, commit: &Commit) -> Place {
        Place::of(self.runtime(), commit)
    }

    /// The address of a stream by its entity, its tenant and the texts of its key's fields, in their order:
    /// `("ORDER", "TENANT001", ["20240101-001"])`. The texts are plain: nothing in them is encoded.
    ///
    /// # Errors
    /// [`InspectError::UnknownEntity`], or [`InspectError::Key`] if the key has another number of fields, or if a field
    /// does not take its text.
    pub fn address(&self, entity: &str, tenant: &str, id: &[&str]) -> Result<StreamAddress, InspectError> {
        let row = known_stream(entity)?;
        let key = (row.stream)(Tenant::new(tenant)?, id)?;
        let (tenant, id) = (row.texts)(&key)?;
        Ok(StreamAddress { entity: row.entity, tenant: tenant.as_str().to_owned(), id, key })
    }
}
