use crate::metadata::Metadata;
use crate::timestamp::Timestamp;
use crate::version::Version;

/// What a `#[command]` method may know beside the state and the command.
///
/// The clock comes from here: a decision that reads its own clock could not be tested, nor decided again.
#[derive(Debug, Clone)]
pub struct CommandContext {
    version: Version,
    metadata: Metadata,
}

impl CommandContext {
    /// A context; tests build their own, the framework builds all others.
    #[must_use]
    pub fn new(version: Version, metadata: Metadata) -> Self {
        Self { version, metadata }
    }

    /// The time that the commit will carry.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.metadata.created_at
    }

    /// The version of the state that is decided on; `0` before the first commit.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// The metadata that the commit will carry.
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }
}
