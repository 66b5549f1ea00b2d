use uuid::Uuid;

use super::intent::Identity;
use crate::metadata::Metadata;
use crate::runtime::{Cause, Settings};
use crate::timestamp::Timestamp;

/// The options of a command, or of all commands of a transaction.
#[derive(Default)]
pub(super) struct Options {
    pub(super) by: Option<String>,
    pub(super) at: Option<Timestamp>,
    pub(super) command_id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) correlation_id: Option<String>,
    pub(super) causation_id: Option<String>,
    pub(super) trace_context: Option<String>,
}

/// An option that cannot be stored, or that would be a lasting mistake if it were.
pub(super) struct Unfit {
    pub(super) option: &'static str,
    pub(super) reason: String,
}

/// What the options result in.
pub(super) struct Resolved {
    /// Without an id if the engine derives it.
    pub(super) metadata: Metadata,
    pub(super) identity: Identity,
    /// A trace context was given.
    pub(super) traced: bool,
    /// No time was given.
    pub(super) own_clock: bool,
}

impl Options {
    pub(super) fn check(&self, settings: &Settings, now: Timestamp) -> Result<(), Unfit> {
        let texts = [
            ("by", &self.by),
            ("command_id", &self.command_id),
            ("named", &self.name),
            ("correlation_id", &self.correlation_id),
            ("causation_id", &self.causation_id),
            ("trace_context", &self.trace_context),
        ];
        for (option, text) in texts {
            let Some(reason) = text.as_deref().and_then(Metadata::text_fault) else { continue };
            return Err(Unfit { option, reason });
        }
        let furthest = now + settings.furthest_ahead;
        match self.at {
            Some(at) if at > furthest => {
                let reason = format!(
                    "is {at}, further in the future than `Settings::furthest_ahead` allows ({furthest} at the most); is \
                     the year right?"
                );
                Err(Unfit { option: "at", reason })
            }
            _ => Ok(()),
        }
    }

    /// Fills in from the cause, if there is one, what was not given.
    pub(super) fn resolve(self, cause: Option<&Cause>, now: Timestamp) -> Resolved {
        let identity = match (&self.command_id, cause) {
            (Some(_), _) => Identity::Given,
            (None, Some(_)) => Identity::Derived { name: self.name },
            (None, None) => Identity::New,
        };
        let command_id = match (self.command_id, &identity) {
            (Some(id), _) => id,
            // The engine derives it.
            (None, Identity::Derived { .. }) => String::new(),
            (None, _) => Uuid::now_v7().to_string(),
        };
        let mut metadata = Metadata::new(command_id, self.at.unwrap_or(now));
        if let Some(id) = self.correlation_id.or_else(|| cause.map(|cause| cause.correlation_id().to_owned()))
        {
            metadata.correlation_id = id;
        }
        metadata.recorded_at = self.at.map(|_| now);
        metadata.created_by = self.by;
        metadata.causation_id =
            self.causation_id.or_else(|| cause.map(|cause| cause.causation_id().to_owned()));
        let traced = self.trace_context.is_some();
        metadata.trace_context = self.trace_context.or_else(|| cause?.trace_context().map(str::to_owned));
        Resolved { metadata, identity, traced, own_clock: self.at.is_none() }
    }
}
