use std::collections::VecDeque;

use serde_json::Value;

/// How many entries are kept for clients that are new or slow.
const KEPT: usize = 200;

/// The last entries, numbered from 1.
#[derive(Debug, Default)]
pub(super) struct Ring {
    entries: VecDeque<Entry>,
    newest: u64,
    /// The number up to which commits are gone; 0 if none are.
    gone: u64,
}

/// Something to tell the clients.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) number: u64,
    pub(crate) kind: Kind,
    pub(crate) value: Value,
}

/// The content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A commit.
    Commit,
    /// The feed could not be read.
    Failed,
    /// The feed can be read again.
    Restored,
}

/// What a client has not seen.
#[derive(Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) entries: Vec<Entry>,
    /// The number of the first entry that is here, if commits are gone that came after those that the client has seen.
    pub(crate) missed: Option<u64>,
}

impl Ring {
    /// Adds entries, and returns the number of the last one.
    pub(super) fn push(&mut self, kind: Kind, values: impl IntoIterator<Item = Value>) -> u64 {
        for value in values {
            // The present state of the feed replaces the earlier one: a long failure must not push the commits out.
            let is_status = |entry: &Entry| entry.kind != Kind::Commit;
            if kind != Kind::Commit && self.entries.back().is_some_and(is_status) {
                self.entries.pop_back();
            }
            self.newest += 1;
            self.entries.push_back(Entry { number: self.newest, kind, value });
        }
        let surplus = self.entries.len().saturating_sub(KEPT);
        for entry in self.entries.drain(..surplus).filter(|entry| entry.kind == Kind::Commit) {
            self.gone = entry.number;
        }
        self.newest
    }

    /// Adds the commits that a new reader begins with, without those that are already here. If none of them is here,
    /// others may have come in between. In that case the entries here are dropped, and clients that continue from there
    /// are told that they have missed something.
    pub(super) fn join(&mut self, commits: Vec<Value>) -> u64 {
        let (known, new): (Vec<_>, Vec<_>) = commits.into_iter().partition(|commit| self.has(commit));
        if known.is_empty() && self.entries.iter().any(|entry| entry.kind == Kind::Commit) {
            self.entries.clear();
            // A number that no client has seen.
            self.newest += 1;
            self.gone = self.newest;
        }
        self.push(Kind::Commit, new)
    }

    fn has(&self, commit: &Value) -> bool {
        let mut commits = self.entries.iter().filter(|entry| entry.kind == Kind::Commit);
        commits.any(|entry| entry.value.get("place") == commit.get("place"))
    }

    /// Whether the last read of the feed failed.
    pub(super) fn has_failed(&self) -> bool {
        self.entries.back().is_some_and(|entry| entry.kind == Kind::Failed)
    }

    pub(super) fn after(&self, number: u64) -> Seen {
        let entries = self.entries.iter().filter(|entry| entry.number > number).cloned().collect();
        // A new client has missed nothing.
        let has_missed = number > 0 && number < self.gone;
        Seen { entries, missed: self.entries.front().filter(|_| has_missed).map(|entry| entry.number) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(seen: &Seen) -> Vec<u64> {
        seen.entries.iter().map(|entry| entry.number).collect()
    }

    #[test]
    fn what_is_gone_is_said() {
        let mut ring = Ring::default();
        assert_eq!(ring.push(Kind::Commit, [Value::Null, Value::Null]), 2);
        assert_eq!((numbers(&ring.after(0)), ring.after(0).missed), (vec![1, 2], None));
        assert_eq!(numbers(&ring.after(1)), [2]);
        ring.push(Kind::Commit, vec![Value::Null; KEPT]);
        assert_eq!(ring.after(1).missed, Some(3));
        assert_eq!(ring.after(2).missed, None);
        assert_eq!((ring.after(0).entries.len(), ring.after(0).missed), (KEPT, None), "it begins");
        assert_eq!(ring.after(u64::MAX), Seen { entries: vec![], missed: None });
    }

    #[test]
    fn a_failure_that_lasts_is_one_entry() {
        let mut ring = Ring::default();
        ring.push(Kind::Commit, [Value::Null]);
        for _ in 0..2 * KEPT {
            ring.push(Kind::Failed, [Value::Null]);
        }
        assert!(ring.has_failed());
        let newest = ring.push(Kind::Restored, [Value::Null]);
        assert!(!ring.has_failed());
        assert_eq!(numbers(&ring.after(0)), [1, newest]);
        assert_eq!(ring.after(1).missed, None, "no commit is gone");
    }
}
