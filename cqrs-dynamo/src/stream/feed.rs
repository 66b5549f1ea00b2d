use std::collections::VecDeque;

use cqrs_core::StoreError;
use cqrs_core::delivery::{ChangeFeed, FeedPage, Positions};

use super::TableStream;
use super::shard::{Read, Shard};

/// After this many empty reads the list of shards is read again. New shards usually appear where old ones end, which is seen at
/// once; this catches all others.
const EMPTY_READS: u32 = 40;
/// After this many ends the list is read as well, to forget shards that are no longer listed: a busy stream has no
/// empty reads.
const ENDS: u32 = 100;

/// The commits of an events table, from its DynamoDB Stream.
///
/// Shards are read parents before children, so the order within each stream of commits is kept. Records stay in DynamoDB Streams
/// for 24 hours (Amazon DynamoDB Developer Guide, "Change data capture for DynamoDB Streams"): a delivery that stops for longer
/// misses commits.
#[derive(Debug)]
pub struct StreamFeed {
    stream: TableStream,
    /// Shards that have not ended; the next one to read is first, the last one read is at the back.
    open: VecDeque<Shard>,
    /// Ids of shards that have ended and are still listed.
    ended: Vec<String>,
    stale: bool,
    empty_reads: u32,
    /// How many have ended since the list was read.
    ends: u32,
    /// By shard, the position that the stream no longer holds: the shard is read from its oldest record.
    trimmed: Positions,
}

impl ChangeFeed for StreamFeed {
    async fn read(&mut self, after: &Positions) -> Result<FeedPage, StoreError> {
        let arn = self.stream.arn().await?;
        if self.stale || self.empty_reads >= EMPTY_READS {
            self.list_shards(after).await?;
        }
        let mut left = self.open.len();
        while left > 0 {
            left -= 1;
            // The next shard goes to the back, and stays there while it is read: a dropped read loses no shard.
            self.open.rotate_left(1);
            if self.open.back().is_none_or(|shard| self.waits_for_parent(shard)) {
                continue;
            }
            let Some(shard) = self.open.back_mut() else { break };
            let trimmed = self.trimmed.get(shard.id());
            let position = after.get(shard.id()).filter(|position| trimmed != Some(position));
            match shard.read(&self.stream.client, &self.stream.table.name, &arn, position).await? {
                Read::Changes(changes) => {
                    self.empty_reads = 0;
                    let changes = changes.into_iter().map(|streamed| streamed.change).collect();
                    return Ok(FeedPage::new(changes));
                }
                Read::Nothing => {}
                // With a position: it is read again, from its oldest record. Without: that record has left the stream just now.
                Read::Trimmed => {
                    if let Some(position) = position {
                        let shard = shard.id().to_owned();
                        tell_gap(&self.stream.table.name, Some(&shard));
                        self.trimmed.insert(shard, position.clone());
                        self.open.rotate_right(1);
                        left += 1;
                    }
                }
                read @ (Read::Ended | Read::Gone) => {
                    let Some(ended) = self.open.pop_back() else { break };
                    self.ended.push(ended.id().to_owned());
                    self.ends += 1;
                    // If this fails, all of them are listed next time.
                    self.empty_reads = EMPTY_READS;
                    let children = match read {
                        Read::Ended if self.ends < ENDS => self.stream.children(ended.id()).await?,
                        _ => Vec::new(),
                    };
                    match children.is_empty() {
                        true => self.list_shards(after).await?,
                        false => self.take_in(children),
                    }
                    self.empty_reads = 0;
                    // Its children can be read now.
                    left = self.open.len();
                }
            }
        }
        self.empty_reads += 1;
        Ok(FeedPage::default())
    }
}

impl StreamFeed {
    pub(crate) fn new(stream: TableStream) -> Self {
        Self {
            stream,
            open: VecDeque::new(),
            ended: Vec::new(),
            stale: true,
            empty_reads: 0,
            ends: 0,
            trimmed: Positions::new(),
        }
    }

    fn waits_for_parent(&self, shard: &Shard) -> bool {
        shard.parent().is_some_and(|parent| self.open.iter().any(|other| other.id() == parent))
    }

    /// Adds new shards, and forgets ended ones that are gone.
    async fn list_shards(&mut self, after: &Positions) -> Result<(), StoreError> {
        let listed = self.stream.shards().await?;
        let ids: Vec<&str> = listed.iter().map(Shard::id).collect();
        if self.stale && !after.is_empty() && !ids.iter().any(|id| after.contains_key(*id)) {
            tell_gap(&self.stream.table.name, None);
        }
        self.trimmed.retain(|id, _| ids.contains(&id.as_str()));
        self.ended.retain(|id| ids.contains(&id.as_str()));
        self.take_in(listed);
        self.stale = false;
        self.empty_reads = 0;
        self.ends = 0;
        Ok(())
    }

    /// Adds new shards.
    fn take_in(&mut self, listed: Vec<Shard>) {
        for shard in listed {
            let known = self.ended.iter().any(|ended| ended == shard.id())
                || self.open.iter().any(|open| open.id() == shard.id());
            if !known {
                self.open.push_back(shard);
            }
        }
    }
}

fn tell_gap(table: &str, shard: Option<&str>) {
    tracing::warn!(
        table,
        shard,
        "the stream no longer holds the place where the delivery stopped; commits that are older than \
         24 hours may not have been delivered"
    );
}
