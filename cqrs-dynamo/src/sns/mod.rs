//! Publishing to a topic of SNS.

mod batch;
mod publisher;

pub use publisher::SnsPublisher;
