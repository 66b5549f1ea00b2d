//! Publishing to a topic of SNS.

mod batch;
mod group;
mod limit;
mod publisher;

pub use publisher::SnsPublisher;
