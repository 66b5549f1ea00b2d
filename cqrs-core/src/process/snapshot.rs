//! Instances as snapshots keep them.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Instance, Process, ProcessState};
use crate::aggregate::Snapshots;
use crate::key::extend_hash;
use crate::schema::{EventData, Field, Shape};

impl<P: EventData> EventData for Instance<P> {
    /// Deadlines, held causes and skipped commands have a form that the framework reads and writes itself.
    const SHAPE: Shape = Shape::Record(&[
        Field::of::<P>("process"),
        Field::new("version", Shape::Scalar("u64")),
        Field::new("started", Shape::Scalar("bool")),
        Field::new("ended", Shape::Scalar("bool")),
        Field::new("deadlines", Shape::Scalar("json")),
        Field::new("held", Shape::Scalar("json")),
        Field::new("resumed", Shape::Scalar("json")),
        Field::new("skipped", Shape::Scalar("json")),
    ]);
}

impl<P> Snapshots<Instance<P>>
where
    P: ProcessState + Serialize + DeserializeOwned + EventData,
{
    /// A snapshot of an instance, every `every` steps. An event that is delivered again is recognised by its id,
    /// however late it comes, so the snapshot keeps the ids of all steps, two bytes each.
    ///
    /// # Panics
    /// As [`Snapshots::of`].
    #[must_use]
    #[track_caller]
    pub const fn of_instance(every: u32, declared: u64) -> Self {
        Self::of(every, declared).keeping_all_ids()
    }
}

/// Changes with the code of the fold, and with the events that it folds.
pub(super) const fn fold<P: Process>() -> u64 {
    let mut hash = P::FOLD;
    let mut index = 0;
    while index < P::ARMS.len() {
        hash = extend_hash(hash, &P::ARMS[index].event.fingerprint().to_le_bytes());
        index += 1;
    }
    hash
}
