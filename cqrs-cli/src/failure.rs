//! How a call ends, and why it failed.

use std::error::Error;
use std::fmt;
use std::process::ExitCode;

use cqrs_core::causes::chain;

/// How a call ends, if it does not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Everything is done.
    Done,
    /// Everything is done, and the result needs attention.
    Attention,
}

/// Why a call failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line is wrong, or lacks something.
    Usage(String),
    /// The work could not be done.
    Work(String),
}

/// The exit code of a wrong command line, as clap has it.
pub(crate) const USAGE: u8 = 2;

impl Failure {
    /// A wrong command line.
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self::Usage(text.into())
    }

    /// Work that could not be done.
    pub(crate) fn work(text: impl Into<String>) -> Self {
        Self::Work(text.into())
    }

    /// An error with its causes.
    pub(crate) fn of(error: &(dyn Error + 'static)) -> Self {
        Self::Work(chain(error))
    }

    /// What is printed about it.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Usage(text) | Self::Work(text) => text,
        }
    }
}

impl<E: Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::of(&error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// The exit code of a call.
pub(crate) fn exit_code(ended: &Result<Ending, Failure>) -> ExitCode {
    match ended {
        Ok(Ending::Done) => ExitCode::SUCCESS,
        Err(Failure::Work(_)) => ExitCode::FAILURE,
        Err(Failure::Usage(_)) => ExitCode::from(USAGE),
        Ok(Ending::Attention) => ExitCode::from(3),
    }
}
