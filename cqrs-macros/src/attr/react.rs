use proc_macro2::TokenTree;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Ident, Meta, Token, parenthesized};

use super::marker::{ApplyKey, Marks};
use crate::diagnostics::Diagnostics;

const EXPECTED: &str = "`#[react]` takes `start` and a key, `#[react(start, key(order_id = event.order.clone()))]`, and \
                        `#[apply]` a key";

/// The arguments of `#[apply(…)]` and `#[react(…)]` in a process.
#[derive(Default)]
pub(crate) struct ReactArgs {
    /// `start`: the event starts an instance.
    pub(crate) start: Option<Ident>,
    /// `key(field = value, …)`.
    pub(crate) key: Vec<ApplyKey>,
}

impl ReactArgs {
    pub(crate) fn of(marks: &Marks, diagnostics: &mut Diagnostics) -> Self {
        let parsed = match &marks.meta {
            Meta::Path(_) => return Self::default(),
            Meta::List(list) => list.parse_args(),
            other @ Meta::NameValue(_) => Err(syn::Error::new_spanned(other, EXPECTED)),
        };
        diagnostics.ok(parsed).unwrap_or_else(|| Self { start: start(&marks.meta), key: Vec::new() })
    }
}

/// `start`, if something else is wrong, so that it is not reported as missing as well.
fn start(meta: &Meta) -> Option<Ident> {
    let Meta::List(list) = meta else { return None };
    list.tokens.clone().into_iter().find_map(|token| match token {
        TokenTree::Ident(word) if word == "start" => Some(word),
        _ => None,
    })
}

impl Parse for ReactArgs {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut args = Self::default();
        while !input.is_empty() {
            let name: Ident = input.parse().map_err(|error| syn::Error::new(error.span(), EXPECTED))?;
            if name == "start" && args.start.is_none() {
                args.start = Some(name);
            } else if name == "key" && args.key.is_empty() && input.peek(syn::token::Paren) {
                let content;
                parenthesized!(content in input);
                let fields = Punctuated::<ApplyKey, Token![,]>::parse_terminated(&content)?;
                args.key = fields.into_iter().collect();
            } else if name == "keys" {
                let reason =
                    "an event belongs to one instance of a process: `key(order_id = event.order.clone())`";
                return Err(syn::Error::new(name.span(), reason));
            } else {
                return Err(syn::Error::new(name.span(), EXPECTED));
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(args)
    }
}
