use std::any::Any;
use std::fmt;

use serde_json::Value;

use super::{
    Edition, IndexError, Projection, ProjectionArm, View, ViewAddress, ViewChange, Way, entries, fingerprint,
};
use crate::digest::place_of_no_number;
use crate::event::{DecodeError, EventId, RawEvent};
use crate::json::canonical::canonicalize;
use crate::json::{canonical, contains_null};
use crate::key::{KeyError, StreamKey, Tenant};
use crate::store::{RefusedKind, StoreError};
use crate::view::{IndexEntry, StoredView, ViewId};

/// A view without its type.
pub(crate) type AnyView = Box<dyn Any + Send + Sync>;

/// The key of a view without its type.
pub(crate) type AnyKey = Box<dyn Any + Send + Sync>;

/// A projection without its type.
pub(crate) type Erased = &'static ErasedProjection;

/// What delivery, replays and reads need to know of a projection, and its own code.
///
/// All of them work on this, so they are compiled once, and not anew for each projection of a program. Only what is
/// here is compiled for each.
pub(crate) struct ErasedProjection {
    /// [`View::NAME`].
    pub(crate) name: &'static str,
    /// [`View::VIEW`].
    pub(crate) view: &'static str,
    /// [`View::QUEUE`].
    pub(crate) queue: Option<&'static str>,
    /// [`Projection::KEYED`].
    pub(crate) keyed: bool,
    /// See [`fingerprint`].
    pub(crate) fingerprint: &'static str,
    arm_of: fn(&str) -> Option<usize>,
    events: fn() -> Vec<EventId>,
    index_ids: fn() -> Vec<String>,
    new_view: fn() -> AnyView,
    read: fn(&StoredView) -> Result<Option<AnyView>, StoreError>,
    encode: fn(&AnyView) -> Result<Value, String>,
    entries: fn(&AnyView, &ViewId) -> Result<Vec<IndexEntry>, IndexError>,
    fold: fn(usize, &mut Option<AnyView>, &RawEvent<'_>) -> Result<(), DecodeError>,
    keys: fn(usize, &RawEvent<'_>, &Tenant) -> Result<Vec<NamedView>, DecodeError>,
    apply: fn(usize, &mut Option<AnyView>, &RawEvent<'_>, &AnyKey) -> Result<(), DecodeError>,
    view_of: fn(&StreamKey) -> Option<Result<ViewOfStream, KeyError>>,
    stream_of: fn(&ViewId) -> Option<StreamOfView>,
}

/// A view that an event names.
struct NamedView {
    id: Result<ViewId, KeyError>,
    key: AnyKey,
}

/// The stream of a view at its aggregate's key.
pub(crate) struct StreamOfView {
    pub(crate) tenant: Tenant,
    pub(crate) stream: Result<StreamKey, KeyError>,
}

/// The view at the key of a stream.
pub(crate) struct ViewOfStream {
    pub(crate) tenant: Tenant,
    /// Its address, if that can be stored.
    pub(crate) id: Result<ViewId, KeyError>,
}

/// `P` without its type.
pub(crate) const fn erased<P: Projection>() -> Erased {
    const {
        &ErasedProjection {
            name: P::NAME,
            view: P::VIEW,
            queue: P::QUEUE,
            keyed: P::KEYED,
            fingerprint: fingerprint::<P>(),
            arm_of: |name| P::ARMS.iter().position(|arm| arm.event.is_stored_as(name)),
            events: || P::ARMS.iter().map(|arm| arm.event).collect(),
            index_ids: || {
                let indexes = P::INDEXES.iter().enumerate();
                indexes.map(|(at, index)| index.id(at + 1)).collect()
            },
            new_view: || Box::new(P::default()),
            read: |stored| Ok(stored.read::<P>()?.map(|view| Box::new(view) as AnyView)),
            encode: |view| match view.downcast_ref::<P>() {
                Some(view) => encode(view),
                None => Err(OTHER_TYPE.to_owned()),
            },
            // A view of another projection is refused when it is encoded.
            entries: |view, id| view.downcast_ref::<P>().map_or(Ok(Vec::new()), |view| entries(view, id)),
            fold: |arm, view, raw| match P::ARMS.get(arm) {
                Some(ProjectionArm { way: Way::AtAggregate(apply), .. }) => {
                    change::<P>(view, raw, |view| apply(view, raw))
                }
                _ => Ok(()),
            },
            keys: |arm, raw, tenant| match P::ARMS.get(arm) {
                Some(ProjectionArm { way: Way::Keyed(keys_of, _), .. }) => {
                    let keys = keys_of(raw, tenant.clone())?.into_iter();
                    Ok(keys.map(|key| NamedView { id: ViewId::of::<P>(&key), key: Box::new(key) }).collect())
                }
                _ => Ok(Vec::new()),
            },
            apply: |arm, view, raw, key| match P::ARMS.get(arm) {
                Some(ProjectionArm { way: Way::Keyed(_, apply), .. }) => {
                    let key = key.downcast_ref::<P::Key>();
                    let key = key.ok_or_else(|| raw.refuse(OTHER_TYPE.to_owned()))?;
                    change::<P>(view, raw, |view| apply(view, raw, key))
                }
                _ => Ok(()),
            },
            view_of: |stream| {
                let of_key = |key: P::Key| ViewOfStream {
                    tenant: key.view_tenant().clone(),
                    id: ViewId::of::<P>(&key),
                };
                P::Key::from_stream(stream).map(|key| key.map(of_key))
            },
            stream_of: |id| {
                let key = id.key_of::<P>()?;
                Some(StreamOfView { tenant: key.view_tenant().clone(), stream: key.to_stream()? })
            },
        }
    }
}

/// A view with its type again.
pub(crate) fn typed<P: View>(view: AnyView) -> Result<P, StoreError> {
    let view = view.downcast::<P>().map(|view| *view);
    view.map_err(|_| StoreError::refused(RefusedKind::Unreadable, OTHER_TYPE))
}

/// A view reaches only the projection that has made it.
const OTHER_TYPE: &str = "it is a view of another projection";

fn change<P: View>(
    view: &mut Option<AnyView>,
    raw: &RawEvent<'_>,
    apply: impl FnOnce(&mut P) -> Result<ViewChange, DecodeError>,
) -> Result<(), DecodeError> {
    let view_now = view.get_or_insert_with(|| Box::new(P::default()));
    let Some(typed) = view_now.downcast_mut::<P>() else { return Err(raw.refuse(OTHER_TYPE.to_owned())) };
    if apply(typed)? == ViewChange::Remove {
        *view = None;
    }
    Ok(())
}

/// Serializes a view in its stored form.
fn encode<P: View>(view: &P) -> Result<Value, String> {
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
}

impl fmt::Debug for ErasedProjection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErasedProjection").field("name", &self.name).finish_non_exhaustive()
    }
}

impl ErasedProjection {
    /// The events that it lists.
    pub(crate) fn events(&self) -> Vec<EventId> {
        (self.events)()
    }

