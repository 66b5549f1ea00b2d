//! Tables of DynamoDB: items and their attributes, conditions and contention, pages, what requests cost and may take.

pub(crate) mod attribute;
mod condition;
mod contention;
pub(crate) mod creation;
mod error;
mod item;
mod meter;
pub(crate) mod scan;
mod spent;
pub(crate) mod time_limits;

pub(crate) use attribute::Item;
pub(crate) use condition::Condition;
pub(crate) use contention::{CONTENDED, Contention};
pub(crate) use error::{refused, store_error};
pub(crate) use item::{checked, key};
pub use meter::Cost;
pub(crate) use meter::{Meter, StreamRequests, TableRequests};
pub use spent::Spent;
