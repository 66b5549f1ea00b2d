use std::collections::HashMap;
use std::time::{Duration, Instant};

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::ProvideErrorMetadata;
use aws_sdk_sqs::types::{
    BatchResultErrorEntry, ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry, Message,
    MessageAttributeValue, MessageSystemAttributeName, QueueAttributeName,
};
use cqrs_core::Timestamp;
use cqrs_core::delivery::Received;

use super::{BrokerError, envelope};
use crate::names::is_fifo;

/// Entries of a batch, and messages of a receive (Amazon SQS Developer Guide, "Quotas", as the limits below).
pub(super) const BATCH: usize = 10;
const MAX_WAIT: u64 = 20;
const MAX_VISIBILITY: u64 = 12 * 60 * 60;
/// SQS counts from the receive, and this process from the time when it has the message.
const ON_THE_WAY: Duration = Duration::from_mins(1);
const MAX_BYTES: usize = 1024 * 1024;
const MAX_ATTRIBUTES: usize = 10;

/// The attribute that says why a message is a dead letter, and how much of the reason is kept: enough to read.
pub(super) const REASON: &str = "reason";
const REASON_BYTES: usize = 4096;

/// Visible, in flight, and not visible yet.
const COUNTS: [QueueAttributeName; 3] = [
    QueueAttributeName::ApproximateNumberOfMessages,
    QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
    QueueAttributeName::ApproximateNumberOfMessagesDelayed,
];

/// How often entries are sent that the queue did not accept through no fault of their own.
const TRIES: u32 = 3;

/// One queue of SQS.
#[derive(Debug, Clone)]
pub(crate) struct Queue {
    sqs: Client,
    name: String,
    url: String,
}

/// The attributes of a queue.
pub(super) struct Described {
    /// As of [`Queue::backlog`].
    pub(super) messages: u64,
    pub(super) in_hand: u64,
    /// The policy, JSON; empty if it has no policy.
    pub(super) policy: String,
}

/// A message as it was received.
#[derive(Debug, Clone)]
pub(crate) struct ReceivedMessage {
    pub(crate) receipt: Receipt,
    /// The body as it was sent, with its envelope if it has one.
    pub(super) body: String,
    pub(crate) receives: u32,
    pub(super) sent_at: Option<Timestamp>,
    group: Option<String>,
    attributes: HashMap<String, MessageAttributeValue>,
}

/// The handle to delete, hide or hand back a received message.
#[derive(Debug, Clone)]
pub(crate) struct Receipt {
    /// The id of the message.
    pub(crate) id: String,
    handle: String,
    received: Instant,
}

impl Queue {
    pub(super) async fn find(sqs: &Client, name: String) -> Result<Self, BrokerError> {
        match sqs.get_queue_url().queue_name(&name).send().await {
            Ok(found) => Ok(Self { sqs: sqs.clone(), url: found.queue_url.unwrap_or_default(), name }),
            Err(error) if is_missing(&error) => Err(BrokerError::Missing { kind: "queue", name }),
            Err(error) => Err(BrokerError::request("look up the queue", &name, error)),
        }
    }

    /// A queue by its URL, which ends in its name.
    pub(crate) fn at(sqs: &Client, url: String) -> Self {
        let name = url.rsplit('/').next().unwrap_or(&url).to_owned();
        Self { sqs: sqs.clone(), name, url }
    }

