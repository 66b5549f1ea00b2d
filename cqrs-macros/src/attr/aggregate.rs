use darling::FromMeta;
use proc_macro2::TokenStream;
use syn::{Ident, Path};

use super::args;
use super::key::{KeyField, KeyFields};
use super::options::Options;
use super::unique::UniqueArg;
use super::value::{CratePath, Number, Text};
use crate::diagnostics::Diagnostics;

const ON_STRUCT: Options = Options {
    attribute: "#[aggregate]",
    names: &["entity", "key", "pk", "sk", "shards", "snapshot_every", "unique", "crate"],
};
const ON_IMPL: Options = Options { attribute: "#[aggregate] impl", names: &["crate"] };

/// `#[aggregate(entity = "ORDER", key(number: u32), pk = "…", sk = "…", shards = 16, snapshot_every = 100,
/// unique(email), crate = path)]`.
pub(crate) struct AggregateArgs {
    pub(crate) entity: Option<Text>,
    pub(crate) key: Option<Vec<KeyField>>,
    pub(crate) pk: Option<Text>,
    pub(crate) sk: Option<Text>,
    pub(crate) shards: Option<Number>,
    pub(crate) snapshot_every: Option<Number>,
    pub(crate) unique: Vec<Ident>,
    pub(crate) krate: Path,
}

#[derive(FromMeta, Default)]
struct Read {
    entity: Option<Text>,
    key: Option<KeyFields>,
    pk: Option<Text>,
    sk: Option<Text>,
    shards: Option<Number>,
    snapshot_every: Option<Number>,
    unique: Option<UniqueArg>,
    #[darling(rename = "crate")]
    krate: Option<CratePath>,
}

impl AggregateArgs {
    pub(crate) fn parse(tokens: TokenStream, diagnostics: &mut Diagnostics) -> Self {
        let read: Read = ON_STRUCT.read(args::parse(tokens, diagnostics), diagnostics);
        Self {
            entity: read.entity,
            key: read.key.map(|fields| fields.0),
            pk: read.pk,
            sk: read.sk,
            shards: read.shards,
            snapshot_every: read.snapshot_every,
            unique: read.unique.map(|unique| unique.0).unwrap_or_default(),
            krate: CratePath::or_default(read.krate),
        }
    }
}

/// `#[aggregate(crate = path)]` on the impl block.
pub(crate) struct AggregateImplArgs {
    pub(crate) krate: Path,
}

#[derive(FromMeta, Default)]
struct ReadImpl {
    #[darling(rename = "crate")]
    krate: Option<CratePath>,
}

impl AggregateImplArgs {
    pub(crate) fn parse(tokens: TokenStream, diagnostics: &mut Diagnostics) -> Self {
        let args = args::parse(tokens, diagnostics);
        let place = "the struct, into its `#[aggregate(entity = \"…\")]`, not on the impl block";
        let args = ON_IMPL.without_those_of(&ON_STRUCT, place, args, diagnostics);
        let read: ReadImpl = ON_IMPL.read(args, diagnostics);
        Self { krate: CratePath::or_default(read.krate) }
    }
}
