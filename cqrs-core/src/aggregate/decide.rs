use super::{Aggregate, CommandContext};

/// A value that an aggregate decides on. Every `Clone` type that may cross threads is one.
///
/// `Clone`, because a conflict with another writer makes the framework decide again.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a command",
    label = "a command is `Clone + Send + Sync + 'static`",
    note = "derive `Clone` for `{Self}`: after a conflict with another writer the command is decided again"
)]
pub trait Command: Clone + Send + Sync + 'static {}

impl<T: Clone + Send + Sync + 'static> Command for T {}

/// How an aggregate decides on a command of type `C`. Each `#[command]` method becomes one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no command method for `{C}`",
    label = "`{Self}` does not decide on this command",
    note = "add `#[command] fn …(&self, command: {C}) -> Result<…, …>` to `#[aggregate] impl {Self}`"
)]
pub trait Decide<C: Command>: Aggregate {
    /// The rejection: the second half of the method's `Result`.
    type Rejection: Send + Sync + 'static;

    /// Decides, and appends the events in their order.
    ///
    /// # Errors
    /// The rejection that the method returned.
    fn decide(
        &self,
        command: &C,
        context: &CommandContext,
        events: &mut Vec<Self::Event>,
    ) -> Result<(), Self::Rejection>;
}
