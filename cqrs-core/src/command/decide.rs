use std::any::type_name;
use std::error::Error;

use super::{CommandContext, ExecuteError};
use crate::aggregate::Aggregate;
use crate::digest::CommandDigest;

/// A value that an aggregate decides on. Every type that may be sent and shared between threads is one.
///
/// If a `#[command]` method takes it by value, it must be `Clone`: after a conflict with another writer, the framework
/// decides again.
///
/// A command may be sent again: by the same id, or by a handler whose event is delivered again. It is then recognised
/// by its content. This is read through `serde::Serialize` if the type implements it, otherwise through `Debug`, and
/// otherwise from what the aggregate decides on it. The last case requires a decision that depends on state, command
/// and context alone.
pub trait Command: Send + Sync + 'static {}

impl<T: Send + Sync + 'static> Command for T {}

/// How an aggregate decides on a command of type `C`. Each `#[command]` method becomes one.
///
/// [`App::execute`](crate::App::execute) calls it. A test of a decision may call it without an app, as in the example
/// of [`CommandContext`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no command method for `{C}`",
    label = "`{Self}` does not decide on this command",
    note = "add `#[command] fn …(&self, command: {C}) -> Result<…, …>` to `#[aggregate] impl {Self}`",
    note = "if another aggregate has the command, name that one: `App::execute` takes the aggregate from the key",
    note = "commands are passed by value, and an event is not a command"
)]
pub trait Decide<C: Command>: Aggregate {
    /// The rejection: the error type of the method's `Result`.
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

    /// The command's name.
    #[must_use]
    fn command_name() -> &'static str {
        type_name::<C>()
    }

    /// Distinguishes this command from another one of its type; `None` if the content of its type cannot be read.
    #[must_use]
    fn digest(_command: &C) -> Option<CommandDigest> {
        None
    }

    /// The error, if it is what [`App::execute`](crate::App::execute) answered to this command.
    #[must_use]
    fn find_error<'e>(_error: &'e (dyn Error + 'static)) -> Option<&'e ExecuteError<Self::Rejection>> {
        None
    }

    /// The reason of such an answer, if the answer is an error.
    #[must_use]
    fn error_text(_answer: &ExecuteError<Self::Rejection>) -> Option<String> {
        None
    }
}
