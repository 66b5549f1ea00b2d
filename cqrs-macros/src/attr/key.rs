use darling::{Error, FromMeta};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Ident, Meta, Token, Type};

/// One field of a key: `number: u32`.
#[derive(Clone)]
pub(crate) struct KeyField {
    pub(crate) name: Ident,
    pub(crate) ty: Type,
}

impl KeyField {
    /// The name without `r#`.
    pub(crate) fn text(&self) -> String {
        self.name.unraw().to_string()
    }
}

impl Parse for KeyField {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        // A keyword is a valid name in a template; as a field it is written raw.
        let name = input.call(Ident::parse_any)?;
        let name = match syn::parse_str::<Ident>(&name.to_string()) {
            Ok(_) => name,
            Err(_) => Ident::new_raw(&name.to_string(), name.span()),
        };
        if !input.peek(Token![:]) {
            let message = format!("a field of a key needs its type: `{name}: String`");
            return Err(syn::Error::new(name.span(), message));
        }
        input.parse::<Token![:]>()?;
        Ok(Self { name, ty: input.parse()? })
    }
}

/// `key(year: u16, number: u32)`.
#[derive(Clone)]
pub(crate) struct KeyFields(pub(crate) Vec<KeyField>);

impl FromMeta for KeyFields {
    fn from_meta(meta: &Meta) -> darling::Result<Self> {
        list(meta).map(Self)
    }
}

/// `key(customer_id)`.
#[derive(Clone)]
pub(crate) struct KeyNames(pub(crate) Vec<Ident>);

impl FromMeta for KeyNames {
    fn from_meta(meta: &Meta) -> darling::Result<Self> {
        let fields: Vec<KeyName> = list(meta)?;
        Ok(Self(fields.into_iter().map(|field| field.0).collect()))
    }
}

struct KeyName(Ident);

impl Parse for KeyName {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = Self(input.parse()?);
        if input.peek(Token![:]) {
            return Err(
                input.error("the types are on the struct, and here are only the names: `key(customer_id)`")
            );
        }
        if input.peek(Token![=]) {
            return Err(input.error(
                "only names go here: `key(customer_id)`; an expression goes on the method of its event: \
                 `#[apply(key(customer_id = …))]`",
            ));
        }
        Ok(name)
    }
}

fn list<T: Parse>(meta: &Meta) -> darling::Result<Vec<T>> {
    let Meta::List(list) = meta else {
        return Err(
            Error::custom("expected fields in parentheses: `key(customer_id: String)`").with_span(meta)
        );
    };
    let fields = Punctuated::<T, Token![,]>::parse_terminated.parse2(list.tokens.clone())?;
    if fields.is_empty() {
        return Err(
            Error::custom("a key needs at least one field: `key(customer_id: String)`").with_span(meta)
        );
    }
    Ok(fields.into_iter().collect())
}
