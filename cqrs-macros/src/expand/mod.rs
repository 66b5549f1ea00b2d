//! From the models to Rust: one pure function per item.

mod aggregate;
mod app;
mod data;
mod entity;
mod event;
mod handler;
mod index_value;
mod key;
mod projection;
mod query;
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
pub(crate) use index_value::index_value;
pub(crate) use projection::projection;
pub(crate) use serde::derive;
pub(crate) use view::view;

use proc_macro2::Span;
use syn::spanned::Spanned;

/// For `quote_spanned!`: generated code that is reported at the author's tokens, and whose names are still ours.
///
/// The span of the tokens alone would look names up where they were written, which inside of a `macro_rules!` is another
/// place than the one of the rest of the expansion. A check that names nothing of ours stands at the author's span, or rustc
/// would add where in the expansion it comes from.
fn place(tokens: &impl Spanned) -> Span {
    Span::call_site().located_at(tokens.span())
}
