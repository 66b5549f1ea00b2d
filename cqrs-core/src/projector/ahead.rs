use std::borrow::Cow;

use super::arrived::Seen;
use super::keyed_view::Goal;
use super::{Following, ProjectError};
use crate::commit::Commit;
use crate::runtime::Runtime;
use crate::version::Version;

/// The commits that were read last: a transaction takes fewer commits than a page holds.
#[derive(Default)]
pub(super) struct Ahead(Vec<Commit>);

impl Ahead {
    /// The next commits after `from`, up to `until`.
    pub(super) async fn after<'a>(
        &'a mut self,
        runtime: &'a Runtime,
        goal: Goal<'a>,
        from: Seen,
        until: Version,
    ) -> Result<&'a [Commit], ProjectError> {
        let is_next = |commit: &Commit| commit.version == from.version.next();
        if !self.0.iter().any(is_next) {
            let mut following = Following::new(runtime, goal.arrived, from, until);
            match following.next().await?.unwrap_or_default() {
                Cow::Borrowed(commits) => return Ok(commits),
                Cow::Owned(commits) => self.0 = commits,
            }
        }
        let start = self.0.iter().position(is_next).unwrap_or(self.0.len());
        let rest = self.0.get(start..).unwrap_or_default();
        Ok(rest.get(..rest.partition_point(|commit| commit.version <= until)).unwrap_or_default())
    }
}
