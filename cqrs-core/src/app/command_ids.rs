use std::collections::HashMap;
use std::sync::Arc;

use crate::version::Version;

/// The command ids of a stream's commits: of all, or of those from some version on.
#[derive(Default)]
pub(crate) struct CommandIds {
    /// Without a gap up to the last commit.
    in_order: Vec<Arc<str>>,
    versions: HashMap<Arc<str>, Version>,
}

impl CommandIds {
    /// The ids of the last commits up to `version`.
    pub(crate) fn up_to(version: Version, ids: &[String]) -> Self {
        let mut found = Self::default();
        let before = version.get().saturating_sub(ids.len() as u64);
        for (number, id) in (before + 1..).zip(ids) {
            found.push(id, Version::new(number));
        }
        found
    }

    pub(crate) fn push(&mut self, id: &str, version: Version) {
        let id: Arc<str> = id.into();
        self.in_order.push(Arc::clone(&id));
        self.versions.insert(id, version);
    }

    /// The version of the commit that a command became earlier.
    pub(crate) fn find(&self, id: &str) -> Option<Version> {
        self.versions.get(id).copied()
    }

    /// The last ids, in the order of their commits.
    pub(crate) fn last(&self, count: usize) -> Vec<String> {
        let skipped = self.in_order.len().saturating_sub(count);
        self.in_order.iter().skip(skipped).map(|id| id.as_ref().to_owned()).collect()
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
