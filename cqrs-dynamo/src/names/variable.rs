//! The environment variables by which the functions on AWS find the resources of the template.

/// The variable with the prefix of the names of tables, topic and queues.
pub const PREFIX: &str = "CQRS_PREFIX";
/// The variable with the topic's ARN.
pub const TOPIC_ARN: &str = "CQRS_TOPIC_ARN";
/// The variable with the queue that a subscriber function reads, as the wiring names it.
pub const QUEUE: &str = "CQRS_QUEUE";
/// The variable with the URL of that queue's dead-letter queue.
pub const DEAD_LETTERS_URL: &str = "CQRS_DEAD_LETTERS_URL";
