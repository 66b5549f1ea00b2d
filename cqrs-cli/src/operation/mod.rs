//! The subcommands, one file for each of them.

mod after_restore;
mod completion;
mod contracts;
mod dead_letters;
mod deadlines;
mod entities;
#[cfg(feature = "export")]
mod export;
mod history;
mod paging;
mod place;
mod projections;
mod related;
mod replay;
mod schema;
mod shown;
mod state;
mod streams;
#[cfg(feature = "dynamo")]
mod tables;
#[cfg(feature = "dynamo")]
mod template;
mod tenants;
mod timers;
mod view;
mod views;
mod wiring;

pub use after_restore::AfterRestore;
pub use completion::Completion;
pub use contracts::Contracts;
pub use dead_letters::DeadLetters;
pub use deadlines::Deadlines;
pub use entities::Entities;
#[cfg(feature = "export")]
pub use export::Export;
pub use history::History;
pub use projections::Projections;
pub use related::Related;
pub use replay::Replay;
pub use schema::Schema;
pub use state::State;
pub use streams::Streams;
#[cfg(feature = "dynamo")]
pub use tables::Tables;
#[cfg(feature = "dynamo")]
pub use template::Template;
pub use tenants::Tenants;
pub use timers::Timers;
pub use view::View;
pub use views::Views;
pub use wiring::Wiring;
