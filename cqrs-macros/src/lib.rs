//! The macros of `cqrs-core`.
//!
//! Use them through `cqrs_core::prelude::*`; the pages here are their reference. Each macro leaves the item as it
//! is and adds trait impls and table rows; all logic is in ordinary functions of `cqrs-core`.
//!
//! The examples on these pages are compiled by the tests of `cqrs-core`, which this crate cannot name.

mod attr;
mod diagnostics;
mod expand;
mod facade;
mod groups;
mod macros;
mod model;

use proc_macro::TokenStream;

use attr::Marker;

#[cfg_attr(not(doctest), doc = include_str!("../docs/event.md"))]
#[proc_macro_attribute]
pub fn event(args: TokenStream, item: TokenStream) -> TokenStream {
    macros::run(macros::event, args.into(), item.into()).into()
}

#[cfg_attr(not(doctest), doc = include_str!("../docs/command.md"))]
#[proc_macro_attribute]
pub fn command(args: TokenStream, item: TokenStream) -> TokenStream {
    macros::run(macros::command, args.into(), item.into()).into()
}

#[cfg_attr(not(doctest), doc = include_str!("../docs/aggregate.md"))]
#[proc_macro_attribute]
pub fn aggregate(args: TokenStream, item: TokenStream) -> TokenStream {
    macros::run(macros::aggregate, args.into(), item.into()).into()
}

#[cfg_attr(not(doctest), doc = include_str!("../docs/projection.md"))]
#[proc_macro_attribute]
pub fn projection(args: TokenStream, item: TokenStream) -> TokenStream {
    macros::run(macros::projection, args.into(), item.into()).into()
}

#[cfg_attr(not(doctest), doc = include_str!("../docs/process.md"))]
#[proc_macro_attribute]
pub fn process(args: TokenStream, item: TokenStream) -> TokenStream {
    macros::run(macros::process, args.into(), item.into()).into()
}

#[cfg_attr(not(doctest), doc = include_str!("../docs/app.md"))]
#[proc_macro]
pub fn app(lists: TokenStream) -> TokenStream {
    macros::run(macros::app, lists.into(), TokenStream::new().into()).into()
}

#[cfg_attr(not(doctest), doc = include_str!("../docs/event_handler.md"))]
#[proc_macro_attribute]
pub fn event_handler(args: TokenStream, item: TokenStream) -> TokenStream {
    macros::run(macros::event_handler, args.into(), item.into()).into()
}

#[cfg_attr(not(doctest), doc = include_str!("../docs/event_data.md"))]
#[proc_macro_derive(EventData, attributes(event_data, serde))]
pub fn event_data(item: TokenStream) -> TokenStream {
    macros::event_data(item.into()).into()
}

#[cfg_attr(not(doctest), doc = include_str!("../docs/index_value.md"))]
#[proc_macro_derive(IndexValue, attributes(index_value))]
pub fn index_value(item: TokenStream) -> TokenStream {
    macros::index_value(item.into()).into()
}

/// Marks a method that folds an event, in an impl block with `#[aggregate]`, `#[projection(…)]` or `#[process(…)]`.
///
/// The attribute of the impl block takes the mark off. On its own it is a mistake, and says so.
#[proc_macro_attribute]
pub fn apply(_: TokenStream, item: TokenStream) -> TokenStream {
    macros::stray(Marker::Apply, item.into()).into()
}

/// Marks a method that reacts to an event, in an impl block with [`#[process(…)]`](macro@process).
///
/// The attribute of the impl block takes the mark off. On its own it is a mistake, and says so.
#[proc_macro_attribute]
pub fn react(_: TokenStream, item: TokenStream) -> TokenStream {
    macros::stray(Marker::React, item.into()).into()
}

/// Marks a method that reacts to a deadline, in an impl block with [`#[process(…)]`](macro@process).
///
/// The attribute of the impl block takes the mark off. On its own it is a mistake, and says so.
#[proc_macro_attribute]
pub fn deadline(_: TokenStream, item: TokenStream) -> TokenStream {
    macros::stray(Marker::Deadline, item.into()).into()
}

// The same macros for the façade, which gives them back their own names, and shows their pages.

#[doc(hidden)]
#[cfg_attr(not(doctest), doc = include_str!("../docs/event.md"))]
#[proc_macro_attribute]
pub fn facade_event(args: TokenStream, item: TokenStream) -> TokenStream {
    macros::run(macros::event, facade::options(args.into()), item.into()).into()
}

#[doc(hidden)]
#[cfg_attr(not(doctest), doc = include_str!("../docs/command.md"))]
#[proc_macro_attribute]
pub fn facade_command(args: TokenStream, item: TokenStream) -> TokenStream {
    macros::run(macros::command, facade::options(args.into()), item.into()).into()
}

#[doc(hidden)]
#[cfg_attr(not(doctest), doc = include_str!("../docs/aggregate.md"))]
#[proc_macro_attribute]
pub fn facade_aggregate(args: TokenStream, item: TokenStream) -> TokenStream {
    macros::run(macros::aggregate, facade::options(args.into()), item.into()).into()
}

#[doc(hidden)]
#[cfg_attr(not(doctest), doc = include_str!("../docs/projection.md"))]
#[proc_macro_attribute]
pub fn facade_projection(args: TokenStream, item: TokenStream) -> TokenStream {
    macros::run(macros::projection, facade::options(args.into()), item.into()).into()
}

#[doc(hidden)]
#[cfg_attr(not(doctest), doc = include_str!("../docs/process.md"))]
#[proc_macro_attribute]
pub fn facade_process(args: TokenStream, item: TokenStream) -> TokenStream {
    macros::run(macros::process, facade::options(args.into()), item.into()).into()
}

#[doc(hidden)]
#[cfg_attr(not(doctest), doc = include_str!("../docs/app.md"))]
#[proc_macro]
pub fn facade_app(lists: TokenStream) -> TokenStream {
    macros::run(macros::app, facade::lists(lists.into()), TokenStream::new().into()).into()
}

#[doc(hidden)]
#[cfg_attr(not(doctest), doc = include_str!("../docs/event_handler.md"))]
#[proc_macro_attribute]
pub fn facade_event_handler(args: TokenStream, item: TokenStream) -> TokenStream {
    macros::run(macros::event_handler, facade::options(args.into()), item.into()).into()
}

#[doc(hidden)]
#[cfg_attr(not(doctest), doc = include_str!("../docs/event_data.md"))]
#[proc_macro_derive(FacadeEventData, attributes(event_data, serde))]
pub fn facade_event_data(item: TokenStream) -> TokenStream {
    macros::event_data(facade::derive("event_data", item.into())).into()
}

#[doc(hidden)]
#[cfg_attr(not(doctest), doc = include_str!("../docs/index_value.md"))]
#[proc_macro_derive(FacadeIndexValue, attributes(index_value))]
pub fn facade_index_value(item: TokenStream) -> TokenStream {
    macros::index_value(facade::derive("index_value", item.into())).into()
}
