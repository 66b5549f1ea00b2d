//! The position of a commit in its stream.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Counts the commits of one stream: 1, 2, 3 … without a gap. `0` is the stream before its first commit.
///
/// ```
/// use cqrs_core::Version;
/// assert_eq!(Version::new(3).next(), Version::new(4));
/// assert_eq!(Version::new(3).to_padded(), "0000000003");
/// assert!(Version::NONE.is_none());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(u64);

impl Version {
    /// No commit yet.
    pub const NONE: Self = Self(0);
    /// The last version that still sorts as text: ten digits.
    pub const MAX: Self = Self(9_999_999_999);

    /// A version by its number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The version of the next commit.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The version before this one; [`Version::NONE`] stays.
    #[must_use]
    pub const fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    /// Whether there is no commit yet.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// Ten digits, so that the order of the texts is the order of the versions.
    #[must_use]
    pub fn to_padded(self) -> String {
        format!("{:010}", self.0)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
