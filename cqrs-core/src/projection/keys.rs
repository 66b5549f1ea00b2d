//! Whether the views of a commit have keys that can be stored: checked before the commit is stored.

use super::{Edition, Projection, View, ViewAddress, Way};
use crate::event::{DecodeError, Event, RawEvent};
use crate::key::{KeyError, MAX_PK_BYTES, MAX_SK_BYTES, StreamKey, Tenant, encode_into};
use crate::panic::caught;
use crate::view::ViewId;

/// What is wrong with the key of a view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyFault {
    /// The field of the key that causes the error, if it is one field.
    pub(crate) part: Option<&'static str>,
    pub(crate) reason: String,
}

/// Checks the keys that a projection takes from an event; fails for a key that cannot be stored.
pub(crate) type CheckEvent = fn(&RawEvent<'_>, &Tenant) -> Result<(), KeyFault>;

/// Checks the keys that a projection takes from a stream, before the stream has its first commit.
pub(crate) type CheckStream = fn(&StreamKey) -> Result<(), KeyFault>;

/// The views whose keys come from the event.
pub(crate) fn check_event<P: Projection>(raw: &RawEvent<'_>, tenant: &Tenant) -> Result<(), KeyFault> {
    let arm = P::ARMS.iter().find(|arm| arm.event.is_stored_as(&raw.stored().name));
    let Some(Way::Keyed(keys_of, _)) = arm.map(|arm| &arm.way) else { return Ok(()) };
    raw.guard(|| keys_of(raw, tenant.clone())?.iter().try_for_each(check_key::<P>))?;
    // Space for the edition and the replay in the key.
    let bytes = ViewId::partition(P::VIEW, tenant).len() + Edition::LONGEST;
    let too_long = || KeyFault::too_long(&[("tenant", tenant.as_str().len())], bytes, MAX_PK_BYTES);
    if bytes > MAX_PK_BYTES { Err(too_long()) } else { Ok(()) }
}

/// The view at the aggregate's own key, or the fence of a keyed view.
pub(crate) fn check_stream<P: Projection>(stream: &StreamKey) -> Result<(), KeyFault> {
    if P::KEYED {
        let bytes = stream.pk().len() + 1 + P::VIEW.len() + Edition::LONGEST;
        let too_long = || KeyFault::of_id("partition key", bytes, MAX_PK_BYTES);
        return if bytes > MAX_PK_BYTES { Err(too_long()) } else { Ok(()) };
    }
    let key = caught(|| P::Key::from_stream(stream).map(|key| check_key::<P>(&key?)));
    match key {
        Ok(checked) => checked.unwrap_or(Ok(())),
        Err(text) => Err(KeyFault { part: None, reason: format!("the key panicked: {text}") }),
    }
}

/// A key that a program without the projection takes from an event: its text parts.
pub(crate) fn check_texts<E: Event, const N: usize>(
    view: &str,
    raw: &RawEvent<'_>,
    texts: impl for<'e> Fn(&'e E) -> [(&'static str, &'e str); N],
) -> Result<(), KeyFault> {
    raw.guard(|| {
        let event = raw.decode::<E>()?;
        let mut parts = Vec::with_capacity(N);
        for (part, text) in texts(event.event()) {
            if text.is_empty() {
                return Err(KeyFault::empty(part));
            }
            let mut rendered = String::with_capacity(text.len());
            encode_into(text, &mut rendered);
            parts.push((part, rendered.len()));
        }
        let bytes = view.len() + parts.iter().map(|(_, bytes)| 1 + bytes).sum::<usize>();
        if bytes > MAX_SK_BYTES { Err(KeyFault::too_long(&parts, bytes, MAX_SK_BYTES)) } else { Ok(()) }
    })
}

fn check_key<V: View>(key: &V::Key) -> Result<(), KeyFault> {
    let Err(error) = ViewId::of::<V>(key) else { return Ok(()) };
    Err(match error {
        KeyError::EmptyPart { part } => KeyFault::empty(part),
        KeyError::TooLong { attribute: "pk", bytes, limit } => {
            KeyFault::too_long(&[("tenant", key.view_tenant().as_str().len())], bytes, limit)
        }
        KeyError::TooLong { bytes, limit, .. } => {
            let id = key.view_id().unwrap_or_default();
            let parts: Vec<_> = V::Key::PARTS.iter().copied().zip(id.split('#').map(str::len)).collect();
            KeyFault::too_long(&parts, bytes, limit)
        }
        error => error.into(),
    })
}

impl KeyFault {
    fn empty(part: &'static str) -> Self {
        let reason = format!("`{part}` is empty, and every part of a key needs at least one character");
        Self { part: Some(part), reason }
    }

    /// For the longest part.
    fn too_long(parts: &[(&'static str, usize)], bytes: usize, limit: usize) -> Self {
        match parts.iter().max_by_key(|(_, bytes)| bytes) {
            Some(&(part, longest)) => {
                let reason = format!(
                    "`{part}` takes {longest} bytes, so the key takes {bytes}, and DynamoDB takes at most {limit}"
                );
                Self { part: Some(part), reason }
            }
            None => Self::of_id("key", bytes, limit),
        }
    }

    fn of_id(what: &str, bytes: usize, limit: usize) -> Self {
        let reason = format!("the {what} takes {bytes} bytes, and DynamoDB takes at most {limit}");
        Self { part: None, reason }
    }
}

impl From<DecodeError> for KeyFault {
    fn from(error: DecodeError) -> Self {
        Self { part: None, reason: error.reason }
    }
}

impl From<KeyError> for KeyFault {
    fn from(error: KeyError) -> Self {
        Self { part: None, reason: error.to_string() }
    }
}
