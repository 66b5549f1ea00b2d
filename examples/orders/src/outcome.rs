//! The result of one command.

use cqrs_core::{Aggregate, Committed, ExecuteError, Version};
use serde::Serialize;

/// The result of one command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "camelCase")]
pub enum Outcome {
    /// It became a commit.
    Done {
        /// The commit's.
        version: Version,
    },
    /// A rule rejected it, or the commit would be larger than the store takes.
    Rejected {
        /// Why.
        reason: String,
    },
    /// It decided on nothing.
    Unchanged {
        /// The version it was decided on.
        version: Version,
    },
    /// Its command id was in the stream already.
    Duplicate {
        /// The version of the first time.
        version: Version,
    },
    /// The stream was not at the expected version.
    Conflict {
        /// The version that it expects.
        expected: Version,
        /// The stream's.
        actual: Version,
    },
}

impl Outcome {
    /// Sorts out what the framework answered.
    ///
    /// # Errors
    /// Errors that are not an answer to the command: the store failed, and another attempt may succeed.
    pub fn of<A: Aggregate, E: std::error::Error>(
        answer: Result<Committed<A>, ExecuteError<E>>,
    ) -> Result<Self, ExecuteError<E>> {
        match answer {
            Ok(committed) => Ok(match committed.outcome {
                cqrs_core::Outcome::Committed => Self::Done { version: committed.version },
                cqrs_core::Outcome::Unchanged => Self::Unchanged { version: committed.version },
                cqrs_core::Outcome::Duplicate => Self::Duplicate { version: committed.version },
            }),
            Err(ExecuteError::Conflict { expected, actual }) => Ok(Self::Conflict { expected, actual }),
            Err(refused @ (ExecuteError::Rejected(_) | ExecuteError::TooLarge { .. })) => {
                Ok(Self::Rejected { reason: refused.to_string() })
            }
            Err(failed) => Err(failed),
        }
    }

    /// The version of the stream, according to the outcome.
    #[must_use]
    pub fn version(&self) -> Option<Version> {
        match self {
            Self::Done { version } | Self::Unchanged { version } | Self::Duplicate { version } => {
                Some(*version)
            }
            Self::Conflict { actual, .. } => Some(*actual),
            Self::Rejected { .. } => None,
        }
    }

    /// The outcome in one word.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Done { .. } => "done",
            Self::Rejected { .. } => "rejected",
            Self::Unchanged { .. } => "unchanged",
            Self::Duplicate { .. } => "duplicate",
            Self::Conflict { .. } => "conflict",
        }
    }
}

/// How many commands ended in which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// Became commits.
    pub done: usize,
    /// Were rejected.
    pub rejected: usize,
    /// Decided on nothing.
    pub unchanged: usize,
    /// Had been executed before.
    pub duplicate: usize,
    /// Expected another version.
    pub conflict: usize,
}

impl Counts {
    /// Counts outcomes.
    #[must_use]
    pub fn of(outcomes: &[Outcome]) -> Self {
        let mut counts = Self::default();
        for outcome in outcomes {
            *match outcome {
                Outcome::Done { .. } => &mut counts.done,
                Outcome::Rejected { .. } => &mut counts.rejected,
                Outcome::Unchanged { .. } => &mut counts.unchanged,
                Outcome::Duplicate { .. } => &mut counts.duplicate,
                Outcome::Conflict { .. } => &mut counts.conflict,
            } += 1;
        }
        counts
    }
}
