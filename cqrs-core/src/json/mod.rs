//! JSON as it is stored: the canonical form, numbers as DynamoDB counts them, and what cannot be read.

pub mod canonical;
mod decimal;
pub(crate) mod difference;
mod null;
mod unreadable;

pub(crate) use decimal::Decimal;
pub(crate) use null::contains_null;
pub(crate) use unreadable::unreadable;
