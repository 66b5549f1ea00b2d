//! The names of tables, topics, queues, partitions and resources of a template, for the code that makes them and the code that
//! looks them up; and what AWS accepts as a name.

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
