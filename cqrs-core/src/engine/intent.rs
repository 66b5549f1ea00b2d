use crate::key::StreamKey;
use crate::metadata::Metadata;
use crate::runtime::{Cause, Naming};
use crate::version::Version;

/// What a command wants, beside its own content.
pub(super) struct Intent {
    pub(super) stream: StreamKey,
    pub(super) metadata: Metadata,
    pub(super) identity: Identity,
    /// The metadata's trace context was given with the command.
    pub(super) traced: bool,
    /// The time comes from this machine's clock, and may be moved to keep the stream in order.
    pub(super) own_clock: bool,
    pub(super) expected: Option<Version>,
}

/// Where a command's id comes from, and so whether it may have been seen before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Identity {
    /// Made for this one command.
    New,
    /// Given with `.command_id(…)`.
    Given,
    /// Derived from the event whose handler sends the command, and from a name where there is one.
    Derived { name: Option<String> },
}

/// What a derived id is made of.
pub(super) struct Derived<'a> {
    pub(super) cause: &'a Cause,
    pub(super) naming: Naming,
    /// How many commands of this run went to the stream, this one included.
    pub(super) count: u32,
}
