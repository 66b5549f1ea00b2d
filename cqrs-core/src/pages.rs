//! The pages of the macros. Their examples are compiled here, because `cqrs-macros` cannot name this crate.

#[doc = include_str!("../../cqrs-macros/docs/event.md")]
mod event {}
#[doc = include_str!("../../cqrs-macros/docs/command.md")]
mod command {}
#[doc = include_str!("../../cqrs-macros/docs/aggregate.md")]
mod aggregate {}
#[doc = include_str!("../../cqrs-macros/docs/projection.md")]
mod projection {}
#[doc = include_str!("../../cqrs-macros/docs/process.md")]
mod process {}
#[doc = include_str!("../../cqrs-macros/docs/event_handler.md")]
mod event_handler {}
#[doc = include_str!("../../cqrs-macros/docs/event_data.md")]
mod event_data {}
#[doc = include_str!("../../cqrs-macros/docs/index_value.md")]
mod index_value {}
#[doc = include_str!("../../cqrs-macros/docs/app.md")]
mod app {}
