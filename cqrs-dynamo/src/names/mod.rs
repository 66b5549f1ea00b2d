//! What things are called: tables, topic and queues in the account, partitions in the delivery table.

mod account;
pub(crate) mod partition;
mod tables;

pub(crate) use account::Names;
pub(crate) use tables::EXPIRES_AT;
pub use tables::Tables;
