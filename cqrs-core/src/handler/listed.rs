use crate::event::EventId;

/// What `#[event_handler]` implements for the root list of a program, `app!`: the receiver, or a type that stands for the
/// function, with the handler's events and needs as types.
///
/// Both are parameters, so that two impl blocks of one type are no conflict, and so that private types in them stay
/// private.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a handler",
    label = "no `#[event_handler]` impl block has this type",
    note = "annotate its impl block with `#[event_handler(…)]`; a projection goes into `projections`, an aggregate into `aggregates`"
)]
pub trait EventHandler<Events, Needs> {
    /// The handler's name.
    const NAME: &'static str;
    /// What it takes.
    const EVENTS: &'static [EventId];
}

/// What `app!` has in its list `provides`.
#[diagnostic::on_unimplemented(
    message = "a handler needs `{T}`, and `app!` does not list it",
    label = "this handler needs `{T}`",
    note = "add it: `provides: [{T}]`, and give the value to the app with `.provide(…)`"
)]
pub trait Provides<T> {}

/// Every type of a list of pairs.
pub trait ProvidesAll<Needs> {}

impl<P> ProvidesAll<()> for P {}

impl<P, T, Rest> ProvidesAll<(T, Rest)> for P where P: Provides<T> + ProvidesAll<Rest> {}

/// Holds where all that the handler needs is provided.
pub const fn assert_provided<H, P, Events, Needs>()
where
    H: EventHandler<Events, Needs>,
    P: ProvidesAll<Needs>,
{
}

/// The events of a handler.
#[must_use]
pub const fn handled<H: EventHandler<Events, Needs>, Events, Needs>() -> &'static [EventId] {
    H::EVENTS
}

/// The name of a handler.
#[must_use]
pub const fn handler_name<H: EventHandler<Events, Needs>, Events, Needs>() -> &'static str {
    H::NAME
}
