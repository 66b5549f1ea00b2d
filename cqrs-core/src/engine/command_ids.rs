use std::collections::HashMap;

use crate::snapshot::{EarlierIds, IdDigest};
use crate::version::Version;

/// The command ids of a stream's commits: of all, or of those from some version on.
///
/// Every folded commit adds an id, and few commands look for one. So the ids are kept one after the other in a text.
/// The first search makes an index of them, and later searches bring it up to date.
///
/// There may be digests of the ids before the first known one. They are too short to prove that an id is there, and
/// long enough to prove that most are not.
#[derive(Default)]
pub(crate) struct CommandIds {
    text: String,
    /// Where each id ends in the text. There is no gap up to the last commit.
    ends: Vec<usize>,
    last: Version,
    /// The place of the last commit under an id, for the first `indexed` ids.
    places: HashMap<Box<str>, usize>,
    indexed: usize,
    /// The digests of the ids right before those in the text, in their order.
    earlier: Vec<IdDigest>,
}

/// Where the id of a command is in a stream.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Sighting {
    /// The last commit that has it.
    Known(Version),
    /// Each of these may have it, and the first that has it counts. The last commit comes first.
    Perhaps(Vec<Version>),
}

impl CommandIds {
    /// The ids of the last commits up to `version`, and the digests of those before them.
    pub(crate) fn up_to(version: Version, ids: &[String], earlier: EarlierIds) -> Self {
        let mut found = Self { earlier: earlier.into(), ..Self::default() };
        ids.iter().for_each(|id| found.push(id, version));
        found
    }

    /// Adds the id of the commit at `version`, which is the last one.
    #[inline]
    pub(crate) fn push(&mut self, id: &str, version: Version) {
        self.text.push_str(id);
        self.ends.push(self.text.len());
        self.last = version;
    }

    /// The commits that an earlier execution of the command may have made.
    pub(crate) fn find(&mut self, id: &str) -> Sighting {
        for place in self.indexed..self.ends.len() {
            let id = self.id(place).into();
            self.places.insert(id, place);
        }
        self.indexed = self.ends.len();
        let known = self.ends.len();
        if let Some(place) = self.places.get(id) {
            return Sighting::Known(self.before(known - 1 - place));
        }
        if self.earlier.is_empty() {
            return Sighting::Perhaps(Vec::new());
        }
        let digest = IdDigest::of(id);
        let alike = self.earlier.iter().rev().enumerate().filter(|(_, earlier)| **earlier == digest);
        Sighting::Perhaps(alike.map(|(behind, _)| self.before(known + behind)).collect())
    }

    /// Forgets the oldest digests, but keeps `count` ids.
    pub(crate) fn forget_earlier(&mut self, count: usize) {
        let kept = count.saturating_sub(self.ends.len());
        self.earlier.drain(..self.earlier.len().saturating_sub(kept));
    }

    /// The version that is `commits` commits before the last one.
    fn before(&self, commits: usize) -> Version {
        Version::new(self.last.get().saturating_sub(commits as u64))
    }

    /// The last ids that are known in full, at most `full` of them, in the order of their commits, and the digests of those before
    /// them: `count` together.
    pub(crate) fn last(&self, full: usize, count: usize) -> (Vec<String>, EarlierIds) {
        let skipped = self.ends.len().saturating_sub(full.min(count));
        let ids: Vec<_> = (skipped..self.ends.len()).map(|place| self.id(place).to_owned()).collect();
        let earlier = self.digests_before(skipped, count - ids.len());
        (ids, earlier)
    }

    /// The digests of the last `count` ids.
    pub(crate) fn digests(&self, count: usize) -> EarlierIds {
        self.digests_before(self.ends.len(), count)
    }

    /// The digests of the last `count` ids before a place.
    fn digests_before(&self, end: usize, count: usize) -> EarlierIds {
        let begin = end.saturating_sub(count);
        let earlier = self.earlier.len().saturating_sub(count - (end - begin));
        let known = (begin..end).map(|place| IdDigest::of(self.id(place)));
        self.earlier.iter().skip(earlier).copied().chain(known).collect()
    }

    fn id(&self, place: usize) -> &str {
        let begin = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[begin..self.ends[place]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions(found: &mut CommandIds, id: &str) -> Vec<u64> {
        match found.find(id) {
            Sighting::Known(version) => vec![version.get()],
            Sighting::Perhaps(versions) => versions.into_iter().map(Version::get).collect(),
        }
    }

    #[test]
    fn the_last_ids_lead_to_their_commits() {
        let ids = ["a", "b", "a", "c"].map(str::to_owned);
        let mut found = CommandIds::up_to(Version::new(10), &ids, EarlierIds::default());
        assert_eq!(versions(&mut found, "b"), [8]);
        assert_eq!(versions(&mut found, "c"), [10]);
        // Beyond what a snapshot remembers a command may be executed again under its id.
        assert_eq!(versions(&mut found, "a"), [9]);
        assert_eq!(versions(&mut found, "d"), [0; 0]);
        assert_eq!(found.last(2, 2).0, ["a", "c"]);
        assert_eq!(found.last(100, 100).0, ids);
    }

    #[test]
    fn an_id_that_came_after_a_look_is_found() {
        let mut found = CommandIds::default();
        assert_eq!(versions(&mut found, "a"), [0; 0]);
        found.push("a", Version::new(1));
        assert_eq!(versions(&mut found, "a"), [1]);
        found.push("b", Version::new(2));
        found.push("a", Version::new(3));
        assert_eq!(versions(&mut found, "b"), [2]);
        assert_eq!(versions(&mut found, "a"), [3]);
    }

    #[test]
    fn digests_lead_to_where_an_id_may_be() {
        let mut full = CommandIds::default();
        (1..=300).for_each(|version| full.push(&format!("c-{version}"), Version::new(version)));
        let stored = full.digests(100).encode();
        let earlier = EarlierIds::decode(&stored).unwrap();
        assert_eq!(earlier.len(), 100);
        let mut found = CommandIds::up_to(Version::new(300), &[], earlier);
        found.last = Version::new(300);
        for version in 301..=350 {
            found.push(&format!("c-{version}"), Version::new(version));
        }
        for version in 201..=350 {
            assert!(versions(&mut found, &format!("c-{version}")).contains(&version), "{version}");
        }
        assert!(!versions(&mut found, "c-200").contains(&200), "it is forgotten");
        // As many as requested, whether they are known in full or not.
        let counted = |(ids, earlier): (Vec<String>, EarlierIds)| (ids.len(), earlier.len());
        assert_eq!(counted(found.last(70, 70)), (50, 20));
        assert_eq!(counted(found.last(30, 30)), (30, 0));
        assert_eq!(counted(found.last(20, 70)), (20, 50));
        assert_eq!(counted(found.last(20, usize::MAX)), (20, 130));
        assert_eq!(
            (found.digests(70).len(), found.digests(30).len(), found.digests(999).len()),
            (70, 30, 150)
        );
    }
}