    /// Another queue of the same account and region, by its ARN, which ends in its name.
    #[cfg(feature = "lambda")]
    pub(crate) fn sibling(&self, arn: &str) -> Option<Self> {
        let (base, _) = self.url.rsplit_once('/')?;
        let (_, name) = arn.rsplit_once(':')?;
        Some(Self { sqs: self.sqs.clone(), name: name.to_owned(), url: format!("{base}/{name}") })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn is_fifo(&self) -> bool {
        is_fifo(&self.name)
    }

    /// Up to ten messages, which no one else receives during `visibility`.
    pub(super) async fn receive(
        &self,
        wait: Duration,
        visibility: Duration,
    ) -> Result<Vec<ReceivedMessage>, BrokerError> {
        let received = self
            .sqs
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(i32::try_from(BATCH).unwrap_or(1))
            .wait_time_seconds(seconds(wait, MAX_WAIT))
            .visibility_timeout(seconds(visibility, MAX_VISIBILITY))
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .message_attribute_names("All")
            .send()
            .await
            .map_err(|error| BrokerError::request("receive from", &self.name, error))?;
        Ok(received.messages.unwrap_or_default().into_iter().map(ReceivedMessage::from).collect())
    }

    /// Deletes messages. A message that cannot be deleted is received again; this does no harm.
    pub(super) async fn delete(&self, receipts: &[Receipt]) {
        for chunk in receipts.chunks(BATCH) {
            let mut left: Vec<&Receipt> = chunk.iter().collect();
            for _ in 0..TRIES {
                let entries = left.iter().enumerate().filter_map(|(index, receipt)| {
                    DeleteMessageBatchRequestEntry::builder()
                        .id(index.to_string())
                        .receipt_handle(&receipt.handle)
                        .build()
                        .ok()
                });
                let request = self.sqs.delete_message_batch().queue_url(&self.url);
                match request.set_entries(Some(entries.collect())).send().await {
                    Ok(output) => left = self.left("not deleted", &left, &output.failed),
                    Err(error) => {
                        let error = BrokerError::request("delete from", &self.name, error);
                        tracing::warn!(queue = self.name, messages = left.len(), %error, "not deleted");
                        break;
                    }
                }
                if left.is_empty() {
                    break;
                }
            }
        }
    }

    /// Hides messages from now on for a time; with zero, they can be received again at once. SQS hides a message for 12 hours
    /// after its receive at most. If this fails for a message, it comes back when its former time is over.
    pub(crate) async fn hide(&self, receipts: &[Receipt], time: Duration) {
        let now = Instant::now();
        for chunk in receipts.chunks(BATCH) {
            let entries = chunk.iter().enumerate().filter_map(|(index, receipt)| {
                ChangeMessageVisibilityBatchRequestEntry::builder()
                    .id(index.to_string())
                    .receipt_handle(&receipt.handle)
                    .visibility_timeout(receipt.visibility(time, now)?)
                    .build()
                    .ok()
            });
            let entries: Vec<_> = entries.collect();
            if entries.is_empty() {
                continue;
            }
            let request = self.sqs.change_message_visibility_batch().queue_url(&self.url);
            match request.set_entries(Some(entries)).send().await {
                Ok(output) => {
                    self.left("visibility not changed", &chunk.iter().collect::<Vec<_>>(), &output.failed);
                }
                Err(error) => {
                    let error = BrokerError::request("change the visibility in", &self.name, error);
                    let messages = chunk.len();
                    tracing::warn!(queue = self.name, messages, %error, "visibility not changed");
                }
            }
        }
    }

    /// Puts a letter of another queue or of this one into this queue, with its reason.
    pub(crate) async fn send(&self, letter: &ReceivedMessage, reason: &str) -> Result<(), BrokerError> {
        let mut request = self
            .sqs
            .send_message()
            .queue_url(&self.url)
            .message_body(&letter.body)
            .set_message_attributes(Some(letter.attributes_with(reason)));
        if self.is_fifo() {
            // The id of the message that this one replaces: it is the same after a crash between sending and deleting, and
            // differs each time that a letter fails again.
            request = request
                .message_group_id(letter.group.as_ref().unwrap_or(&letter.receipt.id))
                .message_deduplication_id(&letter.receipt.id);
        } else if let Some(group) = &letter.group {
            // The tenant: queues take turns between tenants, also when letters are moved back.
            request = request.message_group_id(group);
        }
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(BrokerError::request("send to", &self.name, error)),
        }
    }

    /// How many messages there are, including those in flight; on AWS approximate, and some seconds old.
    pub(super) async fn backlog(&self) -> Result<u64, BrokerError> {
        let request = self.sqs.get_queue_attributes().queue_url(&self.url);
        let output = request.set_attribute_names(Some(COUNTS.to_vec())).send().await;
        let output = output.map_err(|error| BrokerError::request("count", &self.name, error))?;
        Ok(counted(&output.attributes.unwrap_or_default()))
    }

    /// The same, with how many of them are in flight, and who may send to it; `None` if the queue no longer exists.
    pub(super) async fn described(&self) -> Result<Option<Described>, BrokerError> {
        let request = self.sqs.get_queue_attributes().queue_url(&self.url);
        let names = COUNTS.into_iter().chain([QueueAttributeName::Policy]).collect();
        match request.set_attribute_names(Some(names)).send().await {
            Ok(output) => {
                let mut attributes = output.attributes.unwrap_or_default();
                let policy = attributes.remove(&QueueAttributeName::Policy).unwrap_or_default();
                let in_hand = attributes.get(&QueueAttributeName::ApproximateNumberOfMessagesNotVisible);
                let in_hand = in_hand.and_then(|count| count.parse().ok()).unwrap_or_default();
                Ok(Some(Described { messages: counted(&attributes), in_hand, policy }))
            }
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(BrokerError::request("look at", &self.name, error)),
        }
    }

