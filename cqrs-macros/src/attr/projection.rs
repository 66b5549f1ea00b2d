use darling::FromMeta;
use proc_macro2::TokenStream;
use syn::{Ident, Path, Type};

use super::args::{self, Arg};
use super::index::IndexArg;
use super::key::{KeyField, KeyFields, KeyNames};
use super::options::Options;
use super::value::{CratePath, Text};
use crate::diagnostics::Diagnostics;

const ON_STRUCT: Options =
    Options { attribute: "#[projection]", names: &["key", "index", "name", "view", "queue", "crate"] };
const ON_IMPL: Options = Options { attribute: "#[projection] impl", names: &["key", "crate"] };
const EXPECTED: &str =
    "expected the aggregate, `#[projection(Order)]`, or a key, `#[projection(key(customer_id: String))]`";

/// Where a view lives: at the key of an aggregate, or at its own key fields.
#[derive(Clone)]
pub(crate) enum Target<F> {
    Aggregate(Box<Type>),
    Key(Vec<F>),
}

/// `#[projection(Order, index(…), name = "…", view = "…", queue = "…", crate = path)]`, or `key(…)` instead of `Order`.
pub(crate) struct ViewArgs {
    pub(crate) target: Option<Target<KeyField>>,
    pub(crate) indexes: Vec<IndexArg>,
    pub(crate) name: Option<Text>,
    pub(crate) view: Option<Text>,
    pub(crate) queue: Option<Text>,
    pub(crate) krate: Path,
}

#[derive(FromMeta, Default)]
struct Read {
    key: Option<KeyFields>,
    #[darling(multiple)]
    index: Vec<IndexArg>,
    name: Option<Text>,
    view: Option<Text>,
    queue: Option<Text>,
    #[darling(rename = "crate")]
    krate: Option<CratePath>,
}

impl ViewArgs {
    pub(crate) fn parse(tokens: TokenStream, diagnostics: &mut Diagnostics) -> Self {
        let (types, rest) = split(args::parse(tokens, diagnostics));
        let quiet = !diagnostics.is_empty();
        let read: Read = ON_STRUCT.read_with(&["index"], rest, diagnostics);
        let key = read.key.map(|fields| fields.0);
        Self {
            target: target(types, key, quiet || !diagnostics.is_empty(), diagnostics),
            indexes: read.index,
            name: read.name,
            view: read.view,
            queue: read.queue,
            krate: CratePath::or_default(read.krate),
        }
    }
}

/// `#[projection(Order)]` or `#[projection(key(customer_id))]` on the impl block.
pub(crate) struct ProjectionImplArgs {
    pub(crate) target: Option<Target<Ident>>,
    pub(crate) krate: Path,
}

#[derive(FromMeta, Default)]
struct ReadImpl {
    key: Option<KeyNames>,
    #[darling(rename = "crate")]
    krate: Option<CratePath>,
}

impl ProjectionImplArgs {
    pub(crate) fn parse(tokens: TokenStream, diagnostics: &mut Diagnostics) -> Self {
        let (types, rest) = split(args::parse(tokens, diagnostics));
        let read: ReadImpl = ON_IMPL.read(rest, diagnostics);
        let key = read.key.map(|names| names.0);
        let target = target(types, key, !diagnostics.is_empty(), diagnostics);
        Self { target, krate: CratePath::or_default(read.krate) }
    }
}

fn split(args: Vec<Arg>) -> (Vec<Type>, Vec<Arg>) {
    let mut types = Vec::new();
    let mut rest = Vec::new();
    for arg in args {
        match arg {
            Arg::Type(ty) => types.push(ty),
            Arg::Option(_) | Arg::Literal(_) => rest.push(arg),
        }
    }
    (types, rest)
}

fn target<F>(
    types: Vec<Type>,
    key: Option<Vec<F>>,
    quiet: bool,
    diagnostics: &mut Diagnostics,
) -> Option<Target<F>> {
    let mut types = types.into_iter();
    let first = types.next();
    if let Some(second) = types.next() {
        diagnostics.at(
            &second,
            "a projection names one aggregate; a view of several has a key that comes from the events: `key(…)`",
        );
    }
    match (first, key) {
        (Some(aggregate), None) => Some(Target::Aggregate(Box::new(aggregate))),
        (None, Some(fields)) => Some(Target::Key(fields)),
        (Some(aggregate), Some(_)) => {
            diagnostics.at(&aggregate, "a projection has an aggregate or a key of its own, not both");
            None
        }
        (None, None) => {
            if !quiet {
                diagnostics.push(syn::Error::new(proc_macro2::Span::call_site(), EXPECTED));
            }
            None
        }
    }
}
