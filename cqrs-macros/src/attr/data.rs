use darling::FromMeta;
use syn::{Attribute, LitStr, Meta, Path};

use super::args::{self, Arg};
use super::options::Options;
use super::value::{CratePath, Flag, Text};
use crate::diagnostics::Diagnostics;

const ON_TYPE: Options = Options { attribute: "#[event_data]", names: &["opaque", "example", "crate"] };
const ON_FIELD: Options = Options { attribute: "#[event_data]", names: &["opaque", "example"] };

/// `#[event_data(opaque, example = "…", crate = path)]`.
pub(crate) struct DataArgs {
    /// The type is not looked into.
    pub(crate) opaque: bool,
    /// A value as JSON.
    pub(crate) example: Option<LitStr>,
    pub(crate) krate: Path,
    /// Written only by our other macros: they make sure that the types in it have a shape.
    pub(crate) checked: bool,
}

#[derive(FromMeta, Default)]
struct Read {
    #[darling(default)]
    opaque: Flag,
    example: Option<Text>,
    #[darling(rename = "crate")]
    krate: Option<CratePath>,
}

impl DataArgs {
    pub(crate) fn on_type(attributes: &[Attribute], diagnostics: &mut Diagnostics) -> Self {
        Self::read(&ON_TYPE, attributes, diagnostics)
    }

    pub(crate) fn on_field(attributes: &[Attribute], diagnostics: &mut Diagnostics) -> Self {
        Self::read(&ON_FIELD, attributes, diagnostics)
    }

    fn read(options: &Options, attributes: &[Attribute], diagnostics: &mut Diagnostics) -> Self {
        let ours = attributes.iter().filter(|attribute| attribute.path().is_ident("event_data"));
        let mut all = Vec::new();
        for attribute in ours {
            match &attribute.meta {
                Meta::List(list) => all.extend(args::parse(list.tokens.clone(), diagnostics)),
                other => diagnostics.at(
                    other,
                    "`#[event_data]` says how: `#[event_data(opaque)]`, `#[event_data(example = \"…\")]`",
                ),
            }
        }
        let given = all.len();
        all.retain(|argument| !is_checked(argument));
        let checked = all.len() < given;
        let read: Read = options.read(all, diagnostics);
        let example = read.example.map(|text| text.0);
        Self { opaque: read.opaque.0, example, krate: CratePath::or_default(read.krate), checked }
    }
}

fn is_checked(argument: &Arg) -> bool {
    matches!(argument, Arg::Option(Meta::Path(path)) if path.is_ident("checked"))
}
