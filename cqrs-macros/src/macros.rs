//! The macros, on tokens that unit tests can make, too.
//!
//! The item is emitted whatever is wrong with it, so that one mistake is one error and completion in editors keeps
//! working.

use proc_macro2::{Span, TokenStream};
use quote::quote;

use crate::attr::Marker;
use crate::diagnostics::Diagnostics;
use crate::{attr, expand, groups, model};

/// One macro: it takes its arguments and its item, and returns the item and the generated code.
pub(crate) type Macro = fn(TokenStream, TokenStream, &mut Diagnostics) -> TokenStream;

pub(crate) fn event(args: TokenStream, item: TokenStream, diagnostics: &mut Diagnostics) -> TokenStream {
    let event = model::Event::read(args, item.clone(), diagnostics);
    stored(event, item)
}

pub(crate) fn command(args: TokenStream, item: TokenStream, diagnostics: &mut Diagnostics) -> TokenStream {
    if model::is_method(&item) {
        return stray(Marker::Command, item);
    }
    let command = model::Event::read_command(args, item.clone(), diagnostics);
    stored(command, item)
}

fn stored(event: Option<model::Event>, item: TokenStream) -> TokenStream {
    let Some(event) = event else { return item };
    let item = expand::derive(item, event.derives(), &event.krate, expand::storable(&event));
    let shape = event.shape.then(|| expand::derive_data(&event.krate, !event.parts.types().is_empty()));
    let expansion = expand::event(&event);
    quote!(#shape #item #expansion)
}

pub(crate) fn event_data(item: TokenStream) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let data = model::Data::read(groups::open_item(item), &mut diagnostics);
    let expansion = data.map(|data| expand::data(&data));
    quote!(#expansion #diagnostics)
}

pub(crate) fn index_value(item: TokenStream) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let value = model::IndexValue::read(groups::open_item(item), &mut diagnostics);
    let expansion = value.map(|value| expand::index_value(&value));
    quote!(#expansion #diagnostics)
}

pub(crate) fn aggregate(args: TokenStream, item: TokenStream, diagnostics: &mut Diagnostics) -> TokenStream {
    if model::is_impl(&item) {
        let model = model::Aggregate::read(args, item.clone(), diagnostics);
        let expansion = model.map(|model| expand::aggregate(&model));
        let item = attr::strip_markers(item);
        return quote!(#item #expansion);
    }
    let Some(entity) = model::Entity::read(args, item.clone(), diagnostics) else {
        return item;
    };
    let item = stored_state(item, entity.snapshots.as_ref(), &entity.krate);
    let expansion = expand::entity(&entity);
    quote!(#item #expansion)
}

pub(crate) fn projection(args: TokenStream, item: TokenStream, diagnostics: &mut Diagnostics) -> TokenStream {
    if model::is_impl(&item) {
        let model = model::Projection::read(args, item.clone(), diagnostics);
        let expansion = model.map(|model| expand::projection(&model));
        let item = attr::strip_markers(item);
        return quote!(#item #expansion);
    }
    let Some(view) = model::View::read(args, item.clone(), diagnostics) else {
        return item;
    };
    let item = expand::derive(item, view.serde, &view.krate, expand::viewable(&view));
    let expansion = expand::view(&view);
    quote!(#item #expansion)
}

pub(crate) fn process(args: TokenStream, item: TokenStream, diagnostics: &mut Diagnostics) -> TokenStream {
    if model::is_impl(&item) {
        let model = model::Process::read(args, item.clone(), diagnostics);
        let expansion = model.map(|model| expand::process(&model));
        let item = attr::strip_markers(item);
        return quote!(#item #expansion);
    }
    let Some(instance) = model::Instance::read(args, item.clone(), diagnostics) else {
        return item;
    };
    let item = stored_state(item, instance.snapshots.as_ref(), &instance.krate);
    let expansion = expand::instance(&instance);
    quote!(#item #expansion)
}

/// The struct of a state, with the derives that its snapshots need.
fn stored_state(item: TokenStream, snapshots: Option<&model::Snapshots>, krate: &syn::Path) -> TokenStream {
    let serde = snapshots.map_or(model::Serde::NOTHING, |snapshots| snapshots.serde);
    let item = expand::derive(item, serde, krate, None);
    let shape = snapshots.is_some_and(|snapshots| snapshots.data).then(|| expand::derive_data(krate, false));
    quote!(#shape #item)
}

pub(crate) fn event_handler(
    args: TokenStream,
    item: TokenStream,
    diagnostics: &mut Diagnostics,
) -> TokenStream {
    let handler = model::Handler::read(args, item.clone(), diagnostics);
    let expansion = handler.map(|handler| expand::handler(&handler));
    quote!(#item #expansion)
}

/// A mark on a method whose impl block has no attribute that would remove it.
pub(crate) fn stray(marker: Marker, item: TokenStream) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let name = marker.name();
    let blocks = match marker {
        Marker::Command => "`#[aggregate]`",
        Marker::Apply => "`#[aggregate]`, `#[projection(…)]` or `#[process(…)]`",
        Marker::React | Marker::Deadline => "`#[process(…)]`",
    };
    diagnostics.push(syn::Error::new(
        Span::call_site(),
        format!(
            "`#[{name}]` marks a method of an impl block with {blocks}: put that attribute above the `impl`"
        ),
    ));
    quote!(#item #diagnostics)
}

/// `app!` has no item, only its argument.
pub(crate) fn app(lists: TokenStream, _: TokenStream, diagnostics: &mut Diagnostics) -> TokenStream {
    let app = model::App::read(lists, diagnostics);
    app.map(|app| expand::app(&app)).unwrap_or_default()
}

/// Runs one macro. All mistakes are reported together, after the item.
pub(crate) fn run(expand: Macro, args: TokenStream, item: TokenStream) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let expanded = expand(groups::open_args(args), groups::open_item(item), &mut diagnostics);
    quote!(#expanded #diagnostics)
}
