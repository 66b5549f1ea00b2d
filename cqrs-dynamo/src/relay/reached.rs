use std::time::Duration;

use cqrs_core::delivery::Positions;
use cqrs_core::{StoreError, Timestamp};

use super::leases::Leases;
use crate::store::DynamoEventStore;

/// How long a stream keeps its records (Amazon DynamoDB Developer Guide, "Change data capture for DynamoDB Streams").
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// How far the relays of one name have come with the shards of the stream.
pub(crate) async fn reached(events: &DynamoEventStore, relays: &str) -> Result<Positions, StoreError> {
    // It only reads, so it has no name and no leases.
    let leases = Leases::new(events.delivery(), relays, String::new(), Duration::ZERO);
    let board = leases.board().await?;
    let now = Timestamp::now();
    // The stream no longer holds an earlier position. All its records of the shard are still to be published; the relay reads the
    // missing commits from the table.
    let is_held = |acknowledged_at: Timestamp| now.since(acknowledged_at) < KEPT;
    let shards = board.shards.into_values().filter(|lease| is_held(lease.acknowledged_at));
    Ok(shards.filter_map(|lease| Some((lease.id, lease.position?))).collect())
}
