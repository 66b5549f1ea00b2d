use std::collections::VecDeque;

use cqrs_core::StoreError;
use cqrs_core::delivery::{ChangeFeed, FeedPage, Positions};

use crate::error::{refused, store_error};
use crate::shard::{Read, Shard};

/// After so many empty reads the list of shards is read again: new ones appear where old ones end, and that
/// is seen at once; this is for what was not seen.
const EMPTY_READS: u32 = 40;

/// The commits of an events table, from its DynamoDB Stream.
///
/// Shards are read parents before children, so the order within each stream of commits is kept. Records stay in
/// DynamoDB Streams for 24 hours (Amazon DynamoDB Developer Guide, "Change data capture for DynamoDB
/// Streams"): a delivery that stands still for longer misses commits.
#[derive(Debug)]
pub struct StreamFeed {
    tables: aws_sdk_dynamodb::Client,
    streams: aws_sdk_dynamodbstreams::Client,
    table: String,
    arn: Option<String>,
    /// Those that have not ended; the one to read next stands first, the one read last at the back.
    open: VecDeque<Shard>,
    /// Ids of those that have ended and are still listed.
    ended: Vec<String>,
    stale: bool,
    empty_reads: u32,
}

impl ChangeFeed for StreamFeed {
    async fn read(&mut self, after: &Positions) -> Result<FeedPage, StoreError> {
        let arn = self.arn().await?;
        if self.stale || self.empty_reads >= EMPTY_READS {
            self.list_shards(&arn, after).await?;
        }
        let mut left = self.open.len();
        while left > 0 {
            left -= 1;
            // The next one goes to the back, and stays there while it is read: a read that is dropped loses none.
            self.open.rotate_left(1);
            if self.open.back().is_none_or(|shard| self.waits_for_parent(shard)) {
                continue;
            }
            let Some(shard) = self.open.back_mut() else { break };
            let position = after.get(shard.id());
            match shard.read(&self.streams, &self.table, &arn, position).await? {
                Read::Changes(changes) => {
                    self.empty_reads = 0;
                    return Ok(FeedPage { changes });
                }
                Read::Nothing | Read::Others => {}
                Read::Ended => {
                    let ended = self.open.pop_back();
                    self.ended.extend(ended.map(|shard| shard.id().to_owned()));
                    self.list_shards(&arn, after).await?;
                    // Its children may be read now.
                    left = self.open.len();
                }
            }
        }
        self.empty_reads += 1;
        Ok(FeedPage::default())
    }
}

impl StreamFeed {
    pub(crate) fn new(
        tables: aws_sdk_dynamodb::Client,
        streams: aws_sdk_dynamodbstreams::Client,
        table: String,
    ) -> Self {
        Self {
            tables,
            streams,
            table,
            arn: None,
            open: VecDeque::new(),
            ended: Vec::new(),
            stale: true,
            empty_reads: 0,
        }
    }

    async fn arn(&mut self) -> Result<String, StoreError> {
        if let Some(arn) = &self.arn {
            return Ok(arn.clone());
        }
        let described = self.tables.describe_table().table_name(&self.table).send().await;
        let table = described.map_err(|error| store_error(&self.table, error))?.table;
        let arn = table.and_then(|table| table.latest_stream_arn).ok_or_else(|| {
            refused(format!(
                "table `{}` has no stream, so nothing can be delivered; enable one with new images, or let \
                 `create_tables()` make the table",
                self.table
            ))
        })?;
        self.arn = Some(arn.clone());
        Ok(arn)
    }

    fn waits_for_parent(&self, shard: &Shard) -> bool {
        shard.parent().is_some_and(|parent| self.open.iter().any(|other| other.id() == parent))
    }

    /// Takes in shards that were not there before, and forgets ended ones that are gone.
    async fn list_shards(&mut self, arn: &str, after: &Positions) -> Result<(), StoreError> {
        let mut listed = Vec::new();
        let mut start = None;
        loop {
            let page = self.streams.describe_stream().stream_arn(arn).set_exclusive_start_shard_id(start);
            let description =
                page.send().await.map_err(|error| store_error(&self.table, error))?.stream_description;
            let Some(description) = description else { break };
            listed.extend(description.shards.unwrap_or_default());
            start = description.last_evaluated_shard_id;
            if start.is_none() {
                break;
            }
        }
        let first = self.stale;
        let ids: Vec<&str> = listed.iter().filter_map(|shard| shard.shard_id()).collect();
        if first && !after.is_empty() && !ids.iter().any(|id| after.contains_key(*id)) {
            tracing::warn!(
                table = self.table,
                "the stream no longer holds the place where the delivery stopped; commits that are older than \
                 24 hours may not have been delivered"
            );
        }
        self.ended.retain(|id| ids.contains(&id.as_str()));
        for shard in &listed {
            let Some(id) = shard.shard_id() else { continue };
            let known =
                self.ended.iter().any(|ended| ended == id) || self.open.iter().any(|open| open.id() == id);
            if !known {
                self.open.push_back(Shard::new(id, shard.parent_shard_id()));
            }
        }
        self.stale = false;
        self.empty_reads = 0;
        Ok(())
    }
}
