use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Ident, ImplItemFn, Meta, Path, Token, parenthesized, parse_quote};

use crate::diagnostics::Diagnostics;

/// What a method in an annotated impl block is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Marker {
    Command,
    Apply,
    React,
    Deadline,
}

impl Marker {
    const ALL: [Self; 4] = [Self::Command, Self::Apply, Self::React, Self::Deadline];

    fn of(path: &Path) -> Option<Self> {
        Self::ALL.into_iter().find(|marker| path.is_ident(marker.name()))
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Apply => "apply",
            Self::React => "react",
            Self::Deadline => "deadline",
        }
    }
}

/// The marker of a method, with its arguments.
pub(crate) struct Marks {
    pub(crate) marker: Marker,
    pub(super) meta: Meta,
}

/// `#[apply(key(customer_id = event.buyer.clone()))]`: one field of a view's key.
#[derive(Clone)]
pub(crate) struct ApplyKey {
    pub(crate) field: Ident,
    pub(crate) value: Expr,
}

impl Marks {
    /// The method's marker, if it has one. Two markers are a mistake, and count as none.
    pub(crate) fn of(method: &ImplItemFn, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut found: Option<Self> = None;
        let mut twice = false;
        let metas = method.attrs.iter().flat_map(|attribute| match Conditional::of(attribute) {
            Some(conditional) => conditional.attributes,
            None => vec![attribute.meta.clone()],
        });
        for meta in metas {
            let Some(marker) = Marker::of(meta.path()) else { continue };
            if let Some(first) = &found {
                let only = match (first.marker, marker) {
                    (Marker::Command | Marker::Apply, Marker::Command | Marker::Apply) => {
                        "a method is one `#[command]` or one `#[apply]`"
                    }
                    _ => "a method is one `#[apply]`, one `#[react]` or one `#[deadline]`",
                };
                diagnostics.at(meta, only);
                twice = true;
            } else {
                found = Some(Self { marker, meta });
            }
        }
        found.filter(|_| !twice)
    }

    /// Refuses arguments.
    pub(crate) fn refuse_arguments(&self, diagnostics: &mut Diagnostics) {
        if !matches!(self.meta, Meta::Path(_)) {
            let message = match self.marker {
                Marker::Command => {
                    "`#[command]` takes no options on a method: the name of a stored command goes on its struct, `#[command(name = \"…\")]`"
                }
                Marker::Apply | Marker::React | Marker::Deadline => "this attribute takes no arguments here",
            };
            diagnostics.at(&self.meta, message);
        }
    }

    /// Where the key of the view comes from, if the method says so.
    pub(crate) fn key(&self, diagnostics: &mut Diagnostics) -> ApplyKeys {
        if matches!(self.meta, Meta::Path(_)) {
            return ApplyKeys::default();
        }
        let parsed = match &self.meta {
            Meta::List(list) => list.parse_args::<ApplyKeys>(),
            other => Err(syn::Error::new_spanned(other, EXPECTED)),
        };
        diagnostics.ok(parsed).unwrap_or_default()
    }
}

const EXPECTED: &str = "`#[apply]` takes only a key, `#[apply(key(customer_id = event.buyer.clone()))]`, or the keys of \
                        several views, `#[apply(keys = event.members.clone())]`";

/// The arguments of `#[apply]` about the key of the view.
#[derive(Clone, Default)]
pub(crate) struct ApplyKeys {
    /// `key(field = value, …)`.
    pub(crate) fields: Vec<ApplyKey>,
    /// `keys = items`: one view per item, which is the key's only field, or a tuple of all.
    pub(crate) items: Option<Expr>,
}

impl Parse for ApplyKeys {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name: Ident = input.parse().map_err(|error| syn::Error::new(error.span(), EXPECTED))?;
        if name == "keys" && input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            let items = input.parse()?;
            input.parse::<Option<Token![,]>>()?;
            return Ok(Self { fields: Vec::new(), items: Some(items) });
        }
        if name != "key" {
            return Err(syn::Error::new(name.span(), EXPECTED));
        }
        let content;
        parenthesized!(content in input);
        let fields = Punctuated::<ApplyKey, Token![,]>::parse_terminated(&content)?;
        Ok(Self { fields: fields.into_iter().collect(), items: None })
    }
}

