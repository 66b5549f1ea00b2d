//! Commands: what `#[command]` implements, what a command sees, and how it ends.
//!
//! [`#[aggregate]`](macro@crate::aggregate) implements one [`Decide`] per command. [`CommandContext`] is what a command method
//! may ask for, and [`ExecuteError`] has the ways in which a command ends without a commit.

mod context;
mod decide;
mod error;

pub use context::CommandContext;
pub use decide::{Command, Decide};
pub use error::ExecuteError;

pub use crate::digest::CommandDigest;
