//! The relay, the subscribers and the timers as Lambda functions: the same work as in a process, with Lambda in the place of the
//! loop that reads.
//!
//! | function | its event source | what it answers |
//! | --- | --- | --- |
//! | [`RelayFunction`] | the stream of the events table | the first record that was not published |
//! | [`QueueFunction`] | one queue of SQS | the messages that have to come again |
//! | [`ProjectionsFunction`] | the stream of the events table | the first record that not all projections have taken |
//! | [`TimersFunction`] | a rule of EventBridge, once a minute | an error, where commands that are due had to wait |
//!
//! The first two are the way of handlers. Projections go the same way, or by the third one, which leaves out topic and queues:
//! [`Template::projections`](crate::template::Template::projections) says when.
//!
//! The first three need `ReportBatchItemFailures` in their event source mapping: without it Lambda takes any answer for success, and
//! what failed would be lost. [`Template`](crate::template::Template) sets it.
//!
//! Nothing goes on after an answer: Lambda freezes the process between two events.

mod deadline;
mod message;
mod metric;
mod projections;
mod queue;
mod record;
mod relay;
mod timers;

pub use projections::ProjectionsFunction;
pub use queue::QueueFunction;
pub use relay::RelayFunction;
pub use timers::{SweepError, TimersFunction};
