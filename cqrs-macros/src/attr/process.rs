use darling::FromMeta;
use proc_macro2::{Span, TokenStream};
use syn::{Ident, Path};

use super::args;
use super::key::{KeyField, KeyFields, KeyNames};
use super::options::Options;
use super::value::{CratePath, Number, Text};
use crate::diagnostics::Diagnostics;

const ON_STRUCT: Options =
    Options { attribute: "#[process]", names: &["key", "entity", "queue", "snapshot_every", "crate"] };
const ON_IMPL: Options = Options { attribute: "#[process] impl", names: &["key", "unknown", "crate"] };

/// `#[process(key(order_id: String), entity = "…", queue = "…", snapshot_every = 100, crate = path)]`.
pub(crate) struct ProcessArgs {
    pub(crate) key: Option<Vec<KeyField>>,
    pub(crate) entity: Option<Text>,
    pub(crate) queue: Option<Text>,
    pub(crate) snapshot_every: Option<Number>,
    pub(crate) krate: Path,
}

#[derive(FromMeta, Default)]
struct Read {
    key: Option<KeyFields>,
    entity: Option<Text>,
    queue: Option<Text>,
    snapshot_every: Option<Number>,
    #[darling(rename = "crate")]
    krate: Option<CratePath>,
}

impl ProcessArgs {
    pub(crate) fn parse(tokens: TokenStream, diagnostics: &mut Diagnostics) -> Self {
        let args = args::parse(tokens, diagnostics);
        let place = "the impl block, into its `#[process(key(…))]`, not on the struct";
        let args = ON_STRUCT.without_those_of(&ON_IMPL, place, args, diagnostics);
        let read: Read = ON_STRUCT.read(args, diagnostics);
        if read.key.is_none() && diagnostics.is_empty() {
            diagnostics.push(syn::Error::new(
                Span::call_site(),
                "a process needs a key, by which an event finds its instance: `#[process(key(order_id: String))]`",
            ));
        }
        Self {
            key: read.key.map(|fields| fields.0),
            entity: read.entity,
            queue: read.queue,
            snapshot_every: read.snapshot_every,
            krate: CratePath::or_default(read.krate),
        }
    }
}

/// `#[process(key(order_id), unknown = "skip", crate = path)]` on the impl block.
pub(crate) struct ProcessImplArgs {
    pub(crate) key: Option<Vec<Ident>>,
    pub(crate) unknown: Option<Text>,
    pub(crate) krate: Path,
}

#[derive(FromMeta, Default)]
struct ReadImpl {
    key: Option<KeyNames>,
    unknown: Option<Text>,
    #[darling(rename = "crate")]
    krate: Option<CratePath>,
}

impl ProcessImplArgs {
    pub(crate) fn parse(tokens: TokenStream, diagnostics: &mut Diagnostics) -> Self {
        let args = args::parse(tokens, diagnostics);
        let place = "the struct, into its `#[process(key(…))]`, not on the impl block";
        let args = ON_IMPL.without_those_of(&ON_STRUCT, place, args, diagnostics);
        let read: ReadImpl = ON_IMPL.read(args, diagnostics);
        if read.key.is_none() && diagnostics.is_empty() {
            diagnostics.push(syn::Error::new(
                Span::call_site(),
                "the impl block of a process names the key's fields again, without their types: `#[process(key(order_id))]`",
            ));
        }
        Self {
            key: read.key.map(|names| names.0),
            unknown: read.unknown,
            krate: CratePath::or_default(read.krate),
        }
    }
}
