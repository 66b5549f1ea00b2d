//! Publishing to a topic of SNS.

mod batch;
mod group;
mod publisher;

pub use publisher::SnsPublisher;
