//! From the models to Rust: one pure function per item.

mod aggregate;
mod app;
mod data;
mod entity;
mod event;
mod handler;
mod index_value;
mod instance;
mod key;
mod process;
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
pub(crate) use event::{event, storable};
pub(crate) use handler::handler;
pub(crate) use index_value::index_value;
pub(crate) use instance::instance;
pub(crate) use process::process;
pub(crate) use projection::projection;
use serde::bounds;
pub(crate) use serde::derive;
pub(crate) use view::{view, viewable};

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Ident, Member, Type};

use crate::model::Parts;

/// For `quote_spanned!`: generated code that is reported at the author's tokens, and whose names are still ours.
///
/// The span of the tokens alone would look names up where they were written, which inside of a `macro_rules!` is another
/// place than the one of the rest of the expansion. A check that names nothing of ours stands at the author's span, or rustc
/// would add where in the expansion it comes from.
fn place(tokens: &impl Spanned) -> Span {
    Span::call_site().located_at(tokens.span())
}

/// Tokens that stand at a type: an expression with one token from elsewhere would be reported at the whole item.
fn at(ty: &Type, tokens: &TokenStream) -> TokenStream {
    let place = place(ty);
    tokens
        .clone()
        .into_iter()
        .map(|mut token| {
            token.set_span(place);
            token
        })
        .collect()
}

/// The struct's name, for the impl that makes it what it is: rustc reports there what its parts lack. Where that can only be one of
/// them, it is the better place.
fn named_at(ident: &Ident, parts: &Parts) -> Ident {
    let mut ident = ident.clone();
    if let [part] = parts.types() {
        ident.set_span(place(part));
    }
    ident
}

/// The method that shows a state by its fields, for tools: a macro of the core makes it, and makes nothing where no tool is built in.
fn shown(private: &TokenStream, fields: &[(Vec<Attribute>, Member)]) -> TokenStream {
    let fields = fields.iter().map(|(cfgs, member)| {
        let name = match member {
            Member::Named(name) => name.unraw().to_string(),
            Member::Unnamed(index) => index.to_token_stream().to_string(),
        };
        quote!(#(#cfgs)* #member #name)
    });
    quote!(#private::shown! { #(#fields,)* })
}
