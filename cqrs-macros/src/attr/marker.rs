use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Ident, ImplItemFn, Meta, Token, parenthesized};

use crate::diagnostics::Diagnostics;

/// What a method in an annotated impl block is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Marker {
    Command,
    Apply,
}

/// The marker of a method, with the attribute that it stands in.
pub(crate) struct Marks<'a> {
    pub(crate) marker: Marker,
    attribute: &'a Attribute,
}

/// `#[apply(key(customer_id = event.buyer.clone()))]`: one field of a view's key.
#[derive(Clone)]
pub(crate) struct ApplyKey {
    pub(crate) field: Ident,
    pub(crate) value: Expr,
}

impl<'a> Marks<'a> {
    /// The method's marker, if it has one; two of them are a mistake, and none.
    pub(crate) fn of(method: &'a ImplItemFn, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut found: Option<Self> = None;
        let mut twice = false;
        for attribute in &method.attrs {
            let marker = match attribute.path() {
                path if path.is_ident("command") => Marker::Command,
                path if path.is_ident("apply") => Marker::Apply,
                _ => continue,
            };
            if found.is_some() {
                diagnostics.at(attribute, "a method is one `#[command]` or one `#[apply]`");
                twice = true;
            } else {
                found = Some(Self { marker, attribute });
            }
        }
        found.filter(|_| !twice)
    }

    /// Refuses arguments.
    pub(crate) fn refuse_arguments(&self, diagnostics: &mut Diagnostics) {
        if !matches!(self.attribute.meta, Meta::Path(_)) {
            diagnostics.at(&self.attribute.meta, "this attribute takes no arguments here");
        }
    }

    /// The fields of `key(…)`; none where there is no `key`.
    pub(crate) fn key(&self, diagnostics: &mut Diagnostics) -> Vec<ApplyKey> {
        if matches!(self.attribute.meta, Meta::Path(_)) {
            return Vec::new();
        }
        let parsed = self.attribute.parse_args::<KeyArgument>();
        diagnostics.ok(parsed).map(|argument| argument.0).unwrap_or_default()
    }
}

struct KeyArgument(Vec<ApplyKey>);

impl Parse for KeyArgument {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        const EXPECTED: &str =
            "`#[apply]` takes only a key: `#[apply(key(customer_id = event.buyer.clone()))]`";
        let name: Ident = input.parse().map_err(|error| syn::Error::new(error.span(), EXPECTED))?;
        if name != "key" {
            return Err(syn::Error::new(name.span(), EXPECTED));
        }
        let content;
        parenthesized!(content in input);
        let fields = Punctuated::<ApplyKey, Token![,]>::parse_terminated(&content)?;
        Ok(Self(fields.into_iter().collect()))
    }
}

impl Parse for ApplyKey {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let field = input.parse()?;
        input.parse::<Token![=]>()?;
        Ok(Self { field, value: input.parse()? })
    }
}

/// Takes `#[command]` and `#[apply]` off the methods of an impl block: they are ours, rustc does not know them.
///
/// On tokens, so that a block that does not parse keeps every other token as its author wrote it.
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
        if hash && tokens.next_if(is_marker).is_some() {
            continue;
        }
        stripped.extend([token]);
    }
    stripped
}

fn is_marker(token: &TokenTree) -> bool {
    let TokenTree::Group(group) = token else { return false };
    group.delimiter() == Delimiter::Bracket
        && matches!(
            group.stream().into_iter().next(),
            Some(TokenTree::Ident(name)) if name == "command" || name == "apply"
        )
}
