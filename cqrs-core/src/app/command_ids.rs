use crate::version::Version;

/// The command ids of a stream's commits: of all, or of those from some version on.
///
/// Every commit that is folded adds one, and few commands look for one: so they stand one behind the other, and are
/// searched from the end.
#[derive(Default)]
pub(crate) struct CommandIds {
    text: String,
    /// Where each ends in the text. Without a gap up to the last commit.
    ends: Vec<usize>,
    last: Version,
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
    pub(crate) fn find(&self, id: &str) -> Option<Version> {
        let after = self.newest_first().position(|known| known == id)?;
        Some(Version::new(self.last.get().saturating_sub(after as u64)))
    }

    /// The last ids, in the order of their commits.
    pub(crate) fn last(&self, count: usize) -> Vec<String> {
        let mut ids: Vec<String> = self.newest_first().take(count).map(str::to_owned).collect();
        ids.reverse();
        ids
    }

    fn newest_first(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).rev().map(|index| {
            let begin = index.checked_sub(1).map_or(0, |before| self.ends[before]);
            &self.text[begin..self.ends[index]]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ids_lead_to_their_commits() {
        let ids = ["a", "b", "a", "c"].map(str::to_owned);
        let found = CommandIds::up_to(Version::new(10), &ids);
        assert_eq!(found.find("b"), Some(Version::new(8)));
        assert_eq!(found.find("c"), Some(Version::new(10)));
        // Beyond what a snapshot remembers a command may be executed again under its id.
        assert_eq!(found.find("a"), Some(Version::new(9)));
        assert_eq!(found.find("d"), None);
        assert_eq!(found.last(2), ["a", "c"]);
        assert_eq!(found.last(100), ids);
    }
}
