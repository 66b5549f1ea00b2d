//! The attribute macros of `cqrs-core`.
//!
//! Use them through `cqrs_core::prelude::*`; the pages here are their reference. Each macro leaves the item as it
//! is and adds trait impls and table rows beside it; all logic is in ordinary functions of `cqrs-core`.

mod attr;
mod diagnostics;
mod expand;
mod model;

use diagnostics::Diagnostics;
use proc_macro2::TokenStream;
use quote::quote;

/// Event.
#[proc_macro_attribute]
pub fn event(args: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    entry(args, item, |args, item, diagnostics| {
        let Some(event) = model::Event::read(args, item.clone(), diagnostics) else {
            return item;
        };
        let item = expand::derive(item, event.derives(), &event.krate);
        let expansion = expand::event(&event);
        quote!(#item #expansion)
    })
}

/// Aggregate.
#[proc_macro_attribute]
pub fn aggregate(args: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    entry(args, item, |args, item, diagnostics| {
        let expansion = if model::is_impl(&item) {
            model::Aggregate::read(args, item.clone(), diagnostics).map(|model| expand::aggregate(&model))
        } else {
            model::Entity::read(args, item.clone(), diagnostics).map(|model| expand::entity(&model))
        };
        let item = attr::strip_markers(item);
        quote!(#item #expansion)
    })
}

/// Projection.
#[proc_macro_attribute]
pub fn projection(args: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    entry(args, item, |args, item, diagnostics| {
        if model::is_impl(&item) {
            let model = model::Projection::read(args, item.clone(), diagnostics);
            let expansion = model.map(|model| expand::projection(&model));
            let item = attr::strip_markers(item);
            return quote!(#item #expansion);
        }
        let Some(view) = model::View::read(args, item.clone(), diagnostics) else {
            return item;
        };
        let item = expand::derive(item, view.serde, &view.krate);
        let expansion = expand::view(&view);
        quote!(#item #expansion)
    })
}

/// Handler.
#[proc_macro_attribute]
pub fn event_handler(
    args: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    entry(args, item, |args, item, diagnostics| {
        let handler = model::Handler::read(args, item.clone(), diagnostics);
        let expansion = handler.map(|handler| expand::handler(&handler));
        quote!(#item #expansion)
    })
}

/// Runs one macro; the item comes out of it whatever is wrong with it, and all that is wrong comes out together.
fn entry(
    args: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
    expand: impl FnOnce(TokenStream, TokenStream, &mut Diagnostics) -> TokenStream,
) -> proc_macro::TokenStream {
    let mut diagnostics = Diagnostics::default();
    let expanded = expand(args.into(), item.into(), &mut diagnostics);
    quote!(#expanded #diagnostics).into()
}
