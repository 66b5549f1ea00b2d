use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::{Fields, Ident, Path};

use super::item::read_struct;
use super::serde::Serde;
use crate::attr::EventArgs;
use crate::diagnostics::Diagnostics;

/// `#[event] struct`.
pub(crate) struct Event {
    pub(crate) krate: Path,
    pub(crate) ident: Ident,
    /// The stored type.
    pub(crate) name: String,
    pub(crate) schema: u32,
    /// Why nobody handles it.
    pub(crate) unhandled: Option<String>,
    /// Without fields: stored as an empty map, so that fields can be added later.
    pub(crate) unit: bool,
    pub(crate) serde: Serde,
}

impl Event {
    pub(crate) fn read(args: TokenStream, item: TokenStream, diagnostics: &mut Diagnostics) -> Option<Self> {
        let args = EventArgs::parse(args, diagnostics);
        let item = read_struct(item, "#[event]", ", or without fields", diagnostics)?.item;
        let name = match &args.name {
            Some(name) if name.0.value().trim().is_empty() => {
                diagnostics.at(&name.0, "the stored name is empty");
                item.ident.unraw().to_string()
            }
            Some(name) => name.0.value(),
            None => item.ident.unraw().to_string(),
        };
        let schema = match &args.schema {
            None => 1,
            Some(number) => match number.0.base10_parse::<u32>() {
                Ok(0) => {
                    diagnostics
                        .at(&number.0, "schemas start at 1: `schema = 1` is the first shape of an event");
                    1
                }
                parsed => diagnostics.ok(parsed).unwrap_or(1),
            },
        };
        let unhandled = args.unhandled.map(|why| {
            if why.0.value().trim().is_empty() {
                diagnostics
                    .at(&why.0, "`unhandled` says why nobody handles the event, and here it says nothing");
            }
            why.0.value()
        });
        let serde = Serde::missing(&item.attrs);
        let unit = matches!(item.fields, Fields::Unit);
        Some(Self { krate: args.krate, ident: item.ident, name, schema, unhandled, unit, serde })
    }

    /// What to derive. A unit struct derives nothing: `null` is all that serde would make of it.
    pub(crate) fn derives(&self) -> Serde {
        if self.unit { Serde::NOTHING } else { self.serde }
    }
}
