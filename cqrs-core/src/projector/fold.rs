use serde_json::Value;

use super::ProjectError;
use crate::commit::Commit;
use crate::event::upcaster::NEWER;
use crate::event::{DecodeError, RawEvent};
use crate::panic::tried;
use crate::projection::{AnyView, Arm, Erased};
use crate::runtime::Runtime;
use crate::view::{IndexEntry, ViewId};

/// Whether the commit has an event that the projection lists. Only the name counts: an unknown schema must fail, not be
/// skipped.
pub(crate) fn wants(projection: Erased, commit: &Commit) -> bool {
    commit.events.iter().any(|event| projection.arm_of(&event.name).is_some())
}

/// Folds a commit into the view at its aggregate's own key. `None` is a removed view.
pub(crate) fn fold(
    projection: Erased,
    runtime: &Runtime,
    view: &mut Option<AnyView>,
    commit: &Commit,
) -> Result<(), DecodeError> {
    for raw in RawEvent::all(commit) {
        if let Some(arm) = arm_of(projection, runtime, &raw)? {
            arm.fold(view, &raw)?;
        }
    }
    Ok(())
}

/// The same for a commit that another program has put into the view. That program knew all its events; an event that this program
/// does not know is not part of this fold.
pub(super) fn fold_known(
    projection: Erased,
    view: &mut Option<AnyView>,
    commit: &Commit,
) -> Result<(), DecodeError> {
    for raw in RawEvent::all(commit) {
        if let Some(arm) = listed(projection, &raw) {
            arm.fold(view, &raw)?;
        }
    }
    Ok(())
}

pub(super) fn listed(projection: Erased, raw: &RawEvent<'_>) -> Option<Arm> {
    projection.arm_of(&raw.stored().name)
}

/// The arm for an event; `None` for an event that the projection does not list. An entirely unknown event is an error: a newer
/// program may list it.
pub(super) fn arm_of(
    projection: Erased,
    runtime: &Runtime,
    raw: &RawEvent<'_>,
) -> Result<Option<Arm>, DecodeError> {
    match listed(projection, raw) {
        Some(arm) => Ok(Some(arm)),
        None if runtime.index.knows(&raw.stored().name) => Ok(None),
        None => Err(raw.refuse(format!("this program does not know the type{NEWER}"))),
    }
}

/// Serializes a view in its stored form; a removed view is null.
///
/// # Errors
/// For values that JSON cannot express, and that could not be read back: NaN or an infinite number.
pub(crate) fn encode(projection: Erased, view: Option<&AnyView>) -> Result<Value, ProjectError> {
    let Some(view) = view else { return Ok(Value::Null) };
    let refused = |reason: String| {
        ProjectError::Permanent(format!("the view `{}` cannot be stored: {reason}", projection.name).into())
    };
    tried(|| projection.encode(view)).map_err(refused)
}

/// A view's entries in its indexes; a removed view has no entries.
///
/// # Errors
/// For a value that is too long for a key.
pub(crate) fn entries(
    projection: Erased,
    id: &ViewId,
    view: Option<&AnyView>,
) -> Result<Vec<IndexEntry>, ProjectError> {
    let entries = view.map_or(Ok(Vec::new()), |view| projection.entries(view, id));
    entries.map_err(|error| ProjectError::Permanent(error.into()))
}
