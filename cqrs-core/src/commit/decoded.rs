use std::any::Any;
use std::fmt;
use std::sync::{Arc, OnceLock};

/// The decoded events of a commit, shared by all subscribers. The clones of a commit share them, and the last clone drops them.
#[derive(Clone, Default)]
pub(crate) struct Decoded(Option<Arc<[Slot]>>);

/// One event. Empty until it is first requested; `None` if it could not be decoded.
type Slot = OnceLock<Option<Box<dyn Any + Send + Sync>>>;

impl Decoded {
    /// Space for this number of events.
    pub(super) fn of(events: usize) -> Self {
        Self(Some((0..events).map(|_| Slot::new()).collect()))
    }

    /// The event at an index, decoded by the first caller; callers on other threads wait for it. `None` if no events are kept, if
    /// the event cannot be decoded, and if another type was requested first: then the caller has to decode it.
    pub(crate) fn get_or_decode<T: Any + Send + Sync>(
        &self,
        index: usize,
        decode: impl FnOnce() -> Option<T>,
    ) -> Option<&T> {
        let slot = self.0.as_ref()?.get(index)?;
        let decoded =
            slot.get_or_init(|| decode().map(|event| Box::new(event) as Box<dyn Any + Send + Sync>));
        decoded.as_ref()?.downcast_ref()
    }
}

/// Decoded events add nothing to the commit's identity.
impl PartialEq for Decoded {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl fmt::Debug for Decoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = self.0.iter().flat_map(|slots| slots.iter()).filter(|slot| slot.get().is_some()).count();
        write!(f, "{kept}")
    }
}
