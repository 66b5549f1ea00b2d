use std::collections::{BTreeMap, VecDeque};

use crate::commit::StoredEvent;
use crate::process::{Effect, Step, StepCause, StepOutcome};
use crate::testing::difference::shown;
use crate::timestamp::Timestamp;

/// The effects of the last event, or of the last time that went by, that no `then` has checked.
#[derive(Debug, Default)]
pub(super) struct News {
    /// How many steps the instance has taken.
    pub(super) steps: usize,
    /// The deadlines that came, in their order.
    pub(super) came: VecDeque<String>,
    pub(super) commands: VecDeque<Command>,
    /// The final state of deadlines.
    pub(super) deadlines: BTreeMap<String, Deadline>,
    pub(super) ended: bool,
    pub(super) failed: Option<String>,
    pub(super) waits: bool,
}

#[derive(Debug)]
pub(super) struct Command {
    pub(super) pk: String,
    pub(super) sk: String,
    pub(super) stored: StoredEvent,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Deadline {
    Set {
        due: Timestamp,
        /// The time of the cause.
        since: Timestamp,
    },
    Cancelled,
}

impl News {
    pub(super) fn take(&mut self, step: Step) {
        if let Step { cause: StepCause::Event { .. }, outcome: StepOutcome::Skipped } = step {
            return;
        }
        self.steps += 1;
        let since = step.cause.at();
        if let StepCause::Deadline { deadline, .. } = step.cause {
            self.came.push_back(deadline);
        }
        match step.outcome {
            StepOutcome::Reacted(effects) => {
                for effect in effects {
                    self.note(effect, since);
                }
            }
            StepOutcome::Failed(reason) => self.failed = Some(reason),
            StepOutcome::Waits => self.waits = true,
            StepOutcome::Skipped => {}
        }
    }

    fn note(&mut self, effect: Effect, since: Option<Timestamp>) {
        match effect {
            Effect::Execute { pk, sk, r#type: name, schema, widened, data, .. } => {
                let stored = StoredEvent { name, schema, widened, data };
                self.commands.push_back(Command { pk, sk, stored });
            }
            Effect::Set { deadline, due } => {
                self.deadlines.insert(deadline, Deadline::Set { due, since: since.unwrap_or(due) });
            }
            Effect::Cancel { deadline } => {
                self.deadlines.insert(deadline, Deadline::Cancelled);
            }
            Effect::End => self.ended = true,
        }
    }

    /// All effects, a line each.
    pub(super) fn told(&self) -> Vec<String> {
        let mut lines = Vec::new();
        lines.extend(self.failed.iter().map(|reason| format!("it failed: {reason}")));
        lines.extend(self.waits.then(|| "it waits behind what failed".to_owned()));
        lines.extend(self.came.iter().map(|name| format!("deadline `{name}` came")));
        lines.extend(self.commands.iter().map(Command::told));
        lines.extend(self.deadlines.iter().map(|(name, deadline)| deadline.told(name)));
        lines.extend(self.ended.then(|| "it ended".to_owned()));
        lines
    }
}

impl Command {
    /// `ConfirmRoom {"booking":"B-1"} to HOUSE#A`.
    pub(super) fn told(&self) -> String {
        format!("{} to {}", shown(&self.stored), self.sk)
    }
}

impl Deadline {
    fn told(&self, name: &str) -> String {
        match self {
            Self::Set { due, .. } => format!("deadline `{name}` set to {due}"),
            Self::Cancelled => format!("deadline `{name}` cancelled"),
        }
    }
}