impl Parse for ApplyKey {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let field = input.parse()?;
        input.parse::<Token![=]>()?;
        Ok(Self { field, value: input.parse()? })
    }
}

/// Removes `#[command]`, `#[apply]`, `#[react]` and `#[deadline]` from the methods of an impl block: rustc does not
/// know them.
///
/// It works on tokens, so that a block that does not parse keeps every other token as its author wrote it.
pub(crate) fn strip_markers(item: TokenStream) -> TokenStream {
    item.into_iter()
        .map(|token| match token {
            TokenTree::Group(block) if block.delimiter() == Delimiter::Brace => {
                let mut stripped = Group::new(Delimiter::Brace, strip(block.stream()));
                stripped.set_span(block.span());
                TokenTree::Group(stripped)
            }
            other => other,
        })
        .collect()
}

fn strip(body: TokenStream) -> TokenStream {
    let mut stripped = TokenStream::new();
    let mut tokens = body.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let hash = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '#');
        match tokens.peek() {
            Some(next) if hash && is_marker(next) => {
                tokens.next();
                continue;
            }
            Some(next) if hash && let Some(rest) = without_markers(next) => {
                tokens.next();
                stripped.extend(rest);
                continue;
            }
            _ => stripped.extend([token]),
        }
    }
    stripped
}

fn is_marker(token: &TokenTree) -> bool {
    let TokenTree::Group(group) = token else { return false };
    group.delimiter() == Delimiter::Bracket
        && matches!(
            group.stream().into_iter().next(),
            Some(TokenTree::Ident(name)) if Marker::ALL.iter().any(|marker| name == marker.name())
        )
}

/// What is left of a `#[cfg_attr(…)]` that holds a marker; `None` for any other attribute.
fn without_markers(token: &TokenTree) -> Option<TokenStream> {
    let TokenTree::Group(group) = token else { return None };
    if group.delimiter() != Delimiter::Bracket {
        return None;
    }
    let Conditional { predicate, mut attributes } = Conditional::parse(syn::parse2(group.stream()).ok()?)?;
    let all = attributes.len();
    attributes.retain(|meta| Marker::of(meta.path()).is_none());
    match attributes.len() {
        left if left == all => None,
        0 => Some(TokenStream::new()),
        _ => Some(quote!(#[cfg_attr(#predicate, #(#attributes),*)])),
    }
}

/// `#[cfg_attr(predicate, attribute, …)]`: inside an impl block the compiler has not evaluated it yet.
struct Conditional {
    predicate: Meta,
    attributes: Vec<Meta>,
}

impl Conditional {
    fn of(attribute: &Attribute) -> Option<Self> {
        Self::parse(attribute.meta.clone())
    }

    fn parse(meta: Meta) -> Option<Self> {
        let Meta::List(list) = meta else { return None };
        if !list.path.is_ident("cfg_attr") {
            return None;
        }
        let arguments = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok()?;
        let mut arguments = arguments.into_iter();
        Some(Self { predicate: arguments.next()?, attributes: arguments.collect() })
    }
}

/// The `#[cfg]`s of a method, including those of `#[cfg_attr]`: generated code that names the method needs the same
/// ones.
pub(crate) fn cfgs(attributes: &[Attribute]) -> Vec<Attribute> {
    let mut cfgs = Vec::new();
    for attribute in attributes {
        if attribute.path().is_ident("cfg") {
            cfgs.push(attribute.clone());
        }
        let Some(Conditional { predicate, attributes }) = Conditional::of(attribute) else { continue };
        for meta in attributes {
            match meta {
                Meta::List(list) if list.path.is_ident("cfg") => {
                    let condition = list.tokens;
                    cfgs.push(parse_quote!(#[cfg(any(not(#predicate), #condition))]));
                }
                // Without the marker, the method is the author's own.
                meta if Marker::of(meta.path()).is_some() => cfgs.push(parse_quote!(#[cfg(#predicate)])),
                _ => {}
            }
        }
    }
    cfgs
}
