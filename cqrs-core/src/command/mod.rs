//! Commands: what `#[command]` implements, what a command sees, and how it ends.
//!
//! [`#[aggregate]`](macro@crate::aggregate) implements one [`Decide`] per command. A command method may ask for a
//! [`CommandContext`]. [`StoredCommand`] marks the commands that may be kept in a store. [`ExecuteError`] lists the
//! ways in which a command ends without a commit, and [`TransactionError`] those of a transaction.

mod context;
mod decide;
mod error;
mod other_states;
pub(crate) mod row;
mod stored;
mod transaction_error;

pub use context::CommandContext;
pub use decide::{Command, Decide};
pub use error::ExecuteError;
pub(crate) use other_states::OtherStates;
pub(crate) use row::CommandRow;
pub use stored::StoredCommand;
pub use transaction_error::{Rejected, TransactionError};

pub use crate::digest::CommandDigest;
