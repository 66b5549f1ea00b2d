use super::{Instance, Process, Step, StepCause, StepOutcome};
use crate::command::{CommandContext, CommandDigest, Decide};
use crate::version::Version;

/// What an instance does next.
pub(crate) struct Take<P: Process> {
    pub(crate) key: P::Key,
    pub(crate) what: What,
    /// Distinguishes it from all others of the instance.
    pub(crate) id: String,
}

#[derive(Debug, Clone)]
pub(crate) enum What {
    /// Take a step.
    Step(StepCause),
    /// Note that the step of a cause cannot be stored.
    Refused { cause: StepCause, reason: String },
    /// Note that a command of a step failed.
    Failed { of: Version, index: usize, reason: String },
    /// Take the first held cause again.
    Again { of: Version },
    /// Skip a held cause.
    Skip { of: Version },
}

impl<P: Process> Decide<Take<P>> for Instance<P> {
    type Rejection = String;

    fn decide(&self, take: &Take<P>, _: &CommandContext, events: &mut Vec<Step>) -> Result<(), String> {
        let step = match &take.what {
            What::Step(cause) => self.step(&take.key, cause),
            What::Refused { cause, reason } => self.refused(cause, reason),
            What::Failed { of, index, .. }
                if self.is_held_at(*of, *index) || self.is_skipped(*of, *index) =>
            {
                None
            }
            What::Failed { of, index, reason } => Some(Step {
                cause: StepCause::Command { of: *of, index: *index },
                outcome: StepOutcome::Failed(reason.clone()),
            }),
            What::Again { of } if self.held_up_at() == Some(*of) => self.again(&take.key)?,
            What::Skip { of } if self.is_held(*of) => {
                Some(Step { cause: StepCause::Again { of: *of }, outcome: StepOutcome::Skipped })
            }
            What::Again { .. } | What::Skip { .. } => None,
        };
        events.extend(step);
        Ok(())
    }

    fn command_name() -> &'static str {
        P::STEP
    }

    fn digest(take: &Take<P>) -> Option<CommandDigest> {
        CommandDigest::of_content(P::STEP, &take.id)
    }
}
