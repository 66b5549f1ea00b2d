use proc_macro2::Span;
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{Attribute, Path, Token};

use crate::attr::{Above, serde_above};
use crate::diagnostics::Diagnostics;

/// The parts of serde's derives that the user has not written, and that we add.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Serde {
    pub(crate) serialize: bool,
    pub(crate) deserialize: bool,
    /// `#[serde(rename_all = "camelCase")]`.
    pub(crate) rename_all: bool,
    /// `#[serde(crate = "…")]`.
    pub(crate) krate: bool,
    /// The impls are placeholders, because of a mistake that is noted: serde's derives would add more errors.
    pub(crate) made_up: bool,
}

impl Serde {
    /// Nothing is missing.
    pub(crate) const NOTHING: Self =
        Self { serialize: false, deserialize: false, rename_all: false, krate: false, made_up: false };

    /// Whether a derive of that name is among the attributes of an item.
    pub(crate) fn is_derived(attributes: &[Attribute], name: &str) -> bool {
        let derives = attributes.iter().filter(|attribute| attribute.path().is_ident("derive"));
        let mut paths = derives.flat_map(|derive| {
            derive.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated).unwrap_or_default()
        });
        paths.any(|path| path.segments.last().is_some_and(|segment| segment.ident == name))
    }

    /// The parts that are missing among the attributes of an item. A part above `attribute` is a mistake.
    pub(crate) fn missing(attributes: &[Attribute], attribute: &str, diagnostics: &mut Diagnostics) -> Self {
        let above = serde_above();
        for Above { text, .. } in &above {
            diagnostics.push(syn::Error::new(
                Span::call_site(),
                format!(
                    "`{text}` is above `#[{attribute}]`, and the compiler expands what is above first, where `#[{attribute}]` does not see it: move it below `#[{attribute}]`. Derives of `Serialize`, `Deserialize` and `EventData` can be left out, for `#[{attribute}]` adds them"
                ),
            ));
        }
        let added =
            |name: &str| above.iter().any(|above| above.derives.iter().any(|derived| derived == name));
        let configured = |option: &str| {
            let mut options = attributes.iter().filter(|attribute| attribute.path().is_ident("serde"));
            options.any(|attribute| {
                let tokens = attribute.meta.to_token_stream().to_string();
                tokens
                    .split(|character: char| !(character.is_alphanumeric() || character == '_'))
                    .any(|word| word == option)
            })
        };
        let serialize = !Self::is_derived(attributes, "Serialize") && !added("Serialize");
        let deserialize = !Self::is_derived(attributes, "Deserialize") && !added("Deserialize");
        if (serialize || deserialize) && above.iter().any(|above| above.derives.is_empty()) {
            return Self { serialize, deserialize, made_up: true, ..Self::NOTHING };
        }
        Self {
            serialize,
            deserialize,
            rename_all: above.is_empty() && !configured("rename_all"),
            krate: (serialize || deserialize) && !configured("crate"),
            made_up: false,
        }
    }
}
