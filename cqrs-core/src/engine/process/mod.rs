//! How the instances of processes take their steps.
//!
//! A step is one commit of the instance's stream, under an id that follows from the event or the deadline. It is stored
//! first. Then its commands are executed, each under an id that follows from the step. If a step is delivered again, it
//! is found, and so are the commits of its commands. An event is passed over if nothing has started its instance. If
//! the event may lead to commands, such a commit records that, too: so the first program that decides on an event
//! decides for all that hold it. A failure holds the instance up, in its own stream: the step says so, later causes are
//! stored behind it, and all other instances continue.

mod driver;
mod effects;
mod error;

pub(crate) use driver::{ProcessDriver, command_id, fire_deadline, process_driver};
pub(crate) use error::StepError;
