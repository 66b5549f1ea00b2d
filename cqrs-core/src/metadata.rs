//! Who, when, and because of what.

use serde::{Deserialize, Serialize};

use crate::timestamp::Timestamp;

/// What a commit carries in addition to its events.
///
/// `command_id` makes a command idempotent. `correlation_id` is the same on everything that one outside request caused.
/// `causation_id` is the command id of the commit whose handler sent this command.
///
/// The options of [`App::execute`](crate::App::execute) fill it in. It is stored in camelCase beside the events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Metadata {
    /// When the command was executed, or the time given with `.at(…)`.
    pub created_at: Timestamp,
    /// When the command was executed, if `created_at` is another time: one given with `.at(…)`, or one moved forward so
    /// that time does not run backwards in its stream. See [`Metadata::recorded`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_at: Option<Timestamp>,
    /// Who sent the command: what [`by`](crate::app::Execute::by) said. A command that a handler or a process sends has
    /// no name here unless the sender gives one. Its causation id leads to what the sender reacted to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// The command's own id; unique within the stream.
    pub command_id: String,
    /// A digest of the command, if it has an id that may come again: one given with `.command_id(…)`, or one of a
    /// handler. It distinguishes the same command from another one under the same id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command_digest: Option<String>,
    /// For a commit of a [transaction](crate::App::transaction) whose id may come again: a digest of its commands, and of the streams
    /// that they went to. It distinguishes the same transaction from another one under the same id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction: Option<String>,
    /// The id of everything that one outside request caused.
    pub correlation_id: String,
    /// The command id of the commit that caused this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causation_id: Option<String>,
    /// The W3C `traceparent` of the span that sent the command; see [`trace`](crate::trace).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_context: Option<String>,
}

/// The most bytes that an id takes, the name of who sends a command, or a trace context.
const LONGEST_TEXT: usize = 1024;

impl Metadata {
    /// Why a text cannot be part of it.
    pub(crate) fn text_fault(text: &str) -> Option<String> {
        match text.len() {
            0 => Some("is empty; leave it out, or give it a text".to_owned()),
            bytes if bytes > LONGEST_TEXT => Some(format!(
                "takes {bytes} bytes, and at most {LONGEST_TEXT} are stored; shorten it, or give a digest of it"
            )),
            _ => None,
        }
    }

    /// Metadata of a command that nothing caused: its correlation id is its own id.
    #[must_use]
    pub fn new(command_id: impl Into<String>, created_at: Timestamp) -> Self {
        let command_id = command_id.into();
        Self {
            created_at,
            recorded_at: None,
            created_by: None,
            correlation_id: command_id.clone(),
            command_id,
            command_digest: None,
            transaction: None,
            causation_id: None,
            trace_context: None,
        }
    }

    /// When the commit was recorded, by the clock of the machine that executed the command. Use this time for work on
    /// all commits since a time, whatever their `created_at`.
    #[must_use]
    pub fn recorded(&self) -> Timestamp {
        self.recorded_at.unwrap_or(self.created_at)
    }
}
