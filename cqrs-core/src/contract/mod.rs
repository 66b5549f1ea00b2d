//! What others must know about the data that an app stores, publishes and accepts: AsyncAPI, JSON Schema, TypeScript.
//!
//! [`App::contracts`](crate::App::contracts) collects it from what the macros have registered, and from the shapes of
//! the types:
//!
//! | to | call |
//! | --- | --- |
//! | describe what is on the topic | [`Contracts::asyncapi`] |
//! | check data against its schema | [`Contracts::json_schemas`], or [`json_schema`] for one type |
//! | store events in columns | [`Contracts::columns`] |
//! | read messages and answers in a browser, or on Node.js | [`Contracts::typescript`] |
//!
//! A program writes these documents when it is built: in a test that compares them with committed files, so that a
//! change shows in its review, or in a command of its own.
//!
//! They cost nothing at run time. The description of views is linked only with the feature `contracts`.
//!
//! # Views
//!
//! A field of an event needs [`EventData`](derive@crate::EventData); a field of a view does not. If the type of a
//! view's field does not have it, the field may be anything: `{}` in JSON Schema with the name of the type as the
//! title, `unknown` in TypeScript. Derive it for a type of your own that others should see.

mod asyncapi;
mod column;
mod combine;
mod contracts;
mod document;
mod json_schema;
mod label;
mod members;
mod names;
mod scalar;
#[cfg(test)]
pub(crate) mod tests;
mod types;
mod typescript;

pub use asyncapi::Info;
pub use column::{Column, ColumnKind};
pub use contracts::Contracts;
pub use json_schema::{Definitions, json_schema};
pub use typescript::Integers;
