use syn::ext::IdentExt;
use syn::{Field, Ident, ItemStruct, Type};

use super::key::Kind;
use crate::attr::did_you_mean;
use crate::diagnostics::Diagnostics;

/// A field of the state whose value belongs to one instance.
pub(crate) struct Unique {
    pub(crate) ident: Ident,
    pub(crate) name: String,
    pub(crate) ty: Type,
    /// How a value is passed when it is looked up.
    pub(crate) kind: Kind,
}

impl Unique {
    /// The named fields; a field with a mistake is left out.
    pub(crate) fn read(names: Vec<Ident>, item: &ItemStruct, diagnostics: &mut Diagnostics) -> Vec<Self> {
        let mut unique: Vec<Self> = Vec::new();
        for ident in names {
            let name = ident.unraw().to_string();
            let named = |field: &&Field| field.ident.as_ref().is_some_and(|own| own.unraw() == name);
            let Some(field) = item.fields.iter().find(named) else {
                diagnostics.at(&ident, unknown(&name, item));
                continue;
            };
            if unique.iter().any(|earlier| earlier.name == name) {
                diagnostics.at(&ident, format!("`{name}` is named twice in `unique`"));
                continue;
            }
            let kind = Kind::of(super::inner_of_option(&field.ty).as_ref().unwrap_or(&field.ty));
            unique.push(Self { ident, name, ty: field.ty.clone(), kind });
        }
        unique
    }
}

fn unknown(name: &str, item: &ItemStruct) -> String {
    let known = item.fields.iter().filter_map(|field| Some(field.ident.as_ref()?.unraw().to_string()));
    let known: Vec<String> = known.collect();
    if known.is_empty() {
        return format!("the state has no field `{name}`; it has none at all");
    }
    let hint = did_you_mean(name, known.iter().map(String::as_str));
    let known: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
    format!("the state has no field `{name}`{hint} it has {}", known.join(", "))
}
