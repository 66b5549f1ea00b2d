use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Ident, Path, Token, Type, bracketed};

use super::options::did_you_mean;
use crate::diagnostics::Diagnostics;

const LISTS: [&str; 5] = ["aggregates", "projections", "processes", "handlers", "provides"];
const KNOWN: &str = "`app!` takes `aggregates`, `projections`, `processes`, `handlers`, `provides`, `crate`";

/// `app! { aggregates: […], projections: […], processes: […], handlers: […], provides: […], crate: path }`.
pub(crate) struct AppArgs {
    /// The contents of the five lists, in the order of [`LISTS`].
    lists: [Vec<Type>; 5],
    pub(crate) krate: Path,
}

/// One entry: its name, and what follows the colon.
struct Entry {
    name: Ident,
    value: Value,
}

enum Value {
    List(Vec<Type>),
    Path(Path),
}

impl Parse for Entry {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = input.call(Ident::parse_any)?;
        input.parse::<Token![:]>()?;
        if name == "crate" {
            return Ok(Self { name, value: Value::Path(input.call(Path::parse_mod_style)?) });
        }
        if !input.peek(syn::token::Bracket) {
            return Err(input.error(format!("expected a list: `{name}: […]`")));
        }
        let content;
        bracketed!(content in input);
        let types = Punctuated::<Type, Token![,]>::parse_terminated(&content)?;
        Ok(Self { name, value: Value::List(types.into_iter().collect()) })
    }
}

impl AppArgs {
    pub(crate) fn parse(tokens: TokenStream, diagnostics: &mut Diagnostics) -> Self {
        let entries = Punctuated::<Entry, Token![,]>::parse_terminated.parse2(tokens);
        let mut lists: [Option<Vec<Type>>; 5] = Default::default();
        let mut krate = None;
        for Entry { name, value } in diagnostics.ok(entries).into_iter().flatten() {
            let text = name.unraw().to_string();
            let place = LISTS.iter().position(|known| *known == text);
            let twice = match (place, value) {
                (Some(place), Value::List(types)) => {
                    check_unique(&types, &text, diagnostics);
                    let twice = lists[place].is_some();
                    lists[place].get_or_insert_default().extend(types);
                    twice
                }
                (_, Value::Path(path)) => krate.replace(path).is_some(),
                (None, Value::List(_)) => {
                    let hint = did_you_mean(&text, LISTS);
                    diagnostics.at(&name, format!("unknown entry `{text}`{hint} {KNOWN}"));
                    false
                }
            };
            if twice {
                diagnostics.at(&name, format!("`{text}` is given twice: it is one list"));
            }
        }
        let krate = krate.unwrap_or_else(|| syn::parse_quote!(::cqrs_core));
        Self { lists: lists.map(Option::unwrap_or_default), krate }
    }

    pub(crate) fn aggregates(&self) -> &[Type] {
        &self.lists[0]
    }

    pub(crate) fn projections(&self) -> &[Type] {
        &self.lists[1]
    }

    pub(crate) fn processes(&self) -> &[Type] {
        &self.lists[2]
    }

    pub(crate) fn handlers(&self) -> &[Type] {
        &self.lists[3]
    }

    pub(crate) fn provides(&self) -> &[Type] {
        &self.lists[4]
    }
}

fn check_unique(types: &[Type], list: &str, diagnostics: &mut Diagnostics) {
    for (index, ty) in types.iter().enumerate() {
        if types[..index].contains(ty) {
            let name = ty.to_token_stream().to_string().replace(' ', "");
            diagnostics.at(ty, format!("`{name}` is listed twice in `{list}`"));
        }
    }
}
