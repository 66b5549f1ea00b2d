use darling::FromMeta;
use proc_macro2::TokenStream;
use syn::Path;

use super::args;
use super::options::Options;
use super::value::{CratePath, Number, Text};
use crate::diagnostics::Diagnostics;

const OPTIONS: Options = Options { attribute: "#[event]", names: &["name", "schema", "unhandled", "crate"] };

/// `#[event(name = "…", schema = 2, unhandled = "…", crate = path)]`.
pub(crate) struct EventArgs {
    pub(crate) name: Option<Text>,
    pub(crate) schema: Option<Number>,
    pub(crate) unhandled: Option<Text>,
    pub(crate) krate: Path,
}

#[derive(FromMeta, Default)]
struct Read {
    name: Option<Text>,
    schema: Option<Number>,
    unhandled: Option<Text>,
    #[darling(rename = "crate")]
    krate: Option<CratePath>,
}

impl EventArgs {
    pub(crate) fn parse(tokens: TokenStream, diagnostics: &mut Diagnostics) -> Self {
        let read: Read = OPTIONS.read(args::parse(tokens, diagnostics), diagnostics);
        Self {
            name: read.name,
            schema: read.schema,
            unhandled: read.unhandled,
            krate: CratePath::or_default(read.krate),
        }
    }
}
