use crate::key::StreamKey;
use crate::metadata::Metadata;
use crate::runtime::{Cause, Naming};
use crate::store::{Timer, TimerId};
use crate::timestamp::Timestamp;
use crate::version::Version;

/// What a command wants, beside its own content.
pub(crate) struct Intent {
    pub(crate) stream: StreamKey,
    pub(crate) metadata: Metadata,
    pub(crate) identity: Identity,
    /// The metadata's trace context was given with the command.
    pub(crate) traced: bool,
    /// The time comes from this machine's clock, and may be moved to keep the stream in order.
    pub(crate) own_clock: bool,
    pub(crate) expected: Option<Version>,
    /// The timer as which the command waited. Its commit removes the timer, and is written only if the timer exists.
    pub(crate) timer: Option<TimerId>,
}

impl Intent {
    /// The intent of a command whose id follows from its place; `because` is the metadata of its cause.
    pub(super) fn placed(stream: StreamKey, id: String, because: &Metadata, now: Timestamp) -> Self {
        let mut metadata = Metadata::new(id, now);
        metadata.correlation_id.clone_from(&because.correlation_id);
        metadata.causation_id = Some(because.command_id.clone());
        metadata.trace_context.clone_from(&because.trace_context);
        Self {
            stream,
            metadata,
            identity: Identity::Placed,
            traced: false,
            own_clock: true,
            expected: None,
            timer: None,
        }
    }

    /// The intent of a command whose time has come: it happens now, and everything else is as it was when it was
    /// scheduled.
    pub(crate) fn of_timer(timer: &Timer, now: Timestamp) -> Self {
        let metadata = Metadata { created_at: now, recorded_at: None, ..timer.metadata.clone() };
        Self {
            stream: timer.stream.clone(),
            traced: metadata.trace_context.is_some(),
            metadata,
            identity: Identity::Given,
            own_clock: true,
            expected: None,
            timer: Some(timer.id.clone()),
        }
    }
}

/// Where a command's id comes from, and so whether it may have been seen before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Identity {
    /// Made for this one command.
    New,
    /// Given with `.command_id(…)`.
    Given,
    /// Made of the command's place: whatever has this id is this command, even if its type has changed since.
    Placed,
    /// Derived from the event whose handler sends the command, and from its name if it has one.
    Derived { name: Option<String> },
}

/// What a derived id is made of.
pub(super) struct Derived<'a> {
    pub(super) cause: &'a Cause,
    pub(super) naming: Naming,
    /// How many commands of this run went to the stream, this one included.
    pub(super) count: u32,
}
