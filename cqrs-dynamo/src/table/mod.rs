//! Tables of DynamoDB: items and their attributes, conditional writes, pages, what requests cost and how long they may take.

mod answer;
pub(crate) mod attribute;
mod batch;
mod client;
mod condition;
pub(crate) mod creation;
mod direct;
mod error;
mod indexes;
mod item;
mod meter;
mod put;
#[cfg(test)]
mod replies;
mod row;
pub(crate) mod scan;
mod spent;
mod statement;
pub(crate) mod time_limits;
mod write;

pub(crate) use answer::Make;
pub(crate) use attribute::Item;
pub(crate) use batch::KEYS_AT_ONCE;
pub(crate) use client::Table;
pub(crate) use condition::Condition;
pub(crate) use direct::DirectBodies;
pub(crate) use error::{not_set_up, refused, store_error};
pub(crate) use item::{checked, key, text};
pub use meter::Cost;
pub(crate) use meter::{Meter, StreamRequests, TableRequests};
pub(crate) use row::Row;
pub use spent::Spent;
pub(crate) use statement::{Executed, STATEMENTS_AT_ONCE, Statement};
pub(crate) use write::{ItemWrite, Written};
