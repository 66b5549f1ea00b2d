//! Executes commands, and reads streams: what a command needs, and what the front reads.

mod caller;
mod carried;
mod command_ids;
mod committed;
mod execute;
mod execution;
mod history;
mod intent;
mod items;
mod load;
mod recognition;
mod snapshots;
mod state;
mod way_back;

pub use committed::{Committed, Loaded, Outcome};
pub use execute::Execute;
pub use history::History;
pub use items::Items;

pub(crate) use caller::Caller;
pub(crate) use execute::execute;
pub(crate) use history::history;
pub(crate) use load::Until;
pub(crate) use state::State;
