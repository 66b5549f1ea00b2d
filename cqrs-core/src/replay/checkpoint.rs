use serde::{Deserialize, Serialize};

use super::Replayed;
use crate::projection::{Edition, Erased};
use crate::runtime::Runtime;
use crate::store::{Extent, Positions, RefusedKind, StoreError};

/// The position of a replay in one extent.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Checkpoint {
    #[serde(rename = "build")]
    generation: u64,
    /// The pk and sk of the last finished item.
    pub(super) after: Option<(String, String)>,
    pub(super) ended: bool,
    pub(super) done: Replayed,
}

/// What a walk goes through, and why.
#[derive(Debug, Clone, Copy)]
pub(super) enum Course {
    /// The events, for an edition that is built.
    Build,
    /// The events, for a replay.
    Fold,
    /// The events, for the fences of an edition that is removed.
    Remove,
    /// The views that a replay has built aside.
    Swap,
}

/// The checkpoints of one walk, among the positions of the delivery, under a name that no subscriber has.
pub(super) struct Checkpoints<'a> {
    runtime: &'a Runtime,
    name: String,
    course: Course,
    generation: u64,
    kept: Positions,
}

impl<'a> Checkpoints<'a> {
    pub(super) async fn load(
        projection: Erased,
        runtime: &'a Runtime,
        edition: &Edition,
        course: Course,
        generation: u64,
    ) -> Result<Self, StoreError> {
        let name = match edition.name(projection.view) {
            name if name == projection.view => format!("@replay#{}", projection.name),
            name => format!("@replay#{}#{name}", projection.name),
        };
        let kept = runtime.delivery_store().positions(&name).await?;
        Ok(Self { runtime, name, course, generation, kept })
    }

    /// The work done by the last checkpoints of some walks, which share a number.
    pub(super) async fn done(
        projection: Erased,
        runtime: &'a Runtime,
        edition: &Edition,
        courses: &[Course],
        generation: u64,
    ) -> Result<Replayed, StoreError> {
        let Self { kept, .. } = Self::load(projection, runtime, edition, Course::Fold, generation).await?;
        let mut done = Replayed::default();
        for (label, text) in kept {
            let is_meant = courses.iter().any(|course| label.starts_with(course.word()));
            let checkpoint = serde_json::from_str(&text).ok().filter(|_| is_meant);
            if let Some(checkpoint) = checkpoint.filter(|one: &Checkpoint| one.generation == generation) {
                done.add(checkpoint.done);
            }
        }
        Ok(done)
    }

    /// Where to continue in an extent: at its start, if the last checkpoint belongs to another replay.
    pub(super) fn of(&self, extent: &Extent) -> Checkpoint {
        let kept = self.kept.get(&self.label(extent)).and_then(|text| serde_json::from_str(text).ok());
        let kept = kept.filter(|checkpoint: &Checkpoint| checkpoint.generation == self.generation);
        kept.unwrap_or_else(|| Checkpoint { generation: self.generation, ..Checkpoint::default() })
    }

    pub(super) async fn save(&self, extent: &Extent, checkpoint: &Checkpoint) -> Result<(), StoreError> {
        let text = serde_json::to_string(checkpoint)
            .map_err(|error| StoreError::refused(RefusedKind::Data, error))?;
        self.runtime.delivery_store().save_position(&self.name, &self.label(extent), &text).await
    }

    fn label(&self, extent: &Extent) -> String {
        format!("{} {extent}", self.course.word())
    }
}

impl Course {
    fn word(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Fold => "fold",
            Self::Remove => "remove",
            Self::Swap => "swap",
        }
    }
}
