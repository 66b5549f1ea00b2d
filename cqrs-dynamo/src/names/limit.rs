//! What AWS accepts as a name.

/// The longest name of a table (Amazon DynamoDB Developer Guide, "Quotas in Amazon DynamoDB").
pub(crate) const TABLE_CHARACTERS: usize = 255;
/// The longest names, with `.fifo` (Amazon SNS API Reference, `CreateTopic`; Amazon SQS Developer Guide, "Amazon SQS
/// standard queue quotas" and "Amazon SQS FIFO queue quotas").
pub(crate) const TOPIC_CHARACTERS: usize = 256;
pub(crate) const QUEUE_CHARACTERS: usize = 80;

/// The length of a name that is too long.
pub(crate) fn excess(name: &str, most: usize) -> Option<usize> {
    Some(name.chars().count()).filter(|length| *length > most)
}

/// Whether SNS and SQS accept all characters of a name. DynamoDB accepts these and the full stop.
pub(crate) fn is_plain(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}
