use std::collections::HashMap;
use std::time::Duration;

use super::lease::{Board, Holder, Life, Sign};

/// What one relay has seen of the others, measured by its own clock.
///
/// A lease is free when its holder has given no sign of life for as long as the lease lasts, as this relay has watched it. So a
/// relay with a wrong clock does not keep its leases too long after its death, and does not take those of others too early. The
/// price: a relay that starts must watch a dead one for the whole length of a lease, even if that one died long ago.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// By the id of the item: the last sign, the relay that gave it, and when it was first seen.
    seen: HashMap<String, Seen>,
}

#[derive(Debug)]
struct Seen {
    relay: String,
    sign: Sign,
    since: Duration,
    /// It came after another one.
    moved: bool,
}

/// A board is read between two readings of this relay's clock.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading {
    pub(super) before: Duration,
    pub(super) after: Duration,
}

impl Watch {
    /// Says of each relay on the board whether it lives. `lease` is the length of a lease whose owner does not name one.
    pub(super) fn judge(&mut self, board: &mut Board, reading: Reading, lease: Duration) {
        let mut known = std::mem::take(&mut self.seen);
        for (relay, life) in &mut board.relays {
            let before = known.remove(relay);
            life.1 = self.look(relay, relay, &life.0, before, reading, lease);
        }
        for (id, held) in board.shards.iter_mut().chain(&mut board.segments) {
            if let Some(Holder { relay, sign, life }) = &mut held.holder {
                let before = known.remove(id);
                *life = self.look(id, relay, sign, before, reading, lease);
            }
        }
    }

    fn look(
        &mut self,
        id: &str,
        relay: &str,
        sign: &Sign,
        before: Option<Seen>,
        reading: Reading,
        lease: Duration,
    ) -> Life {
        let before = before.filter(|seen| seen.relay == relay);
        let seen = match before {
            Some(seen) if seen.sign == *sign => seen,
            before => Seen {
                relay: relay.to_owned(),
                sign: sign.clone(),
                since: reading.after,
                moved: before.is_some(),
            },
        };
        let silence = reading.before.saturating_sub(seen.since);
        let life = match (silence >= sign.lasts.unwrap_or(lease), seen.moved) {
            (true, _) => Life::Silent,
            (false, true) => Life::Seen,
            (false, false) => Life::Unknown,
        };
        self.seen.insert(id.to_owned(), seen);
        life
    }
}

#[cfg(test)]
mod tests {
    use cqrs_core::Timestamp;

    use super::super::lease::Lease;
    use super::*;

    const LEASE: Duration = Duration::from_secs(30);

    fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// A lease with a sign of life by the owner's clock, which is far off.
    fn board(relay: &str, beat: u64, lasts: Option<Duration>) -> Board {
        let until = Some(Timestamp::from_unix_millis(4_000_000_000_000));
        let sign = Sign { until, beat: Some(beat), lasts };
        let holder = Holder { relay: relay.to_owned(), sign, life: Life::Unknown };
        let now = Timestamp::from_unix_millis(0);
        let lease = Lease { holder: Some(holder), ..Lease::new("A", now, now) };
        Board { shards: [("A".to_owned(), lease)].into(), ..Board::default() }
    }

    fn life(watch: &mut Watch, mut board: Board, at: Duration) -> Life {
        watch.judge(&mut board, Reading { before: at, after: at }, LEASE);
        board.shards["A"].holder.clone().unwrap().life
    }

    #[test]
    fn a_relay_is_silent_when_its_sign_has_been_the_same_for_the_time_of_a_lease() {
        let mut watch = Watch::default();
        assert_eq!(life(&mut watch, board("you", 1, None), secs(100)), Life::Unknown);
        assert_eq!(life(&mut watch, board("you", 1, None), secs(129)), Life::Unknown);
        assert_eq!(life(&mut watch, board("you", 2, None), secs(131)), Life::Seen);
        assert_eq!(life(&mut watch, board("you", 2, None), secs(160)), Life::Seen);
        assert_eq!(life(&mut watch, board("you", 2, None), secs(161)), Life::Silent);
        assert_eq!(life(&mut watch, board("you", 3, None), secs(162)), Life::Seen, "it was slow, and lives");
    }

    #[test]
    fn another_owner_is_watched_anew() {
        let mut watch = Watch::default();
        assert_eq!(life(&mut watch, board("you", 1, None), secs(0)), Life::Unknown);
        assert_eq!(life(&mut watch, board("they", 1, None), secs(29)), Life::Unknown);
        assert_eq!(life(&mut watch, board("they", 1, None), secs(58)), Life::Unknown);
        assert_eq!(life(&mut watch, board("they", 1, None), secs(59)), Life::Silent);
    }

    #[test]
    fn a_lease_lasts_as_long_as_its_owner_says() {
        let mut watch = Watch::default();
        life(&mut watch, board("you", 1, Some(secs(60))), secs(0));
        assert_eq!(life(&mut watch, board("you", 1, Some(secs(60))), secs(59)), Life::Unknown);
        assert_eq!(life(&mut watch, board("you", 1, Some(secs(60))), secs(60)), Life::Silent);
    }

    #[test]
    fn the_time_that_reading_takes_does_not_count_as_silence() {
        let mut watch = Watch::default();
        let mut slow = board("you", 1, None);
        watch.judge(&mut slow, Reading { before: secs(0), after: secs(40) }, LEASE);
        assert_eq!(life(&mut watch, board("you", 1, None), secs(69)), Life::Unknown);
        assert_eq!(life(&mut watch, board("you", 1, None), secs(70)), Life::Silent);
    }

    #[test]
    fn what_is_gone_from_the_board_is_forgotten() {
        let mut watch = Watch::default();
        life(&mut watch, board("you", 1, None), secs(0));
        watch.judge(&mut Board::default(), Reading { before: secs(1), after: secs(1) }, LEASE);
        assert_eq!(life(&mut watch, board("you", 1, None), secs(40)), Life::Unknown);
    }
}
