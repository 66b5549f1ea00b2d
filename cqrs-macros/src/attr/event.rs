use darling::FromMeta;
use proc_macro2::TokenStream;
use syn::parse::{Parse, ParseStream};
use syn::{Expr, LitInt, Meta, Path, Token};

use super::args::{self, Arg};
use super::options::Options;
use super::value::{CratePath, Number, Text, TypePath};
use crate::diagnostics::Diagnostics;

const ON_EVENT: Options = Options {
    attribute: "#[event]",
    names: &["name", "alias", "schema", "widened", "from", "from_json", "unhandled", "crate"],
};
const ON_COMMAND: Options = Options {
    attribute: "#[command]",
    names: &["name", "alias", "schema", "widened", "from", "from_json", "crate"],
};

/// `#[event(name = "…", alias = "…", schema = 2, widened = 1, from = OldEvent, from_json(1, upgrade), unhandled = "…", crate = path)]`; those of
/// `#[command]` are the same without `unhandled`.
pub(crate) struct EventArgs {
    pub(crate) name: Option<Text>,
    pub(crate) aliases: Vec<Text>,
    pub(crate) schema: Option<Number>,
    /// How often the schema was widened.
    pub(crate) widened: Option<Number>,
    /// The struct of the previous schema.
    pub(crate) from: Option<TypePath>,
    pub(crate) from_json: Vec<JsonStep>,
    /// Whether either of them was given, right or wrong.
    pub(crate) has_older: bool,
    pub(crate) unhandled: Option<Text>,
    pub(crate) krate: Path,
}

#[derive(FromMeta, Default)]
struct Read {
    name: Option<Text>,
    #[darling(multiple, rename = "alias")]
    aliases: Vec<Text>,
    schema: Option<Number>,
    widened: Option<Number>,
    from: Option<TypePath>,
    #[darling(multiple)]
    from_json: Vec<JsonStep>,
    unhandled: Option<Text>,
    #[darling(rename = "crate")]
    krate: Option<CratePath>,
}

/// `from_json(1, upgrade)`: a function from the fields of one schema to those of the next.
#[derive(Clone)]
pub(crate) struct JsonStep {
    pub(crate) from: LitInt,
    pub(crate) step: Expr,
}

impl Parse for JsonStep {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let from = input.parse()?;
        input.parse::<Token![,]>()?;
        let step = input.parse()?;
        input.parse::<Option<Token![,]>>()?;
        Ok(Self { from, step })
    }
}

impl FromMeta for JsonStep {
    fn from_meta(meta: &Meta) -> darling::Result<Self> {
        let read = match meta {
            Meta::List(list) => list.parse_args().ok(),
            Meta::Path(_) | Meta::NameValue(_) => None,
        };
        read.ok_or_else(|| {
            darling::Error::custom(
                "expected a schema and a function from its JSON to that of the next: `from_json(1, upgrade)`",
            )
            .with_span(meta)
        })
    }
}

impl EventArgs {
    pub(crate) fn of_event(tokens: TokenStream, diagnostics: &mut Diagnostics) -> Self {
        Self::parse(&ON_EVENT, tokens, diagnostics)
    }

    pub(crate) fn of_command(tokens: TokenStream, diagnostics: &mut Diagnostics) -> Self {
        Self::parse(&ON_COMMAND, tokens, diagnostics)
    }

    fn parse(options: &Options, tokens: TokenStream, diagnostics: &mut Diagnostics) -> Self {
        let args = args::parse(tokens, diagnostics);
        let has_older = args.iter().any(|arg| {
            let Arg::Option(meta) = arg else { return false };
            meta.path().is_ident("from") || meta.path().is_ident("from_json")
        });
        let read: Read = options.read_with(&["alias", "from_json"], args, diagnostics);
        Self {
            name: read.name,
            aliases: read.aliases,
            schema: read.schema,
            widened: read.widened,
            from: read.from,
            from_json: read.from_json,
            has_older,
            unhandled: read.unhandled,
            krate: CratePath::or_default(read.krate),
        }
    }
}
