use crate::event::Event;

/// A command that may be kept in a store before it is executed. `#[command]` on its struct implements it.
///
/// A stored command has a name, a schema and a shape, like a stored event. [`Event`] describes these, so it is
/// implemented for commands too. No aggregate applies a command.
///
/// ```rust,standalone_crate
/// use cqrs_core::Event;
/// use cqrs_core::command::StoredCommand;
/// use cqrs_core::prelude::*;
///
/// #[command]
/// struct ReleaseRoom {
///     reason: String,
/// }
///
/// fn name<C: StoredCommand>() -> &'static str {
///     C::TYPE
/// }
/// assert_eq!(name::<ReleaseRoom>(), "ReleaseRoom");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a stored command",
    label = "this command cannot be stored",
    note = "annotate its struct with `#[command]`"
)]
pub trait StoredCommand: Event {}
