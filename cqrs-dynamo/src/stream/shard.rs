use aws_sdk_dynamodbstreams::Client;
use aws_sdk_dynamodbstreams::error::ProvideErrorMetadata;
use aws_sdk_dynamodbstreams::operation::get_records::GetRecordsOutput;
use aws_sdk_dynamodbstreams::types::{OperationType, ShardIteratorType, StreamRecord};
use cqrs_core::delivery::{Alteration, Change};
use cqrs_core::store::record;
use cqrs_core::{StoreError, Timestamp};
use serde_json::Value;

use crate::table::{attribute, store_error};

/// The code for a position that is older than what the stream keeps.
const TRIMMED: &str = "TrimmedDataAccessException";

/// The least and the greatest length of a sequence number (Amazon DynamoDB Streams API Reference, "GetShardIterator").
const SHORTEST_NUMBER: usize = 21;
const LONGEST_NUMBER: usize = 40;
/// Separates the number of a position from the number's length.
const LENGTH: char = '/';

/// One shard of a stream, and how far it has been read.
#[derive(Debug)]
pub(crate) struct Shard {
    id: String,
    parent: Option<String>,
    reader: Option<Reader>,
}

/// An iterator, and the position that it continues.
#[derive(Debug)]
struct Reader {
    after: Option<String>,
    iterator: String,
}

/// The result of one read of a shard.
pub(crate) enum Read {
    Changes(Vec<Streamed>),
    /// There is nothing new at present.
    Nothing,
    /// All of it has been read.
    Ended,
    /// The stream no longer holds what follows the position.
    Trimmed,
    /// The whole shard is older than what the stream keeps.
    Gone,
}

/// A change, and when DynamoDB took it, to the second.
pub(crate) struct Streamed {
    pub(crate) change: Change,
    #[cfg_attr(not(feature = "broker"), expect(dead_code, reason = "only the relay to a topic asks for it"))]
    pub(crate) at: Option<Timestamp>,
}

