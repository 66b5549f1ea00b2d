//! What things are called, and what AWS takes for a name: whoever makes a table, a topic, a queue, a partition or a resource
//! of a template, and whoever looks it up, asks here.

mod account;
pub(crate) mod limit;
pub(crate) mod logical;
pub(crate) mod metric;
pub(crate) mod partition;
mod slot;
mod tables;
pub(crate) mod variable;

pub(crate) use account::Names;
#[cfg(feature = "broker")]
pub(crate) use account::is_fifo;
pub(crate) use slot::Slot;
pub(crate) use tables::EXPIRES_AT;
pub use tables::Tables;
