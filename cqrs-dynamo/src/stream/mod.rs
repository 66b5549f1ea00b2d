//! The DynamoDB Stream of the events table: its shards, and the feed of commits that they give.

mod feed;
mod shard;
mod table_stream;

pub use feed::StreamFeed;
#[cfg(feature = "broker")]
pub(crate) use shard::Read;
pub(crate) use shard::Shard;
pub(crate) use table_stream::TableStream;
