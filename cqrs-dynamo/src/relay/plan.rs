//! What to do, by the listed shards and the existing leases.

use std::collections::BTreeSet;
use std::time::Duration;

use cqrs_core::Timestamp;

use super::lease::{Board, Lease, Life};
use crate::stream::Shard;

/// How long a stream keeps its records (Amazon DynamoDB Developer Guide, "Change data capture for DynamoDB Streams").
pub(super) const RETENTION: Duration = Duration::from_hours(24);

/// What a relay has to store before it continues to read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Findings {
    /// Listed shards without a lease.
    pub(super) new: Vec<Lease>,
    /// Since when commits may have been lost with records that the stream no longer keeps.
    pub(super) hole: Option<Timestamp>,
    /// Shards that are no longer listed and were not read to their end.
    pub(super) lost: Vec<String>,
    /// Shards whose first records may be gone, and of which nothing has been read.
    pub(super) late: Vec<String>,
    /// Leases that are no longer needed.
    pub(super) over: Vec<String>,
    /// Relays without a sign of life for long.
    pub(super) silent: Vec<String>,
}

/// Compares the listed shards with the stored leases.
///
/// There are no leases before the first relay begins: it publishes what the stream holds then, and no older commits. From then on
/// every record is published, or there is a hole:
///
/// * a shard is gone before it was read to its end,
/// * a shard exists whose parent is gone and was never seen, so there may have been more such shards,
/// * a shard is older than the oldest record that the stream keeps, and nothing of it has been read.
///
/// The fourth kind, a position that the stream no longer knows, shows when it is read.
pub(super) fn survey(board: &Board, listed: &[Shard], now: Timestamp, margin: Duration) -> Findings {
    let mut findings = Findings::default();
    let mut hole = |since: Timestamp| {
        findings.hole = Some(findings.hole.map_or(since, |known| known.min(since)));
    };
    let oldest = now - RETENTION;
    for shard in listed.iter().filter(|shard| !board.shards.contains_key(shard.id())) {
        let acknowledged_at = match ancestor(board, listed, shard) {
            _ if !board.begun => oldest,
            Some(ancestor) => ancestor.acknowledged_at,
            None => {
                hole(board.shards.values().map(|lease| lease.acknowledged_at).min().unwrap_or(oldest));
                now
            }
        };
        findings.new.push(Lease::new(shard.id(), acknowledged_at, now));
    }
    // A shard that was listed less than a day ago still exists, even if the list lacks it: the list may be behind. And a shard
    // that another relay works on is for that relay to judge.
    let aged = |lease: &Lease| lease.since < oldest + margin && !lease.is_held();
    for (id, lease) in board.shards.iter().filter(|(_, lease)| aged(lease)) {
        match listed.iter().any(|shard| shard.id() == id) {
            false if lease.done => findings.over.push(id.clone()),
            false => {
                hole(lease.acknowledged_at);
                findings.lost.push(id.clone());
            }
            true if !lease.done && lease.position.is_none() => {
                hole(lease.acknowledged_at);
                findings.late.push(id.clone());
            }
            true => {}
        }
    }
    let silent = board.relays.iter().filter(|(_, (_, life))| *life == Life::Silent);
    findings.silent.extend(silent.map(|(relay, _)| relay.clone()));
    findings
}

/// The nearest shard before this one that has a lease.
fn ancestor<'a>(board: &'a Board, listed: &[Shard], shard: &Shard) -> Option<&'a Lease> {
    let mut seen = BTreeSet::from([shard.id()]);
    let mut parent = shard.parent();
    while let Some(id) = parent.filter(|id| seen.insert(id)) {
        if let Some(lease) = board.shards.get(id) {
            return Some(lease);
        }
        parent = listed.iter().find(|shard| shard.id() == id).and_then(Shard::parent);
    }
    None
}

/// What any relay can read now. During a catch-up, only its segments: nothing of a stream may be published before its commits in
/// the catch-up. Otherwise the shards whose parents are done.
pub(super) fn readable<'a>(board: &'a Board, listed: &[Shard]) -> Vec<&'a Lease> {
    if !board.segments.is_empty() {
        return board.segments.values().collect();
    }
    let waits_for = |parent: &str| match board.shards.get(parent) {
        Some(lease) => !lease.done,
        None => listed.iter().any(|shard| shard.id() == parent),
    };
    let open = listed.iter().filter(|shard| !shard.parent().is_some_and(waits_for));
    open.filter_map(|shard| board.shards.get(shard.id())).filter(|lease| !lease.done).collect()
}

/// What one relay has to do with the readable leases.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) take: Vec<Lease>,
    pub(super) hand_back: Vec<String>,
}

/// Shares the leases among the relays at work, this one and `others`: each takes its share, and hands back the excess.
pub(super) fn share<'a>(
    readable: &[&Lease],
    held: impl IntoIterator<Item = &'a str>,
    others: usize,
    me: &str,
) -> Share {
    let due = readable.len().div_ceil(others + 1);
    let (mine, mut hand_back): (Vec<&str>, Vec<&str>) =
        held.into_iter().partition(|id| readable.iter().any(|lease| lease.id == *id));
    let kept = mine.len().min(due);
    hand_back.extend(&mine[kept..]);
    let free = readable.iter().filter(|lease| !mine.contains(&lease.id.as_str()) && !lease.is_taken(me));
    Share {
        take: free.take(due - kept).map(|lease| Lease::clone(lease)).collect(),
        hand_back: hand_back.into_iter().map(str::to_owned).collect(),
    }
}

#[cfg(test)]
mod tests;
