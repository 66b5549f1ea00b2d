//! How the instances of processes take their steps.
//!
//! A step is one commit of the instance's stream, under an id that follows from the event or the deadline. It is stored first, and its
//! commands are executed then, each under an id that follows from the step: delivered again, a step is found, and so are the commits
//! of its commands. An event that is passed over because nothing has started its instance is such a commit, too, where it may lead to
//! commands: so the first program that decides on an event decides for all that hold it. What fails holds the instance up, in its own stream: the step says so, later causes are stored behind it, and
//! all other instances go on.

mod driver;
mod effects;
mod error;

pub(crate) use driver::{ProcessDriver, command_id, fire_deadline, process_driver};
pub(crate) use error::StepError;