    /// Removes the queue with everything in it. A missing queue is not an error.
    pub(super) async fn remove(&self) -> Result<(), BrokerError> {
        match self.sqs.delete_queue().queue_url(&self.url).send().await {
            Ok(_) => Ok(()),
            Err(error) if is_missing(&error) => Ok(()),
            Err(error) => Err(BrokerError::request("remove the queue", &self.name, error)),
        }
    }

    /// The messages whose entries failed and may be sent again.
    fn left<'a>(
        &self,
        what: &'static str,
        receipts: &[&'a Receipt],
        failed: &[BatchResultErrorEntry],
    ) -> Vec<&'a Receipt> {
        let mut left = Vec::new();
        for entry in failed {
            let receipt = entry.id.parse().ok().and_then(|index: usize| receipts.get(index).copied());
            let (id, code) = (receipt.map(|receipt| &receipt.id), entry.code());
            let message = entry.message().unwrap_or_default();
            tracing::warn!(queue = self.name, id, code, message, "{what}");
            left.extend(receipt.filter(|_| !entry.sender_fault));
        }
        left
    }
}

fn counted(attributes: &HashMap<QueueAttributeName, String>) -> u64 {
    let counts = COUNTS.iter().filter_map(|name| attributes.get(name)?.parse::<u64>().ok());
    counts.fold(0, u64::saturating_add)
}

/// Whether the queue does not exist, by the error code of the older or the newer protocol.
pub(super) fn is_missing(error: &impl ProvideErrorMetadata) -> bool {
    matches!(error.code(), Some("AWS.SimpleQueueService.NonExistentQueue" | "QueueDoesNotExist"))
}

impl Receipt {
    /// For how many seconds it can be hidden from now on. `None` if its 12 hours are over: then it comes back by itself.
    fn visibility(&self, time: Duration, now: Instant) -> Option<i32> {
        let held = now.saturating_duration_since(self.received) + ON_THE_WAY;
        let left = Duration::from_secs(MAX_VISIBILITY).saturating_sub(held).as_secs();
        (left > 0 || time.is_zero()).then(|| seconds(time, left))
    }
}

impl ReceivedMessage {
    /// The commit's message, in the form that the consumer takes.
    pub(crate) fn received(&self) -> Received {
        Received::new(envelope::unwrap(&self.body)).with_receives(self.receives).with_sent_at(self.sent_at)
    }

    /// Why it is a dead letter; `None` if SQS itself moved it here.
    pub(super) fn reason(&self) -> Option<&str> {
        self.attributes.get(REASON)?.string_value()
    }

    /// An attribute that SNS has made from a list: `["OrderCreated","OrderShipped"]`.
    pub(super) fn list(&self, name: &str) -> Vec<String> {
        let text = self.attributes.get(name).and_then(MessageAttributeValue::string_value);
        text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }

    /// Its attributes and the reason. The body comes first: attributes that do not fit in addition to it are left out, the reason
    /// last of all.
    fn attributes_with(&self, reason: &str) -> HashMap<String, MessageAttributeValue> {
        let mut room = MAX_BYTES.saturating_sub(self.body.len());
        let reason = fitting(reason, REASON_BYTES.min(room.saturating_sub(REASON.len() + "String".len())));
        let mut kept = HashMap::new();
        let text = MessageAttributeValue::builder().data_type("String").string_value(&reason);
        // An attribute may not be empty.
        if let Some(text) = text.build().ok().filter(|_| !reason.is_empty()) {
            room = room.saturating_sub(size(REASON, &text));
            kept.insert(REASON.to_owned(), text);
        }
        for (name, value) in self.attributes.iter().filter(|(name, _)| *name != REASON) {
            let bytes = size(name, value);
            if kept.len() < MAX_ATTRIBUTES && bytes <= room {
                room -= bytes;
                kept.insert(name.clone(), value.clone());
            }
        }
        kept
    }
}

