use darling::FromMeta;
use syn::{Attribute, Meta, Path};

use super::args;
use super::options::Options;
use super::value::CratePath;
use crate::diagnostics::Diagnostics;

const OPTIONS: Options = Options { attribute: "#[index_value]", names: &["crate"] };

/// `#[index_value(crate = path)]`.
pub(crate) struct IndexValueArgs {
    pub(crate) krate: Path,
}

#[derive(FromMeta, Default)]
struct Read {
    #[darling(rename = "crate")]
    krate: Option<CratePath>,
}

impl IndexValueArgs {
    pub(crate) fn read(attributes: &[Attribute], diagnostics: &mut Diagnostics) -> Self {
        let ours = attributes.iter().filter(|attribute| attribute.path().is_ident("index_value"));
        let mut all = Vec::new();
        for attribute in ours {
            match &attribute.meta {
                Meta::List(list) => all.extend(args::parse(list.tokens.clone(), diagnostics)),
                other => {
                    diagnostics.at(other, "`#[index_value]` says which crate: `#[index_value(crate = …)]`");
                }
            }
        }
        let read: Read = OPTIONS.read(all, diagnostics);
        Self { krate: CratePath::or_default(read.krate) }
    }
}
