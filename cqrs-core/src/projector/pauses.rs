use std::time::Duration;

/// The first pause between two reads is this fraction of the longest one.
const FIRST: u32 = 50;
/// The least pause, even if the longest one is set shorter.
const SHORTEST: Duration = Duration::from_millis(1);

/// The pauses between the reads of a waiting reader.
pub(crate) struct Pauses {
    next: Duration,
    longest: Duration,
}

impl Pauses {
    /// Each twice as long as the one before, up to the longest one.
    pub(crate) fn growing(longest: Duration) -> Self {
        let longest = longest.max(SHORTEST);
        Self { next: longest / FIRST, longest }
    }

    /// All of one length.
    pub(crate) fn even(length: Duration) -> Self {
        let longest = length.max(SHORTEST);
        Self { next: longest, longest }
    }

    pub(crate) fn next(&mut self) -> Duration {
        let pause = self.next;
        self.next = pause.saturating_mul(2).min(self.longest);
        pause
    }
}
