//! From the models to Rust: one pure function per item.

mod aggregate;
mod app;
mod data;
mod entity;
mod event;
mod handler;
mod key;
mod projection;
mod serde;
mod view;

#[cfg(test)]
mod tests;

pub(crate) use aggregate::aggregate;
pub(crate) use app::app;
pub(crate) use data::{data, derive_data};
pub(crate) use entity::entity;
pub(crate) use event::event;
pub(crate) use handler::handler;
pub(crate) use projection::projection;
pub(crate) use serde::derive;
pub(crate) use view::view;
