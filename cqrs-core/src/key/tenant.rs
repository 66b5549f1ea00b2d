//! The tenant that every key starts with.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::KeyError;

/// The owner of the data: the first part of every partition key.
///
/// It has its own type, so that every key names the owner of the data that it addresses. Any non-empty text is a legal tenant;
/// characters that would conflict with the key's separators are percent-encoded.
///
/// ```
/// use cqrs_core::Tenant;
/// let tenant = Tenant::new("TENANT001")?;
/// assert_eq!(tenant.as_str(), "TENANT001");
/// assert!(Tenant::new("").is_err());
/// # Ok::<(), cqrs_core::KeyError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tenant(Arc<str>);

impl Tenant {
    /// Takes a tenant's name unchanged; see [`KeyError`] for what is refused.
    ///
    /// # Errors
    /// [`KeyError::EmptyPart`] for an empty name.
    pub fn new(name: impl Into<Arc<str>>) -> Result<Self, KeyError> {
        let name = name.into();
        if name.is_empty() {
            return Err(KeyError::EmptyPart { part: "tenant" });
        }
        Ok(Self(name))
    }

    /// The name as given, not encoded.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tenant({:?})", &*self.0)
    }
}

impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Tenant {
    type Err = KeyError;
    fn from_str(text: &str) -> Result<Self, KeyError> {
        Self::new(text)
    }
}
