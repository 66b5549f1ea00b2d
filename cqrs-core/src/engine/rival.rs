use std::time::Duration;

use tokio::time::Instant;

/// After this many own commits in a row, the other process gets room for one.
const TURN: u32 = 16;

/// How long the room is at least, in appends of this process. A process that catches up needs two round trips in it, and it
/// has to come upon it first. In a simulation, few long pauses let a process with a round trip up to three times as long
/// through more often than many short ones, and cost less.
const ROOM: f64 = 8.0;

/// After this many own commits in a row, the other process has gone.
const GONE: u32 = 512;

/// The other process that writes the same stream, and the room that this process makes for it.
///
/// If two processes write one stream without a break, the one with the shorter round trip can win every time. The other
/// learns that it lost when its own request is refused. By then the next commit of the winner is on its way, so its next
/// request is late as well. No wait of the loser changes that: after a wait it has to read first, and is later still.
/// So the winner pauses now and then, for as long as the loser needs. Nothing is sent for it, and a process that writes
/// alone never pauses.
#[derive(Default)]
pub(crate) struct Rival {
    is_seen: bool,
    /// Own commits since the last one of the other process.
    in_a_row: u32,
    /// The end of the last own append, and how long the shortest of the row took: the others may have waited for a
    /// processor, or for the other process.
    last: Option<(Instant, Duration)>,
}

impl Rival {
    /// A commit of another process was met.
    pub(super) fn met(&mut self) {
        *self = Self { is_seen: true, ..Self::default() };
    }

    /// The time at which an append starts, if it counts.
    pub(super) fn start(&self) -> Option<Instant> {
        self.is_seen.then(Instant::now)
    }

    /// An own commit was stored by an append that began at `started`.
    pub(super) fn beaten(&mut self, started: Option<Instant>) {
        let Some(started) = started.filter(|_| self.is_seen) else { return };
        self.in_a_row += 1;
        let took = started.elapsed();
        let shortest = self.last.map_or(took, |(_, shortest)| shortest.min(took));
        self.last = Some((Instant::now(), shortest));
        if self.in_a_row >= GONE {
            *self = Self::default();
        }
    }

    /// How long to wait before the next command.
    pub(super) fn room(&self) -> Option<Duration> {
        let (ended, took) = self.last.filter(|_| self.in_a_row.is_multiple_of(TURN))?;
        // After a break there was room.
        (ended.elapsed() < took * 2).then(|| took.mul_f64(ROOM + 2.0 * fastrand::f64()))
    }
}
