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

/// A span for `quote_spanned!`: generated code is reported at the author's tokens, and its names are still ours.
///
/// With the span of the tokens alone, names would be looked up where the tokens were written. Inside a `macro_rules!`
/// that is not the place of the rest of the expansion. A check that names nothing of ours has the author's span;
/// otherwise rustc would add where in the expansion it comes from.
fn place(tokens: &impl Spanned) -> Span {
    Span::call_site().located_at(tokens.span())
}

/// A variable of generated code among expressions of the author: neither hides the other, whatever the author calls theirs.
fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// Gives tokens the span of a type: an expression with one token from elsewhere would be reported at the whole item.
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

/// The struct's name, for the impl that makes it an event or a view: rustc reports there what the parts lack. If only
/// one part can lack something, the name has the span of that part, which is the better place.
fn named_at(ident: &Ident, parts: &Parts) -> Ident {
    let mut ident = ident.clone();
    if let [part] = parts.types() {
        ident.set_span(place(part));
    }
    ident
}

/// The method that shows a state by its fields, for tools. A macro of the core makes it, or nothing if no tool is built
/// in.
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
