use std::collections::HashMap;

use crate::version::Version;

/// The command ids of a stream's commits: of all, or of those from some version on.
///
/// Every commit that is folded adds one, and few commands look for one: so they stand one behind the other, and get an
/// index by the first look, which the next one brings up to date.
#[derive(Default)]
pub(crate) struct CommandIds {
    text: String,
    /// Where each ends in the text. Without a gap up to the last commit.
    ends: Vec<usize>,
    last: Version,
    /// The place of the last commit under an id, for as many as `indexed`.
    places: HashMap<Box<str>, usize>,
    indexed: usize,
}

impl CommandIds {
    /// The ids of the last commits up to `version`.
    pub(crate) fn up_to(version: Version, ids: &[String]) -> Self {
        let mut found = Self::default();
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

    /// The version of the last commit that a command became earlier.
    pub(crate) fn find(&mut self, id: &str) -> Option<Version> {
        for place in self.indexed..self.ends.len() {
            let id = self.id(place).into();
            self.places.insert(id, place);
        }
        self.indexed = self.ends.len();
        let place = *self.places.get(id)?;
        let behind = self.ends.len() - 1 - place;
        Some(Version::new(self.last.get().saturating_sub(behind as u64)))
    }

    /// The last ids, in the order of their commits.
    pub(crate) fn last(&self, count: usize) -> Vec<String> {
        let skipped = self.ends.len().saturating_sub(count);
        (skipped..self.ends.len()).map(|place| self.id(place).to_owned()).collect()
    }

    fn id(&self, place: usize) -> &str {
        let begin = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[begin..self.ends[place]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ids_lead_to_their_commits() {
        let ids = ["a", "b", "a", "c"].map(str::to_owned);
        let mut found = CommandIds::up_to(Version::new(10), &ids);
        assert_eq!(found.find("b"), Some(Version::new(8)));
        assert_eq!(found.find("c"), Some(Version::new(10)));
        // Beyond what a snapshot remembers a command may be executed again under its id.
        assert_eq!(found.find("a"), Some(Version::new(9)));
        assert_eq!(found.find("d"), None);
        assert_eq!(found.last(2), ["a", "c"]);
        assert_eq!(found.last(100), ids);
    }

    #[test]
    fn an_id_that_came_after_a_look_is_found() {
        let mut found = CommandIds::default();
        assert_eq!(found.find("a"), None);
        found.push("a", Version::new(1));
        assert_eq!(found.find("a"), Some(Version::new(1)));
        found.push("b", Version::new(2));
        found.push("a", Version::new(3));
        assert_eq!(found.find("b"), Some(Version::new(2)));
        assert_eq!(found.find("a"), Some(Version::new(3)));
    }
}
