use super::{Aggregate, CommandContext};

/// A value that an aggregate decides on. Every type that may cross threads is one.
///
/// A `#[command]` method that takes it by value needs it to be `Clone`: after a conflict with another writer the
/// framework decides again.
pub trait Command: Send + Sync + 'static {}

impl<T: Send + Sync + 'static> Command for T {}

/// How an aggregate decides on a command of type `C`. Each `#[command]` method becomes one.
///
/// [`App::execute`](crate::App::execute) calls it; a test of a decision may call it without an app, as the example of
/// [`CommandContext`] does.
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
