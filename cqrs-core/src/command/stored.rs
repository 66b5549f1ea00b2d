use crate::event::Event;

/// A command that may lie in a store before it is executed. `#[command]` on its struct implements it.
///
/// A stored command has what a stored event has: a name, a schema and a shape. That is what [`Event`] describes, so it is
/// implemented for commands too; no aggregate applies one.
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
