//! Commands, and the answers to them.

use std::error::Error;
use std::fmt;
use std::marker::PhantomData;

use crate::command::{Decide, ExecuteError, StoredCommand};
use crate::digest::CommandDigest;
use crate::registry::CommandArm;

/// A command for a method that takes it by value. The framework keeps it too, because after a conflict with another
/// writer it is decided again.
pub fn clone_command<C: ByValue>(command: &C) -> C {
    command.copy()
}

/// A command that a method may take by value.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is taken by value, and is not `Clone`",
    label = "a command is decided again after a conflict, so a copy of it is needed",
    note = "derive `Clone` for `{Self}`, or take it by reference: `&{Self}`"
)]
pub trait ByValue: Sized {
    /// A copy.
    fn copy(&self) -> Self;
}

#[diagnostic::do_not_recommend]
impl<C: Clone> ByValue for C {
    fn copy(&self) -> Self {
        self.clone()
    }
}

/// Reads the content of a command in the best way that its type offers. Methods of a reference come before those behind
/// it, so `(&&&Content(command)).digest(name)` is the first one that exists.
#[derive(Debug)]
pub struct Content<'a, C>(pub &'a C);

/// The first way: what serde sees.
pub trait BySerde {
    /// The digest; `None` for a value that cannot be serialized.
    fn digest(&self, name: &str) -> Option<CommandDigest>;
}

/// The second: the `{:?}`.
pub trait ByDebug {
    /// The digest.
    fn digest(&self, name: &str) -> Option<CommandDigest>;
}

/// The content cannot be read.
pub trait ByNothing {
    /// None.
    fn digest(&self, name: &str) -> Option<CommandDigest>;
}

impl<C: serde::Serialize> BySerde for &&Content<'_, C> {
    fn digest(&self, name: &str) -> Option<CommandDigest> {
        CommandDigest::of_content(name, self.0)
    }
}

impl<C: fmt::Debug> ByDebug for &Content<'_, C> {
    fn digest(&self, name: &str) -> Option<CommandDigest> {
        Some(CommandDigest::of_debug(name, self.0))
    }
}

impl<C> ByNothing for Content<'_, C> {
    fn digest(&self, _: &str) -> Option<CommandDigest> {
        None
    }
}

/// Finds the answer to a command among errors, if the rejection `R` is an error: `(&Answer::<R>::new()).find(error)`.
#[derive(Debug)]
pub struct Answer<R>(PhantomData<fn() -> R>);

impl<R> Answer<R> {
    /// The answers with this rejection.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "generated code alone makes one")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// The rejection is an error.
pub trait AmongErrors<R> {
    /// The error, if it is such an answer.
    fn find<'e>(&self, error: &'e (dyn Error + 'static)) -> Option<&'e ExecuteError<R>>;
    /// What the answer says.
    fn text(&self, answer: &ExecuteError<R>) -> Option<String>;
}

/// The rejection is not an error, so neither is its answer.
pub trait NotAmongErrors<R> {
    /// None.
    fn find<'e>(&self, error: &'e (dyn Error + 'static)) -> Option<&'e ExecuteError<R>>;
    /// None.
    fn text(&self, answer: &ExecuteError<R>) -> Option<String>;
}

impl<R: Error + 'static> AmongErrors<R> for &Answer<R> {
    fn find<'e>(&self, error: &'e (dyn Error + 'static)) -> Option<&'e ExecuteError<R>> {
        error.downcast_ref()
    }

    fn text(&self, answer: &ExecuteError<R>) -> Option<String> {
        Some(answer.to_string())
    }
}

impl<R> NotAmongErrors<R> for Answer<R> {
    fn find<'e>(&self, _: &'e (dyn Error + 'static)) -> Option<&'e ExecuteError<R>> {
        None
    }

    fn text(&self, _: &ExecuteError<R>) -> Option<String> {
        None
    }
}

/// How the aggregate `A` decides on the command `C`, if `C` may be stored: `(&&Stored::<A, C>::new()).arm()`.
#[derive(Debug)]
pub struct Stored<A, C>(PhantomData<fn() -> (A, C)>);

impl<A, C> Stored<A, C> {
    /// The command of the aggregate.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "generated code alone makes one")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// The struct has `#[command]`.
pub trait IsStored {
    /// The arm.
    fn arm(&self) -> Option<CommandArm>;
}

/// It does not have it.
pub trait NotStored {
    /// None.
    fn arm(&self) -> Option<CommandArm>;
}

impl<A: Decide<C>, C: StoredCommand> IsStored for &Stored<A, C> {
    fn arm(&self) -> Option<CommandArm> {
        Some(CommandArm::of::<A, C>())
    }
}

impl<A, C> NotStored for Stored<A, C> {
    fn arm(&self) -> Option<CommandArm> {
        None
    }
}