impl Shard {
    pub(crate) fn new(id: &str, parent: Option<&str>) -> Self {
        Self { id: id.to_owned(), parent: parent.map(str::to_owned), reader: None }
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn parent(&self) -> Option<&str> {
        self.parent.as_deref()
    }

    /// Reads what follows `after`, at most one request's worth.
    pub(crate) async fn read(
        &mut self,
        client: &Client,
        table: &str,
        arn: &str,
        after: Option<&String>,
    ) -> Result<Read, StoreError> {
        // A page that the caller has not taken is read again.
        let mut kept = self.reader.take().filter(|reader| reader.after.as_ref() == after);
        loop {
            let fresh = kept.is_none();
            let iterator = match kept.take() {
                Some(reader) => reader.iterator,
                None => match self.iterator(client, table, arn, after).await? {
                    Ok(iterator) => iterator,
                    Err(end) => return Ok(end),
                },
            };
            match client.get_records().shard_iterator(&iterator).send().await {
                Ok(output) => match self.take(output, after) {
                    // The commits after them must not wait for the next poll.
                    None => kept = self.reader.take(),
                    Some(read) => return Ok(read),
                },
                // An iterator lives for 15 minutes; a position does not age. And the iterator of an empty shard may expire before
                // its position does.
                Err(error)
                    if matches!(error.code(), Some("ExpiredIteratorException" | TRIMMED)) && !fresh => {}
                Err(error) if error.code() == Some(TRIMMED) => return Ok(Read::Trimmed),
                Err(error) => return Err(store_error(table, error)),
            }
        }
    }

    /// What the answer contains; `None` if it has records, but no commit.
    fn take(&mut self, output: GetRecordsOutput, after: Option<&String>) -> Option<Read> {
        let mut changes = Vec::new();
        let records = output.records.unwrap_or_default();
        let empty = records.is_empty();
        for record in records {
            let kind = record.event_name;
            let Some(image) = record.dynamodb else { continue };
            let number = image.sequence_number().unwrap_or_default();
            let position = position(number);
            let at = image.approximate_creation_date_time().and_then(|at| at.to_millis().ok());
            // Commits are never changed or deleted by this crate: something else did it. Other items are not ours.
            let stored = match kind {
                Some(OperationType::Insert) => Some(image_of(image)),
                Some(OperationType::Modify) => altered(Alteration::Overwritten, &image),
                Some(OperationType::Remove) => altered(Alteration::Removed, &image),
                _ => None,
            };
            let Some(record) = stored else { continue };
            let change = Change::new(self.id.clone(), position, record);
            changes.push(Streamed { change, at: at.map(Timestamp::from_unix_millis) });
        }
        let last = changes.last().map(|streamed| streamed.change.position.clone());
        let continues = last.or_else(|| after.cloned());
        let next = output.next_shard_iterator;
        let ended = next.is_none();
        self.reader = next.map(|iterator| Reader { after: continues, iterator });
        match changes.is_empty() {
            true if ended => Some(Read::Ended),
            true if empty => Some(Read::Nothing),
            true => None,
            // The next read sees the end once more.
            false => Some(Read::Changes(changes)),
        }
    }

    /// An iterator, or why there is no iterator.
    async fn iterator(
        &self,
        client: &Client,
        table: &str,
        arn: &str,
        after: Option<&String>,
    ) -> Result<Result<String, Read>, StoreError> {
        let wanted = client.get_shard_iterator().stream_arn(arn).shard_id(&self.id);
        let wanted = match after {
            Some(position) => wanted
                .shard_iterator_type(ShardIteratorType::AfterSequenceNumber)
                .sequence_number(sequence_number(position)),
            None => wanted.shard_iterator_type(ShardIteratorType::TrimHorizon),
        };
        match wanted.send().await {
            Ok(output) => Ok(output.shard_iterator.ok_or(Read::Ended)),
            Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(Err(Read::Gone)),
            Err(error) if error.code() == Some(TRIMMED) => Ok(Err(Read::Trimmed)),
            Err(error) => Err(store_error(table, error)),
        }
    }
}

/// Positions sort as text, so a sequence number is padded with zeros. A number may begin with zeros itself, and a stream knows it
/// by its text: if its length does not follow from the position, the length is appended.
fn position(number: &str) -> String {
    let padded = format!("{number:0>LONGEST_NUMBER$}");
    match sequence_number(&padded) == number {
        true => padded,
        false => format!("{padded}{LENGTH}{}", number.len()),
    }
}

/// The sequence number of a position, as the stream gave it.
fn sequence_number(position: &str) -> &str {
    let (padded, length) = match position.split_once(LENGTH) {
        Some((padded, length)) => (padded, length.parse().unwrap_or(SHORTEST_NUMBER)),
        None => (position, SHORTEST_NUMBER.max(position.trim_start_matches('0').len())),
    };
    padded.get(padded.len().saturating_sub(length)..).unwrap_or(padded)
}

fn altered(what: Alteration, image: &StreamRecord) -> Option<Value> {
    let keys = image.keys()?;
    what.record(keys.get("pk")?.as_s().ok()?, keys.get("sk")?.as_s().ok()?)
}

/// The stored item, without attributes that are not JSON: a commit that lacks one is kept as a dead letter instead of stopping
/// the feed.
fn image_of(image: StreamRecord) -> Value {
    let mut image = image.new_image.unwrap_or_default();
    image.remove(record::STATE);
    Value::Object(attribute::streamed_readable(image, &mut Vec::new()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_number_comes_back_as_the_stream_gave_it() {
        // DynamoDB's, one that is padded to the shortest length, and one that is padded to another.
        let numbers = [
            "111500000000006646622341",
            "000000000000000000048",
            "000000017959876543210000000007",
            "100000000000000000000",
        ];
        for number in numbers {
            assert_eq!(sequence_number(&position(number)), number);
        }
        assert_eq!(sequence_number("7"), "7");
        assert_eq!(sequence_number(""), "");
    }

    #[test]
    fn positions_are_those_of_earlier_releases() {
        for number in ["111500000000006646622341", "000000000000000000048", "100000000000000000000"] {
            assert_eq!(position(number), format!("{number:0>LONGEST_NUMBER$}"));
        }
    }

    #[test]
    fn positions_sort_as_the_numbers_do() {
        let numbers = [
            "000000000000000000048",
            "000000000000000000110",
            "100000000000000000000",
            "111500000000006646622341",
        ];
        assert!(numbers.map(position).is_sorted());
    }
}
