//! The macros as the façade `cqrs` has them. A crate that depends only on the façade has no `::cqrs_core`, so the
//! generated paths begin at `::cqrs`. A `crate` in the arguments takes precedence here, too.

use proc_macro2::{Spacing, TokenStream, TokenTree};
use quote::{format_ident, quote};

use crate::groups;

/// The arguments of an attribute, with `crate = ::cqrs`.
pub(crate) fn options(args: TokenStream) -> TokenStream {
    complete(groups::open_args(args), '=', quote!(crate = ::cqrs))
}

/// The lists of `app!`, with `crate: ::cqrs`.
pub(crate) fn lists(lists: TokenStream) -> TokenStream {
    complete(groups::open_args(lists), ':', quote!(crate: ::cqrs))
}

/// An item with a derive, and the attribute that goes with it: `#[event_data(crate = ::cqrs)]`.
pub(crate) fn derive(attribute: &str, item: TokenStream) -> TokenStream {
    let item = groups::open_item(item);
    if attributes(attribute, &item).any(|options| names_crate(&options, '=')) {
        return item;
    }
    let attribute = format_ident!("{attribute}");
    quote!(#[#attribute(crate = ::cqrs)] #item)
}

/// The arguments of each such attribute on the item itself.
fn attributes<'a>(wanted: &'a str, item: &TokenStream) -> impl Iterator<Item = TokenStream> + use<'a> {
    item.clone().into_iter().filter_map(move |token| {
        let TokenTree::Group(attribute) = token else { return None };
        let mut inside = attribute.stream().into_iter();
        match (inside.next()?, inside.next()?) {
            (TokenTree::Ident(name), TokenTree::Group(options)) if name == wanted => Some(options.stream()),
            _ => None,
        }
    })
}

/// Adds an entry to a list that has no such entry yet.
fn complete(list: TokenStream, sign: char, entry: TokenStream) -> TokenStream {
    if names_crate(&list, sign) {
        return list;
    }
    let comma = list.clone().into_iter().last().is_some_and(|last| !is_comma(&last)).then(|| quote!(,));
    quote!(#list #comma #entry)
}

/// Whether an entry of a list begins with `crate` and a sign: `crate = path`, and not `crate::Type`.
fn names_crate(list: &TokenStream, sign: char) -> bool {
    let tokens: Vec<TokenTree> = list.clone().into_iter().collect();
    tokens.windows(2).enumerate().any(|(at, pair)| match pair {
        [TokenTree::Ident(word), TokenTree::Punct(punct)] => {
            let begins = at == 0 || is_comma(&tokens[at - 1]);
            begins && word == "crate" && punct.as_char() == sign && punct.spacing() == Spacing::Alone
        }
        _ => false,
    })
}

fn is_comma(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(completed: TokenStream, wanted: TokenStream) {
        assert_eq!(completed.to_string(), wanted.to_string());
    }

    #[test]
    fn a_crate_is_added_where_none_is_named() {
        check(options(quote!()), quote!(crate = ::cqrs));
        check(options(quote!(crate::Paid, once)), quote!(crate::Paid, once, crate = ::cqrs));
        check(options(quote!(name = "a",)), quote!(name = "a", crate = ::cqrs));
        check(options(quote!(crate = ours::cqrs, once)), quote!(crate = ours::cqrs, once));
        check(options(quote!(once, crate = ours::cqrs)), quote!(once, crate = ours::cqrs));
        check(lists(quote!(handlers: [crate::greet])), quote!(handlers: [crate::greet], crate: ::cqrs));
        check(lists(quote!(crate: ours::cqrs, handlers: [])), quote!(crate: ours::cqrs, handlers: []));
    }

    #[test]
    fn a_crate_is_added_to_a_derive_where_none_is_named() {
        let item = quote!(
            #[event_data(opaque)]
            struct Price(#[event_data(example = "1")] u64);
        );
        check(derive("event_data", item.clone()), quote!(#[event_data(crate = ::cqrs)] #item));
        let item = quote!(
            #[event_data(opaque, crate = ours::cqrs)]
            struct Price(u64);
        );
        check(derive("event_data", item.clone()), item);
    }
}
