//! What others have to know of what an app stores, publishes and takes: AsyncAPI, JSON Schema, TypeScript.
//!
//! [`App::contracts`](crate::App::contracts) gathers it from what the macros have registered, and from the shapes of the types:
//!
//! | to | call |
//! | --- | --- |
//! | tell what is on the topic | [`Contracts::asyncapi`] |
//! | check data against its schema | [`Contracts::json_schemas`]; of one type [`json_schema`] |
//! | store events in columns | [`Contracts::columns`] |
//! | read messages and answers in a browser, or on Node.js | [`Contracts::typescript`] |
//!
//! A program writes them where it is built: in a test that compares them with files that are committed, so that a change shows in its
//! review; or in a command of its own.
//!
//! They cost nothing at run time: what describes views is linked with the feature `contracts` alone.
//!
//! # Views
//!
//! A field of an event needs [`EventData`](derive@crate::EventData); a field of a view does not, and where its type has none it may be
//! anything: `{}` in JSON Schema with the name of the type as the title, `unknown` in TypeScript. Derive it for a type of your own
//! that others are to see.

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
