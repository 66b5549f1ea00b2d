//! User and time, the same in every run.

use crate::metadata::Metadata;
use crate::timestamp::Timestamp;

/// 2024-01-01T00:00:00Z, in milliseconds.
const START: i64 = 1_704_067_200_000;

/// The metadata of the commits of a test: a fixed time, and command ids that count.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    pub(crate) at: Timestamp,
    pub(crate) by: Option<String>,
    commands: u32,
    /// The test's changes to the next one.
    next: Option<Metadata>,
}

impl Setting {
    pub(crate) fn new() -> Self {
        Self { at: Timestamp::from_unix_millis(START), by: None, commands: 0, next: None }
    }

    /// The metadata of the next commit.
    pub(crate) fn next(&mut self) -> Metadata {
        self.commands += 1;
        self.next.take().unwrap_or_else(|| self.drawn(self.commands))
    }

    /// Lets the test change the metadata of the next commit.
    pub(crate) fn change(&mut self, change: impl FnOnce(&mut Metadata)) {
        let mut metadata = self.next.take().unwrap_or_else(|| self.drawn(self.commands + 1));
        change(&mut metadata);
        self.next = Some(metadata);
    }

    fn drawn(&self, number: u32) -> Metadata {
        let mut metadata = Metadata::new(format!("command-{number}"), self.at);
        metadata.created_by.clone_from(&self.by);
        metadata
    }
}

/// The time that a test has written.
#[track_caller]
pub(crate) fn time<T: TryInto<Timestamp, Error: std::fmt::Display>>(when: T) -> Timestamp {
    when.try_into().unwrap_or_else(|error| panic!("{error}"))
}
