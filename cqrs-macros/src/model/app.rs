use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::{Ident, Path, Type};

use super::handler_marker;
use crate::attr::AppArgs;
use crate::diagnostics::Diagnostics;

/// `app! { … }`.
pub(crate) struct App {
    pub(crate) krate: Path,
    pub(crate) aggregates: Vec<Type>,
    pub(crate) projections: Vec<Type>,
    pub(crate) processes: Vec<Type>,
    /// Receivers of methods, and the marker types of functions.
    pub(crate) handlers: Vec<Type>,
    pub(crate) provides: Vec<Type>,
}

impl App {
    /// Reads the lists; `None` if anything is wrong, because half an app would lead to many more errors.
    pub(crate) fn read(tokens: TokenStream, diagnostics: &mut Diagnostics) -> Option<Self> {
        let args = AppArgs::parse(tokens, diagnostics);
        for ty in args.provides() {
            if last_name(ty).is_some_and(|name| name == "App") {
                diagnostics.at(ty, "`App` is always there: leave it out of `provides`");
            }
        }
        let handlers = args.handlers().iter().map(handler).collect();
        diagnostics.is_empty().then(|| Self {
            krate: args.krate.clone(),
            aggregates: args.aggregates().to_vec(),
            projections: args.projections().to_vec(),
            processes: args.processes().to_vec(),
            handlers,
            provides: args.provides().to_vec(),
        })
    }
}

/// A name that begins with a lower-case letter is a function: types begin with a capital.
fn handler(listed: &Type) -> Type {
    let mut ty = listed.clone();
    if let Type::Path(path) = &mut ty
        && let Some(last) = path.path.segments.last_mut()
        && last.ident.unraw().to_string().starts_with(|first: char| first.is_lowercase() || first == '_')
    {
        last.ident = handler_marker(&last.ident);
    }
    ty
}

fn last_name(ty: &Type) -> Option<&Ident> {
    let Type::Path(path) = ty else { return None };
    path.path.segments.last().map(|segment| &segment.ident)
}
