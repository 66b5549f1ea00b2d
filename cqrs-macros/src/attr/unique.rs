use darling::{Error, FromMeta};
use syn::ext::IdentExt;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Ident, Meta, Token};

/// `unique(email, phone)`: each of the fields is unique by itself.
#[derive(Clone)]
pub(crate) struct UniqueArg(pub(crate) Vec<Ident>);

const EXPECTED: &str =
    "`unique` has the names of fields of the state, each of which is unique by itself: `unique(email)`";

impl FromMeta for UniqueArg {
    fn from_meta(meta: &Meta) -> darling::Result<Self> {
        let Meta::List(list) = meta else { return Err(Error::custom(EXPECTED).with_span(meta)) };
        let parser = |input: syn::parse::ParseStream<'_>| {
            Punctuated::<Ident, Token![,]>::parse_terminated_with(input, Ident::parse_any)
        };
        let read = parser.parse2(list.tokens.clone());
        let fields = read.map_err(|error| Error::custom(EXPECTED).with_span(&error.span()))?;
        if fields.is_empty() {
            return Err(Error::custom(EXPECTED).with_span(meta));
        }
        Ok(Self(fields.into_iter().collect()))
    }
}
