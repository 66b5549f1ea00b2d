use std::any::Any;
use std::fmt;
use std::sync::{Arc, OnceLock};

/// The events of a commit as they were decoded, for all that want them. The clones of a commit share them, and the last clone
/// takes them along when it is dropped.
#[derive(Clone, Default)]
pub(crate) struct Decoded(Option<Arc<[Slot]>>);

/// One event. Empty until somebody asks for it; none where it could not be decoded.
type Slot = OnceLock<Option<Box<dyn Any + Send + Sync>>>;

impl Decoded {
    /// Room for this number of events.
    pub(super) fn of(events: usize) -> Self {
        Self(Some((0..events).map(|_| Slot::new()).collect()))
    }

    /// The event at an index, decoded by the first caller; callers on other threads wait for it. None where no events are kept,
    /// where the event cannot be decoded, and where another type was asked for first: then it is for the caller to decode it.
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

/// What was decoded says nothing that the commit does not say.
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
