use serde_json::Value;

use super::ProjectError;
use crate::commit::Commit;
use crate::digest::place_of_no_number;
use crate::event::upcaster::NEWER;
use crate::event::{DecodeError, RawEvent};
use crate::json::canonical::canonicalize;
use crate::json::{canonical, contains_null};
use crate::panic::tried;
use crate::projection::{self, Projection, ProjectionArm, ViewChange, Way};
use crate::runtime::Runtime;
use crate::view::{IndexEntry, ViewId};

/// Whether the commit has an event that the projection lists. Only the name counts: an unknown schema must fail, not be
/// skipped.
pub(crate) fn wants<P: Projection>(commit: &Commit) -> bool {
    commit.events.iter().any(|event| P::ARMS.iter().any(|arm| arm.event.is_stored_as(&event.name)))
}

/// Folds a commit into the view at its aggregate's own key. `None` is a removed view.
pub(crate) fn fold<P: Projection>(
    runtime: &Runtime,
    view: &mut Option<P>,
    commit: &Commit,
) -> Result<(), DecodeError> {
    for raw in RawEvent::all(commit) {
        if let Some(ProjectionArm { way: Way::AtAggregate(apply), .. }) = arm_of::<P>(runtime, &raw)? {
            raw.guard(|| change(view, |view| apply(view, &raw)))?;
        }
    }
    Ok(())
}

/// The same for a commit that another program has put into the view. That program knew all its events; an event that this program
/// does not know is not part of this fold.
pub(super) fn fold_known<P: Projection>(view: &mut Option<P>, commit: &Commit) -> Result<(), DecodeError> {
    for raw in RawEvent::all(commit) {
        if let Some(ProjectionArm { way: Way::AtAggregate(apply), .. }) = listed::<P>(&raw) {
            raw.guard(|| change(view, |view| apply(view, &raw)))?;
        }
    }
    Ok(())
}

pub(super) fn listed<P: Projection>(raw: &RawEvent<'_>) -> Option<&'static ProjectionArm<P>> {
    P::ARMS.iter().find(|arm| arm.event.is_stored_as(&raw.stored().name))
}

/// Applies an event to a view, or to a new one if it was removed.
pub(super) fn change<P: Projection>(
    view: &mut Option<P>,
    apply: impl FnOnce(&mut P) -> Result<ViewChange, DecodeError>,
) -> Result<(), DecodeError> {
    if apply(view.get_or_insert_default())? == ViewChange::Remove {
        *view = None;
    }
    Ok(())
}

/// The arm for an event; `None` for an event that the projection does not list. An entirely unknown event is an error: a newer
/// program may list it.
pub(super) fn arm_of<P: Projection>(
    runtime: &Runtime,
    raw: &RawEvent<'_>,
) -> Result<Option<&'static ProjectionArm<P>>, DecodeError> {
    match listed(raw) {
        Some(arm) => Ok(Some(arm)),
        None if runtime.index.knows(&raw.stored().name) => Ok(None),
        None => Err(raw.refuse(format!("this program does not know the type{NEWER}"))),
    }
}

/// Serializes a view in its stored form; a removed view is null.
///
/// # Errors
/// For values that JSON cannot express, and that could not be read back: NaN or an infinite number.
pub(crate) fn encode<P: Projection>(view: Option<&P>) -> Result<Value, ProjectError> {
    let Some(view) = view else { return Ok(Value::Null) };
    let refused = |reason: String| {
        ProjectError::Permanent(format!("the view `{}` cannot be stored: {reason}", P::NAME).into())
    };
    let encoded = tried(|| {
        let mut data = serde_json::to_value(view).map_err(|error| error.to_string())?;
        canonicalize(&mut data);
        if data.is_null() {
            return Err("it is serialized as null, which means a removed view".to_owned());
        }
        // serde_json writes NaN as null: refused here, because it could not be read back.
        if contains_null(&data)
            && let Err(error) = canonical::read::<P>(&data)
        {
            return Err(match place_of_no_number(view) {
                Some(place) => format!("`{place}` is NaN or infinite, and could not be read back"),
                None => format!("it could not be read back: {error}"),
            });
        }
        Ok(data)
    });
    encoded.map_err(refused)
}

/// A view's entries in its indexes; a removed view has no entries.
///
/// # Errors
/// For a value that is too long for a key.
pub(crate) fn entries<P: Projection>(id: &ViewId, view: Option<&P>) -> Result<Vec<IndexEntry>, ProjectError> {
    let entries = view.map_or(Ok(Vec::new()), |view| projection::entries(view, id));
    entries.map_err(|error| ProjectError::Permanent(error.into()))
}
