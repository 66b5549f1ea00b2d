use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{Attribute, Path, Token};

/// What the user has not written of serde's derives, and we add.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Serde {
    pub(crate) serialize: bool,
    pub(crate) deserialize: bool,
    /// `#[serde(rename_all = "camelCase")]`.
    pub(crate) rename_all: bool,
    /// `#[serde(crate = "…")]`.
    pub(crate) krate: bool,
}

impl Serde {
    /// Nothing is missing.
    pub(crate) const NOTHING: Self =
        Self { serialize: false, deserialize: false, rename_all: false, krate: false };

    /// Whether a derive of that name stands among the attributes of an item.
    pub(crate) fn is_derived(attributes: &[Attribute], name: &str) -> bool {
        let derives = attributes.iter().filter(|attribute| attribute.path().is_ident("derive"));
        let mut paths = derives.flat_map(|derive| {
            derive.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated).unwrap_or_default()
        });
        paths.any(|path| path.segments.last().is_some_and(|segment| segment.ident == name))
    }

    /// What is missing among the attributes of an item.
    pub(crate) fn missing(attributes: &[Attribute]) -> Self {
        let configured = |option: &str| {
            let mut options = attributes.iter().filter(|attribute| attribute.path().is_ident("serde"));
            options.any(|attribute| {
                let tokens = attribute.meta.to_token_stream().to_string();
                tokens
                    .split(|character: char| !(character.is_alphanumeric() || character == '_'))
                    .any(|word| word == option)
            })
        };
        let serialize = !Self::is_derived(attributes, "Serialize");
        let deserialize = !Self::is_derived(attributes, "Deserialize");
        Self {
            serialize,
            deserialize,
            rename_all: !configured("rename_all"),
            krate: (serialize || deserialize) && !configured("crate"),
        }
    }
}
