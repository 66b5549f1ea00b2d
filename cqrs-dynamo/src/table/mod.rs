//! Tables of DynamoDB: items and their attributes, conditional writes, pages, what requests cost and how long they may take.

pub(crate) mod attribute;
mod client;
mod condition;
pub(crate) mod creation;
mod error;
mod indexes;
mod item;
mod meter;
pub(crate) mod scan;
mod spent;
pub(crate) mod time_limits;
mod write;

pub(crate) use attribute::Item;
pub(crate) use client::Table;
pub(crate) use condition::Condition;
pub(crate) use error::{refused, store_error};
pub(crate) use item::{checked, key, text};
pub use meter::Cost;
pub(crate) use meter::{Meter, StreamRequests, TableRequests};
pub use spent::Spent;
pub(crate) use write::{ItemWrite, Written};
