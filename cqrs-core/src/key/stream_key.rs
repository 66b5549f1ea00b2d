use std::fmt;
use std::sync::Arc;

use super::{KeyError, MAX_PK_BYTES, MAX_SK_BYTES, VERSION_SUFFIX_BYTES};
use crate::version::Version;

/// The rendered address of a stream: its partition key and its sort key without the version.
///
/// Every [`AggregateKey`](crate::AggregateKey) renders to a stream key; stores and the delivery use it.
///
/// ```
/// use cqrs_core::{StreamKey, Version};
///
/// let stream = StreamKey::new("TENANT001#ORDER", "ORDER#20240101-001")?;
/// let sk = stream.commit_sk(Version::new(3));
/// assert_eq!(sk, "ORDER#20240101-001@0000000003");
/// assert_eq!(StreamKey::parse_commit(stream.pk(), &sk)?, (stream, Version::new(3)));
/// # Ok::<(), cqrs_core::KeyError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamKey {
    pk: Arc<str>,
    sk: Arc<str>,
}

impl StreamKey {
    /// Takes two rendered attributes.
    ///
    /// # Errors
    /// [`KeyError::TooLong`] if DynamoDB would refuse them, including the version that a commit adds.
    pub fn new(pk: impl Into<Arc<str>>, sk: impl Into<Arc<str>>) -> Result<Self, KeyError> {
        let (pk, sk) = (pk.into(), sk.into());
        for (attribute, bytes, limit) in
            [("pk", pk.len(), MAX_PK_BYTES), ("sk", sk.len() + VERSION_SUFFIX_BYTES, MAX_SK_BYTES)]
        {
            if bytes > limit {
                return Err(KeyError::TooLong { attribute, bytes, limit });
            }
        }
        Ok(Self { pk, sk })
    }

    /// The partition key: `TENANT001#ORDER`.
    #[must_use]
    pub fn pk(&self) -> &str {
        &self.pk
    }

    /// The sort key without a version: `ORDER#20240101-001`.
    #[must_use]
    pub fn sk(&self) -> &str {
        &self.sk
    }

    /// The sort key of one commit: `ORDER#20240101-001@0000000003`.
    #[must_use]
    pub fn commit_sk(&self, version: Version) -> String {
        format!("{}@{:010}", self.sk, version.get())
    }

    /// Reads the two key attributes of a stored commit.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] if the sort key does not end in `@` and ten digits.
    pub fn parse_commit(pk: &str, sk: &str) -> Result<(Self, Version), KeyError> {
        let malformed = |reason: &str| KeyError::Malformed {
            text: sk.to_owned(),
            expected: "{sk}@{version:010}".to_owned(),
            reason: reason.to_owned(),
        };
        let (stream, digits) = sk.rsplit_once('@').ok_or_else(|| malformed("it has no `@`"))?;
        if digits.len() != 10 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(malformed("what follows `@` is not ten digits"));
        }
        let number = digits.parse().map_err(|_| malformed("what follows `@` is not ten digits"))?;
        Ok((Self::new(pk, stream)?, Version::new(number)))
    }
}

impl fmt::Debug for StreamKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StreamKey({self})")
    }
}

impl fmt::Display for StreamKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.pk, self.sk)
    }
}
