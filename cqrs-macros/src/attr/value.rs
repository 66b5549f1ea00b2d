use darling::{Error, FromMeta};
use syn::ext::IdentExt;
use syn::{Expr, ExprLit, Lit, LitInt, LitStr, Meta, Path};

/// The value of an option that is a text.
#[derive(Clone)]
pub(crate) struct Text(pub(crate) LitStr);

impl FromMeta for Text {
    fn from_meta(meta: &Meta) -> darling::Result<Self> {
        match value(meta) {
            Some(Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) => Ok(Self(text.clone())),
            _ => Err(expected(meta, "a text", "\"…\"")),
        }
    }
}

/// The value of an option that is a whole number.
#[derive(Clone)]
pub(crate) struct Number(pub(crate) LitInt);

impl FromMeta for Number {
    fn from_meta(meta: &Meta) -> darling::Result<Self> {
        match value(meta) {
            Some(Expr::Lit(ExprLit { lit: Lit::Int(number), .. })) => Ok(Self(number.clone())),
            _ => Err(expected(meta, "a whole number", "2")),
        }
    }
}

/// An option without a value.
#[derive(Clone, Copy, Default)]
pub(crate) struct Flag(pub(crate) bool);

impl FromMeta for Flag {
    fn from_meta(meta: &Meta) -> darling::Result<Self> {
        match meta {
            Meta::Path(_) => Ok(Self(true)),
            Meta::NameValue(_) | Meta::List(_) => {
                let name = name(meta);
                Err(Error::custom(format!("`{name}` takes no value: it is there, or it is left out"))
                    .with_span(meta))
            }
        }
    }
}

/// The value of an option that is a type.
#[derive(Clone)]
pub(crate) struct TypePath(pub(crate) syn::ExprPath);

impl FromMeta for TypePath {
    fn from_meta(meta: &Meta) -> darling::Result<Self> {
        match value(meta) {
            Some(Expr::Path(path)) => Ok(Self(path.clone())),
            _ => Err(expected(meta, "a type", "OrderCreatedV1")),
        }
    }
}

/// The value of `crate`.
#[derive(Clone)]
pub(crate) struct CratePath(pub(crate) Path);

impl FromMeta for CratePath {
    fn from_meta(meta: &Meta) -> darling::Result<Self> {
        match value(meta) {
            Some(Expr::Path(path)) if path.qself.is_none() => Ok(Self(path.path.clone())),
            _ => Err(expected(meta, "the path of `cqrs_core`", "my_crate::cqrs_core")),
        }
    }
}

impl CratePath {
    /// The given path, or `::cqrs_core`.
    pub(crate) fn or_default(path: Option<Self>) -> Path {
        path.map_or_else(|| syn::parse_quote!(::cqrs_core), |path| path.0)
    }
}

fn value(meta: &Meta) -> Option<&Expr> {
    match meta {
        Meta::NameValue(pair) => Some(&pair.value),
        Meta::Path(_) | Meta::List(_) => None,
    }
}

fn name(meta: &Meta) -> String {
    meta.path().get_ident().map(|ident| ident.unraw().to_string()).unwrap_or_default()
}

fn expected(meta: &Meta, what: &str, example: &str) -> Error {
    Error::custom(format!("expected {what}: `{} = {example}`", name(meta))).with_span(meta)
}
