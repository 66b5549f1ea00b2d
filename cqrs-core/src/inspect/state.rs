use serde::Serialize;
use serde_json::Value;

use super::Inspect;
use super::error::InspectError;
use super::linked::known_stream;
use super::stream::StreamAddress;
use crate::timestamp::Timestamp;
use crate::version::Version;

/// A point in the life of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Moment {
    /// Now, as in [`App::load`](crate::App::load).
    Now,
    /// Right after a commit, as in [`App::load_version`](crate::App::load_version).
    Version(Version),
    /// At a time, as in [`App::load_as_of`](crate::App::load_as_of).
    AsOf(Timestamp),
    /// What was known at a time, as in [`App::load_as_recorded`](crate::App::load_as_recorded).
    AsRecorded(Timestamp),
}

/// A state.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct StateAt {
    /// The last commit that it contains; 0 for none.
    pub version: Version,
    /// Its fields, under their names in the struct: as serde sees them, or as the text of `Debug`, or as the name of
    /// the type. For a process they are `process`, beside `started`, `ended`, `deadlines` and `heldUpAt`.
    pub state: Value,
}

impl Inspect<'_> {
    /// The state at a moment, as its fields. It costs as much as the typed call that [`Moment`] names.
    ///
    /// # Errors
    /// [`InspectError::UnknownEntity`]; [`InspectError::Store`], also for a commit that today's code cannot fold.
    pub async fn state(&self, stream: &StreamAddress, moment: Moment) -> Result<StateAt, InspectError> {
        let row = known_stream(stream.entity)?;
        let state = (row.load)(self.runtime(), &stream.key, moment).await?;
        Ok(StateAt { version: state.version(), state: state.shown() })
    }
}
