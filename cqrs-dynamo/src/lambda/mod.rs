//! The relay, the subscribers and the timers as Lambda functions: the same work as in a process, with Lambda instead of the read
//! loop.
//!
//! | function | its event source | what it answers |
//! | --- | --- | --- |
//! | [`RelayFunction`] | the stream of the events table | the first record that was not published |
//! | [`QueueFunction`] | one queue of SQS | the messages that Lambda has to send again |
//! | [`ProjectionsFunction`] | the stream of the events table | the first record that not all projections have taken |
//! | [`TimersFunction`] | a rule of EventBridge, once a minute | an error, if due commands had to wait |
//!
//! The first two serve handlers. Projections use them too, or the third one, which needs no topic and no queues: see
//! [`Template::projections`](crate::template::Template::projections).
//!
//! The first three need `ReportBatchItemFailures` in their event source mapping: without it Lambda treats any answer as success,
//! and failed records or messages would be lost. [`Template`](crate::template::Template) sets it.
//!
//! No work continues after an answer: Lambda freezes the process between two events.

mod deadline;
mod letters;
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
