use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::{End, Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Ident, Lit, Meta, Token, Type, token};

use crate::diagnostics::Diagnostics;

/// One argument of an attribute.
pub(crate) enum Arg {
    /// `OrderCreated`, `billing::Paid`.
    Type(Type),
    /// `name = "…"`, `key(…)`, `once`.
    Option(Meta),
    /// `"OrderCreated"`: no macro accepts one.
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
        if named && (input.peek2(Token![,]) || input.peek2(End)) && is_option_name(input)? {
            return input.parse().map(Self::Option);
        }
        input.parse().map(Self::Type)
    }
}

/// Whether a bare word is an option: types begin with a capital. A type that does not is written `self::paid`.
fn is_option_name(input: ParseStream<'_>) -> syn::Result<bool> {
    let word = input.fork().call(Ident::parse_any)?.unraw().to_string();
    Ok(word != "crate" && word.starts_with(char::is_lowercase))
}

/// Reads the arguments of an attribute; empty if they are not a list.
pub(crate) fn parse(tokens: TokenStream, diagnostics: &mut Diagnostics) -> Vec<Arg> {
    let list = Punctuated::<Arg, Token![,]>::parse_terminated.parse2(tokens);
    diagnostics.ok(list).into_iter().flatten().collect()
}
