use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Effect;
use crate::commit::record::is_never;
use crate::commit::{Commit, StoredEvent};
use crate::event::RawEvent;
use crate::key::{KeyError, StreamKey};
use crate::metadata::Metadata;
use crate::timestamp::Timestamp;
use crate::version::Version;

/// The field of a timer that holds the version of the step.
const OF: &str = "of";

/// One step of an instance, as it is stored: its cause and its result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Step {
    /// Why it was taken.
    pub cause: StepCause,
    /// Its result.
    pub outcome: StepOutcome,
}

/// Why a step was taken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum StepCause {
    /// An event happened.
    #[non_exhaustive]
    Event {
        /// The partition key of its stream.
        pk: String,
        /// The sort key of its commit.
        sk: String,
        /// Its place in the commit, from 0.
        index: usize,
        /// Its stored type name.
        r#type: String,
        /// The schema that it is stored under.
        schema: u32,
        /// How often that schema was widened by then.
        #[serde(default, skip_serializing_if = "is_never")]
        widened: u32,
        /// Its content; null if it is passed over because nothing has started the instance.
        data: Value,
        /// The metadata of its commit.
        metadata: Box<Metadata>,
    },
    /// A deadline came.
    #[non_exhaustive]
    Deadline {
        /// Its name.
        deadline: String,
        /// When it was due.
        due: Timestamp,
        /// The version of the step that set it; `None` if an earlier release has stored it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<Version>,
    },
    /// A command of an earlier step failed.
    #[non_exhaustive]
    Command {
        /// The version of that step.
        of: Version,
        /// The place of the command among the effects, from 0.
        index: usize,
    },
    /// A step that was held up is taken again.
    #[non_exhaustive]
    Again {
        /// The version of that step.
        of: Version,
    },
}

/// The result of a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum StepOutcome {
    /// The instance has folded the cause, and reacts.
    Reacted(Vec<Effect>),
    /// The fold, the reaction or a command failed, for this reason. The instance is held up from here on.
    Failed(String),
    /// The instance is held up: the cause waits.
    Waits,
    /// The cause is skipped: it was held up and discarded, or nothing has started the instance.
    Skipped,
}

impl Step {
    /// The effects of the step; empty if it is held up.
    #[must_use]
    pub fn effects(&self) -> &[Effect] {
        match &self.outcome {
            StepOutcome::Reacted(effects) => effects,
            _ => &[],
        }
    }
}

impl StepCause {
    /// An event of a commit.
    pub(crate) fn of(raw: &RawEvent<'_>) -> Self {
        let (commit, StoredEvent { name, schema, widened, data }) = (raw.commit(), raw.stored());
        Self::Event {
            pk: commit.stream.pk().to_owned(),
            sk: commit.stream.commit_sk(commit.version),
            index: raw.index(),
            r#type: name.clone(),
            schema: *schema,
            widened: *widened,
            data: data.clone(),
            metadata: Box::new(commit.metadata.as_ref().clone()),
        }
    }

    /// The content of a deadline's timer: the name, and the version of the step that sets it.
    pub(crate) fn setting(deadline: &str, of: Version) -> StoredEvent {
        StoredEvent::new(deadline, 1, json!({ OF: of }))
    }

    /// A deadline whose timer is due.
    pub(crate) fn of_timer(setting: &StoredEvent, due: Timestamp) -> Self {
        let of = setting.data.get(OF).and_then(|of| Version::deserialize(of).ok());
        Self::Deadline { deadline: setting.name.clone(), due, of }
    }

    /// The same cause, without the data of the event.
    pub(crate) fn without_data(&self) -> Self {
        let mut cause = self.clone();
        if let Self::Event { data, .. } = &mut cause {
            *data = Value::Null;
        }
        cause
    }

    /// The commit of the event alone; `None` for another cause.
    pub(crate) fn commit(&self) -> Option<Result<Commit, KeyError>> {
        let Self::Event { pk, sk, r#type, schema, widened, data, metadata, .. } = self else { return None };
        Some(StreamKey::parse_commit(pk, sk).map(|(stream, version)| {
            let event = StoredEvent::new(r#type.as_str(), *schema, data.clone()).widened(*widened);
            Commit::new(stream, version, vec![event], metadata.as_ref().clone())
        }))
    }

    /// The time from which the deadlines of the reaction count.
    pub(crate) fn at(&self) -> Option<Timestamp> {
        match self {
            Self::Event { metadata, .. } => Some(metadata.recorded()),
            Self::Deadline { due, .. } => Some(*due),
            Self::Command { .. } | Self::Again { .. } => None,
        }
    }
}
