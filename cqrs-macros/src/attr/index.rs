use darling::{Error, FromMeta};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Ident, Meta, Token, parenthesized};

/// `index(by_customer(customer_id, ordered_at))`.
#[derive(Clone)]
pub(crate) struct IndexArg {
    pub(crate) name: Ident,
    pub(crate) fields: Vec<Ident>,
}

const EXPECTED: &str =
    "an index has a name and fields of the view: `index(by_customer(customer_id, ordered_at))`";

impl FromMeta for IndexArg {
    fn from_meta(meta: &Meta) -> darling::Result<Self> {
        let Meta::List(list) = meta else { return Err(Error::custom(EXPECTED).with_span(meta)) };
        let read = Self::parse.parse2(list.tokens.clone());
        read.map_err(|error| Error::custom(EXPECTED).with_span(&error.span()))
    }
}

impl Parse for IndexArg {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = input.parse()?;
        let inside;
        parenthesized!(inside in input);
        let fields = Punctuated::<Ident, Token![,]>::parse_terminated_with(&inside, Ident::parse_any)?;
        if fields.is_empty() {
            return Err(inside.error(EXPECTED));
        }
        Ok(Self { name, fields: fields.into_iter().collect() })
    }
}
