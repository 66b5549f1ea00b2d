use std::any::type_name;
use std::error::Error;

use super::{CommandContext, ExecuteError};
use crate::aggregate::Aggregate;
use crate::digest::CommandDigest;

/// A value that an aggregate decides on. Every type that may cross threads is one.
///
/// A `#[command]` method that takes it by value needs it to be `Clone`: after a conflict with another writer the
/// framework decides again.
///
/// A command that is sent again, by the same id or by a handler whose event comes again, is known by what it holds: through
/// `serde::Serialize` where it implements that, else through `Debug`, else by what the aggregate decides on it. The last
/// takes a decision that follows from state, command and context alone.
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

    /// The command's name.
    #[must_use]
    fn command_name() -> &'static str {
        type_name::<C>()
    }

    /// What tells this command from another one of its type; none where its type lets nobody look.
    #[must_use]
    fn digest(_command: &C) -> Option<CommandDigest> {
        None
    }

    /// The error as what [`App::execute`](crate::App::execute) answered to this command, where it is that.
    #[must_use]
    fn find_error<'e>(_error: &'e (dyn Error + 'static)) -> Option<&'e ExecuteError<Self::Rejection>> {
        None
    }

    /// What such an answer says, where it is an error.
    #[must_use]
    fn error_text(_answer: &ExecuteError<Self::Rejection>) -> Option<String> {
        None
    }
}
