use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Ident, Lit, Meta, Token, Type, token};

use crate::diagnostics::Diagnostics;

/// One argument of an attribute.
pub(crate) enum Arg {
    /// `OrderCreated`, `billing::Paid`.
    Type(Type),
    /// `name = "…"`, `key(…)`.
    Option(Meta),
    /// `"OrderCreated"`: no macro takes one.
    Literal(Lit),
}

impl Parse for Arg {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(Lit) {
            return input.parse().map(Self::Literal);
        }
        let named = input.peek(Ident::peek_any);
        if named && (input.peek2(Token![=]) || input.peek2(token::Paren)) {
            return input.parse().map(Self::Option);
        }
        input.parse().map(Self::Type)
    }
}

/// Reads the arguments of an attribute; none where they are no list.
pub(crate) fn parse(tokens: TokenStream, diagnostics: &mut Diagnostics) -> Vec<Arg> {
    let list = Punctuated::<Arg, Token![,]>::parse_terminated.parse2(tokens);
    diagnostics.ok(list).into_iter().flatten().collect()
}
