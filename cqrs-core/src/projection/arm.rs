use crate::event::{DecodeError, EventId, RawEvent};
use crate::key::Tenant;

/// Reads the keys of its views from an event.
type KeysOf<P> = fn(&RawEvent<'_>, Tenant) -> Result<Vec<<P as super::View>::Key>, DecodeError>;
/// Folds an event into a view at its aggregate's key.
type ApplyAtAggregate<P> = fn(&mut P, &RawEvent<'_>) -> Result<ViewChange, DecodeError>;
/// Folds an event into the view at a key.
type Apply<P> = fn(&mut P, &RawEvent<'_>, &<P as super::View>::Key) -> Result<ViewChange, DecodeError>;

/// How a projection takes one event.
#[derive(Debug)]
pub struct ProjectionArm<P: super::View> {
    /// The event.
    pub event: EventId,
    pub(crate) way: Way<P>,
}

/// Which views take an event, and how.
#[derive(Debug)]
pub(crate) enum Way<P: super::View> {
    /// At the aggregate's own key.
    AtAggregate(ApplyAtAggregate<P>),
    /// At keys that the event names.
    Keyed(KeysOf<P>, Apply<P>),
}

/// What happens to a view after an event; an `#[apply]` method of a projection may return it.
///
/// A removed view is no longer found, by key or in a list. A later event on it starts again from `Default`. Its item remembers
/// what was applied to it, so that repeated deliveries do not bring it back. So a removed view keeps a small item, and removing
/// it costs as much as any other change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum ViewChange {
    /// It stays as the method has left it.
    Keep,
    /// It is removed.
    Remove,
}

impl From<()> for ViewChange {
    fn from((): ()) -> Self {
        Self::Keep
    }
}

impl<P: super::View> ProjectionArm<P> {
    /// The view lives at the aggregate's own key.
    #[must_use]
    pub const fn at_aggregate(event: EventId, apply: ApplyAtAggregate<P>) -> Self {
        Self { event, way: Way::AtAggregate(apply) }
    }

    /// The keys of the views come from the event.
    #[must_use]
    pub const fn keyed(event: EventId, keys: KeysOf<P>, apply: Apply<P>) -> Self {
        Self { event, way: Way::Keyed(keys, apply) }
    }
}
