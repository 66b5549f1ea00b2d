//! Executes commands, and reads streams: what a command needs, and what the front reads.

mod append;
mod caller;
mod carried;
mod command_ids;
mod committed;
mod decision;
mod earlier;
mod execute;
mod execution;
mod history;
mod intent;
mod items;
mod load;
mod member;
mod options;
mod recognition;
mod reserve;
mod snapshots;
mod state;
mod transacted;
mod transacting;
mod transaction;
mod unique;
mod way_back;

pub use committed::{Committed, Loaded, Outcome};
pub use execute::Execute;
pub use history::History;
pub use items::Items;
pub use reserve::{Collision, Reserved};
pub use transacted::Transacted;
pub use transaction::Transaction;

pub(crate) use caller::Caller;
pub(crate) use execute::execute;
pub(crate) use history::history;
pub(crate) use load::Until;
pub(crate) use state::State;
