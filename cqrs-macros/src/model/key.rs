use quote::format_ident;
use syn::ext::IdentExt;
use syn::{Ident, Path, Type, Visibility};

use crate::attr::KeyField;
use crate::diagnostics::Diagnostics;

/// The generated key of an aggregate or a view: a tenant and fields.
pub(crate) struct Key {
    pub(crate) ident: Ident,
    pub(crate) visibility: Visibility,
    pub(crate) parts: Vec<KeyPart>,
}

/// One field of a key.
pub(crate) struct KeyPart {
    pub(crate) ident: Ident,
    /// The name in templates and messages.
    pub(crate) name: String,
    pub(crate) ty: Type,
    pub(crate) kind: Kind,
}

/// How a field is passed in and out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Passed in by `impl Into`, and out by reference.
    Text,
    /// Passed by value; may be padded.
    Integer,
    /// Passed in by value, and out by reference.
    Other,
}

const INTEGERS: [&str; 10] = ["u8", "u16", "u32", "u64", "u128", "i8", "i16", "i32", "i64", "i128"];
/// The names that every key has already.
const TAKEN: [(&str, &str); 2] =
    [("tenant", "the tenant is part of every key"), ("new", "`new` builds the key")];

impl Key {
    /// The key of the struct `owner`.
    pub(crate) fn new(
        owner: &Ident,
        visibility: Visibility,
        fields: Vec<KeyField>,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let mut parts: Vec<KeyPart> = Vec::new();
        for field in fields {
            let name = field.text();
            if let Some((_, why)) = TAKEN.iter().find(|(taken, _)| *taken == name) {
                diagnostics.at(&field.name, format!("a key field cannot be called `{name}`: {why}"));
            } else if parts.iter().any(|part| part.name == name) {
                diagnostics.at(&field.name, format!("the key field `{name}` is given twice"));
            } else {
                let kind = Kind::of(&field.ty);
                parts.push(KeyPart { ident: field.name, name, ty: field.ty, kind });
            }
        }
        Self { ident: format_ident!("{owner}Key"), visibility, parts }
    }

    /// The field of a key if none is named.
    pub(crate) fn default_field(krate: &Path) -> KeyField {
        KeyField { name: format_ident!("id"), ty: syn::parse_quote!(#krate::__private::String) }
    }
}

impl Kind {
    pub(super) fn of(ty: &Type) -> Self {
        let Type::Path(path) = ty else { return Self::Other };
        let Some(last) = path.path.segments.last() else { return Self::Other };
        if last.ident == "String" {
            Self::Text
        } else if path.path.get_ident().is_some_and(|name| INTEGERS.iter().any(|integer| name == integer)) {
            Self::Integer
        } else {
            Self::Other
        }
    }
}

/// Notes a field that the impl block does not name as one of the key.
pub(super) fn check_field(field: &Ident, names: &[Ident], diagnostics: &mut Diagnostics) {
    if !names.contains(field) {
        let known: Vec<String> = names.iter().map(|name| format!("`{}`", name.unraw())).collect();
        let name = field.unraw();
        diagnostics.at(field, format!("the key has no field `{name}`; it has {}", known.join(", ")));
    }
}

/// `models::CustomerTotals` → `models::CustomerTotalsKey`.
pub(super) fn key_path(ty: &Type) -> Option<Path> {
    let Type::Path(path) = ty else { return None };
    let mut path = path.path.clone();
    let last = path.segments.last_mut()?;
    last.ident = format_ident!("{}Key", last.ident, span = last.ident.span());
    Some(path)
}