    /// The arm that takes events that are stored under a name.
    pub(crate) fn arm_of(&'static self, name: &str) -> Option<Arm> {
        let number = (self.arm_of)(name)?;
        Some(Arm { projection: self, number })
    }

    /// Its indexes, each with its slot and its fields.
    pub(crate) fn index_ids(&self) -> Vec<String> {
        (self.index_ids)()
    }

    pub(crate) fn new_view(&self) -> AnyView {
        (self.new_view)()
    }

    /// Reads a view as it was stored; `None` for a removed one.
    pub(crate) fn read(&self, stored: &StoredView) -> Result<Option<AnyView>, StoreError> {
        (self.read)(stored)
    }

    /// A view in its stored form, or why it cannot be stored. This calls the user's code, which may panic.
    pub(crate) fn encode(&self, view: &AnyView) -> Result<Value, String> {
        (self.encode)(view)
    }

    /// A view's entries in its indexes.
    pub(crate) fn entries(&self, view: &AnyView, id: &ViewId) -> Result<Vec<IndexEntry>, IndexError> {
        (self.entries)(view, id)
    }

    /// The view at the key of a stream; `None` if the keys come from the events. This calls the user's code, which may
    /// panic.
    pub(crate) fn view_of(&self, stream: &StreamKey) -> Option<Result<ViewOfStream, KeyError>> {
        (self.view_of)(stream)
    }

    /// The stream of a view; `None` if the keys come from the events, and for any other item. This calls
    /// the user's code, which may panic.
    pub(crate) fn stream_of(&self, id: &ViewId) -> Option<StreamOfView> {
        (self.stream_of)(id)
    }
}

/// How a projection takes one event.
#[derive(Clone, Copy)]
pub(crate) struct Arm {
    projection: Erased,
    number: usize,
}

impl Arm {
    /// Applies an event to the view at its aggregate's key, or to a new one if it was removed.
    pub(crate) fn fold(self, view: &mut Option<AnyView>, raw: &RawEvent<'_>) -> Result<(), DecodeError> {
        raw.guard(|| (self.projection.fold)(self.number, view, raw))
    }

    /// The views of an edition whose keys come from an event.
    pub(crate) fn keys<E>(
        self,
        raw: &RawEvent<'_>,
        tenant: &Tenant,
        edition: &Edition,
    ) -> Result<Vec<(ViewId, AnyKey)>, E>
    where
        E: From<DecodeError> + From<KeyError>,
    {
        let keys = raw.guard(|| (self.projection.keys)(self.number, raw, tenant))?;
        keys.into_iter().map(|NamedView { id, key }| Ok((edition.at(id?), key))).collect()
    }

    /// Applies an event to the view at a key, or to a new one if it was removed.
    pub(crate) fn apply(
        self,
        view: &mut Option<AnyView>,
        raw: &RawEvent<'_>,
        key: &AnyKey,
    ) -> Result<(), DecodeError> {
        raw.guard(|| (self.projection.apply)(self.number, view, raw, key))
    }
}
