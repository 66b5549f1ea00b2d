use std::sync::Arc;

use aws_sdk_dynamodbstreams::Client;
use cqrs_core::{StoreError, Timestamp};
use serde_json::Value;

use super::scan::Scan;
use crate::stream::{Read, Shard};

/// The source of a lease's records.
pub(super) enum Source {
    Shard { shard: Shard, stream: Arc<Endpoint> },
    Segment(Scan),
}

/// A stream, as its shards are read.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) client: Client,
    pub(super) table: String,
    pub(super) arn: String,
}

/// What one read gave.
pub(super) enum Portion {
    Page(Page),
    /// There is nothing new at present.
    Nothing,
    /// All of it has been read.
    Ended,
    /// What follows the position can no longer be read.
    Trimmed,
    /// Nothing of it can be read any more.
    Gone,
}

/// Records, and the position of the lease after them.
pub(super) struct Page {
    pub(super) records: Vec<Value>,
    /// The position after each record; empty if only a whole page has a position.
    pub(super) marks: Vec<Mark>,
    /// The position after all of them, if the records have no marks.
    pub(super) end: Option<Mark>,
}

/// A position, and when DynamoDB took the record before it.
pub(super) struct Mark {
    pub(super) position: String,
    pub(super) at: Option<Timestamp>,
}

impl Source {
    pub(super) async fn read(&mut self, after: Option<&String>) -> Result<Portion, StoreError> {
        match self {
            Self::Segment(scan) => scan.read(after.map(String::as_str)).await,
            Self::Shard { shard, stream } => {
                Ok(match shard.read(&stream.client, &stream.table, &stream.arn, after).await? {
                    Read::Nothing => Portion::Nothing,
                    Read::Ended => Portion::Ended,
                    Read::Trimmed => Portion::Trimmed,
                    Read::Gone => Portion::Gone,
                    Read::Changes(changes) => {
                        let (records, marks) = changes
                            .into_iter()
                            .map(|streamed| {
                                let position = streamed.change.position;
                                (streamed.change.record, Mark { position, at: streamed.at })
                            })
                            .unzip();
                        Portion::Page(Page { records, marks, end: None })
                    }
                })
            }
        }
    }
}

impl Page {
    /// The position of the lease after some records are published.
    pub(super) fn mark(&self, published: usize) -> Option<&Mark> {
        match self.end.as_ref().filter(|_| published == self.records.len()) {
            Some(end) => Some(end),
            None => self.marks.get(published.checked_sub(1)?),
        }
    }
}
