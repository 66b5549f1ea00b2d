use serde::Serialize;
use serde_json::Value;

use super::Inspect;
use super::change::Change;
use super::error::InspectError;
use super::linked::known_stream;
use super::page::Page;
use super::state::Moment;
use super::stream::{Place, StreamAddress};
use crate::commit::{Commit, record};
use crate::version::Version;

/// One commit and its effect on the state.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Step {
    /// Its place.
    pub place: Place,
    /// The commit as it is stored: `type`, `schema`, `data`, `rest` if it has several events, and the metadata.
    pub commit: Value,
    /// The state after it.
    pub state: Value,
    /// The changes that it made, in the order of the fields' names.
    pub changes: Vec<Change>,
}

/// A commit as it is stored: see [`record`](crate::store::record).
pub(super) fn shown(commit: &Commit) -> Value {
    Value::Object(record::encode(commit))
}

impl Inspect<'_> {
    /// The commits of a stream after a version, at most `limit` of them, each with the state after it and the changes
    /// that it made: the time machine. [`Page::next`] is the last version, as a text.
    ///
    /// The state before the first of them is loaded as by [`App::load_version`](crate::App::load_version): from a
    /// snapshot if there is one, and otherwise from the start of the stream, with a request for each megabyte.
    /// [`Page::read_commits`] has the commits after it. One page is in memory at a time.
    ///
    /// # Errors
    /// [`InspectError::UnknownEntity`]; [`InspectError::Store`], also for a commit that today's code cannot fold.
    pub async fn steps(
        &self,
        stream: &StreamAddress,
        after: Version,
        limit: usize,
    ) -> Result<Page<Step>, InspectError> {
        let row = known_stream(stream.entity)?;
        let limit = limit.max(1);
        let mut state = match after {
            Version::NONE => (row.initial)(),
            after => (row.load)(self.runtime(), &stream.key, Moment::Version(after)).await?,
        };
        let mut page = Page::empty();
        // A shorter stream has no commits after it.
        if state.version() < after {
            return Ok(page);
        }
        let until = Version::new(after.get().saturating_add(limit as u64).min(Version::MAX.get()));
        let mut before = state.shown();
        loop {
            let read = self.store().read(&stream.key, state.version(), until).await?;
            page.read_commits += read.commits.len() as u64;
            for commit in read.commits {
                let place = Place::in_stream(Some(row.entity), &commit.stream, commit.version);
                let commit_shown = shown(&commit);
                state.fold(commit)?;
                let after = state.shown();
                let changes = Change::between(&before, &after);
                page.items.push(Step { place, commit: commit_shown, state: after.clone(), changes });
                before = after;
            }
            if !read.more {
                break;
            }
        }
        page.next = (page.items.len() >= limit).then(|| state.version().to_string());
        Ok(page)
    }
}
