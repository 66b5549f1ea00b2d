use syn::meta::ParseNestedMeta;
use syn::{Attribute, LitStr, Token, Type};

/// What serde's attributes on a container, a field or a variant say about the stored form.
///
/// They are read leniently: serde's own derives report what is wrong with them.
#[derive(Default)]
pub(crate) struct SerdeArgs {
    pub(crate) rename: SerdeNames,
    pub(crate) rename_all: SerdeNames,
    pub(crate) rename_all_fields: SerdeNames,
    pub(crate) aliases: Vec<String>,
    pub(crate) default: bool,
    pub(crate) skip: bool,
    /// The field is read, and never written.
    pub(crate) skip_serializing: bool,
    /// The field is written, and never read.
    pub(crate) skip_deserializing: bool,
    /// The field is sometimes left out.
    pub(crate) skip_serializing_if: bool,
    pub(crate) flatten: bool,
    pub(crate) transparent: bool,
    pub(crate) untagged: bool,
    pub(crate) other: bool,
    /// Unknown fields are refused.
    pub(crate) strict: bool,
    pub(crate) tag: Option<String>,
    pub(crate) content: Option<String>,
    /// The functions that write and read instead of the type.
    pub(crate) with: Vec<String>,
    /// The type that is stored instead of this one.
    pub(crate) into: Option<Type>,
    pub(crate) from: Option<Type>,
}

/// A name for writing and one for reading, which are usually the same.
#[derive(Default)]
pub(crate) struct SerdeNames {
    pub(crate) written: Option<String>,
    pub(crate) read: Option<String>,
}

impl SerdeArgs {
    /// Whether the field is neither written nor read.
    pub(crate) fn is_skipped(&self) -> bool {
        self.skip || (self.skip_serializing && self.skip_deserializing)
    }

    pub(crate) fn read(attributes: &[Attribute]) -> Self {
        let mut read = Self::default();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
            let _ = attribute.parse_nested_meta(|meta| read.take(&meta));
        }
        read
    }

    fn take(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        let name = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
        match name.as_str() {
            "rename" => self.rename.take(meta)?,
            "rename_all" => self.rename_all.take(meta)?,
            "rename_all_fields" => self.rename_all_fields.take(meta)?,
            "alias" => self.aliases.extend(value(meta)?),
            "default" => {
                value(meta)?;
                self.default = true;
            }
            "skip" => self.skip = true,
            "skip_serializing" => self.skip_serializing = true,
            "skip_deserializing" => self.skip_deserializing = true,
            "skip_serializing_if" => {
                value(meta)?;
                self.skip_serializing_if = true;
            }
            "flatten" => self.flatten = true,
            "transparent" => self.transparent = true,
            "untagged" => self.untagged = true,
            "other" => self.other = true,
            "deny_unknown_fields" => self.strict = true,
            "tag" => self.tag = value(meta)?,
            "content" => self.content = value(meta)?,
            "with" | "serialize_with" | "deserialize_with" => {
                self.with.extend(value(meta)?.map(|path| format!("{name} {path}")));
            }
            "into" => self.into = ty(meta)?,
            "from" | "try_from" => self.from = ty(meta)?,
            // `crate`, `bound`, `borrow` and similar options say nothing about what is stored.
            _ if meta.input.peek(syn::token::Paren) => {
                let content;
                syn::parenthesized!(content in meta.input);
                content.parse::<proc_macro2::TokenStream>()?;
            }
            _ => {
                value(meta)?;
            }
        }
        Ok(())
    }
}

impl SerdeNames {
    fn take(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        if meta.input.peek(syn::token::Paren) {
            return meta.parse_nested_meta(|side| {
                let name = value(&side)?;
                if side.path.is_ident("serialize") {
                    self.written = name;
                } else {
                    self.read = name;
                }
                Ok(())
            });
        }
        self.written = value(meta)?;
        self.read.clone_from(&self.written);
        Ok(())
    }
}

/// The text after `=`, if there is one.
fn value(meta: &ParseNestedMeta<'_>) -> syn::Result<Option<String>> {
    if !meta.input.peek(Token![=]) {
        return Ok(None);
    }
    let text: LitStr = meta.value()?.parse()?;
    Ok(Some(text.value()))
}

fn ty(meta: &ParseNestedMeta<'_>) -> syn::Result<Option<Type>> {
    let text: LitStr = meta.value()?.parse()?;
    text.parse().map(Some)
}
