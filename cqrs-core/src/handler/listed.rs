use super::HandlerArm;

/// What `#[event_handler]` implements for `app!`, the root list of a program: the receiver, or a type that represents
/// the function, with the handler's events and needs as types.
///
/// Both are parameters, so that two impl blocks of one type do not conflict, and so that private types in them stay
/// private.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a handler",
    label = "no `#[event_handler]` impl block has this type",
    note = "annotate its impl block with `#[event_handler(…)]`; a projection goes into `projections`, an aggregate into `aggregates`"
)]
pub trait EventHandler<Events, Needs> {
    /// The handler's name.
    const NAME: &'static str;
    /// The events that it takes.
    const ARMS: &'static [HandlerArm];
}

/// The types that the `provides` list of `app!` contains. The list is the parameter, so that the compiler names the
/// missing type.
#[diagnostic::on_unimplemented(
    message = "this handler needs `{Self}`, and `app!` does not list it",
    label = "it needs `{Self}`",
    note = "add it: `provides: [{Self}]`, and give the value to the app with `.provide(…)`"
)]
pub trait ProvidedBy<List> {}

/// Every type of a list of pairs.
pub trait AllProvidedBy<List> {}

impl<List> AllProvidedBy<List> for () {}

impl<List, T: ProvidedBy<List>, Rest: AllProvidedBy<List>> AllProvidedBy<List> for (T, Rest) {}

/// The name of a handler.
#[must_use]
pub const fn handler_name<H: EventHandler<Events, Needs>, Events, Needs>() -> &'static str {
    H::NAME
}
