//! Executes commands, and reads streams for commands and for the front.

mod append;
mod caller;
mod carried;
mod command_ids;
mod committed;
mod decision;
mod earlier;
mod execute;
mod execution;
mod fire;
mod history;
mod intent;
mod items;
mod load;
mod member;
mod options;
mod process;
mod recognition;
mod reserve;
mod rival;
mod schedule;
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
pub use schedule::{Schedule, ScheduleError, Scheduled};
pub use transacted::Transacted;
pub use transaction::Transaction;

pub(crate) use caller::Caller;
pub(crate) use execute::execute;
pub(crate) use fire::{Fire, FireError, Fired, fire};
pub(crate) use history::history;
#[cfg(test)]
pub(crate) use intent::Identity;
pub(crate) use intent::Intent;
pub(crate) use load::Until;
pub(crate) use process::{ProcessDriver, StepError, command_id, fire_deadline, process_driver};
pub(crate) use state::State;