impl From<Message> for ReceivedMessage {
    fn from(message: Message) -> Self {
        let system = message.attributes.unwrap_or_default();
        let number = |name| system.get(&name).and_then(|text: &String| text.parse::<i64>().ok());
        let receives = number(MessageSystemAttributeName::ApproximateReceiveCount);
        Self {
            receipt: Receipt {
                id: message.message_id.unwrap_or_default(),
                handle: message.receipt_handle.unwrap_or_default(),
                received: Instant::now(),
            },
            body: message.body.unwrap_or_default(),
            receives: receives.and_then(|count| u32::try_from(count).ok()).unwrap_or(1),
            sent_at: number(MessageSystemAttributeName::SentTimestamp).map(Timestamp::from_unix_millis),
            group: system.get(&MessageSystemAttributeName::MessageGroupId).cloned(),
            attributes: message.message_attributes.unwrap_or_default(),
        }
    }
}

/// Whole seconds, rounded up.
fn seconds(time: Duration, most: u64) -> i32 {
    let whole = time.as_secs().saturating_add(u64::from(time.subsec_nanos() > 0));
    i32::try_from(whole.min(most)).unwrap_or(i32::MAX)
}

fn size(name: &str, value: &MessageAttributeValue) -> usize {
    let text = value.string_value().map_or(0, str::len);
    let binary = value.binary_value().map_or(0, |blob| blob.as_ref().len());
    name.len() + value.data_type().len() + text + binary
}

/// The characters of a text that a message may contain (Amazon SQS API Reference, "SendMessage"), cut at a number of bytes.
fn fitting(text: &str, bytes: usize) -> String {
    let legal = |char| matches!(char, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    let mut text: String =
        text.chars().map(|char| if legal(char) { char } else { char::REPLACEMENT_CHARACTER }).collect();
    text.truncate(text.floor_char_boundary(bytes));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(body: &str, attributes: usize) -> ReceivedMessage {
        let value = MessageAttributeValue::builder().data_type("String").string_value("x".repeat(100));
        let value = value.build().unwrap();
        let attributes = (0..attributes).map(|number| (format!("a{number}"), value.clone()));
        let message =
            Message::builder().message_id("1").body(body).set_message_attributes(Some(attributes.collect()));
        ReceivedMessage::from(message.build())
    }

    #[test]
    fn a_letter_that_is_stored_keeps_its_attributes_as_far_as_they_fit() {
        let kept = letter("{}", 4).attributes_with("it is broken");
        assert_eq!(kept.len(), 5);
        assert_eq!(kept[REASON].string_value(), Some("it is broken"));
        // SQS takes ten attributes at most, and the reason is one of them.
        let kept = letter("{}", 10).attributes_with("it is broken");
        assert_eq!((kept.len(), kept.contains_key(REASON)), (10, true));
    }

    #[test]
    fn the_reason_is_cut_to_what_fits_and_the_body_never() {
        let long = "ä".repeat(10_000);
        let kept = letter("{}", 0).attributes_with(&long);
        assert_eq!(kept[REASON].string_value().map(str::len), Some(REASON_BYTES));
        let kept = letter(&"x".repeat(MAX_BYTES - 40), 3).attributes_with(&long);
        let bytes: usize = kept.iter().map(|(name, value)| size(name, value)).sum();
        assert!(kept.contains_key(REASON) && bytes <= 40, "{bytes}");
        assert!(letter(&"x".repeat(MAX_BYTES), 3).attributes_with(&long).is_empty());
    }

    #[test]
    fn what_sqs_refuses_in_a_text_is_replaced() {
        assert_eq!(fitting("a\u{1b}[31mb\n\u{ffff}", 100), "a\u{fffd}[31mb\n\u{fffd}");
    }

    #[test]
    fn a_message_is_hidden_for_12_hours_after_its_receive_at_most() {
        let receipt = letter("{}", 0).receipt;
        let (hour, day) = (Duration::from_hours(1), Duration::from_hours(24));
        let after = |hours: u32, time| receipt.visibility(time, receipt.received + hour * hours);
        assert_eq!((after(0, hour), after(0, day)), (Some(3_600), Some(43_140)));
        assert_eq!((after(10, hour), after(10, day)), (Some(3_600), Some(7_140)));
        assert_eq!((after(12, hour), after(12, Duration::ZERO)), (None, Some(0)));
    }

    #[test]
    fn waits_are_whole_seconds_within_the_limits() {
        assert_eq!(seconds(Duration::ZERO, MAX_WAIT), 0);
        assert_eq!(seconds(Duration::from_millis(1), MAX_WAIT), 1);
        assert_eq!(seconds(Duration::from_secs(60), MAX_WAIT), 20);
        assert_eq!(seconds(Duration::MAX, MAX_VISIBILITY), 43_200);
    }
}
