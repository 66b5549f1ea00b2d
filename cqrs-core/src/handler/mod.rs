//! Reactions: what `#[event_handler]` registers.
//!
//! User code names [`HandlerError`]; the rest is what [`#[event_handler]`](macro@crate::event_handler) fills in. A
//! handler runs at least once per commit, in the order of each stream, so it must bear being called twice.

mod arm;
mod error;
mod listed;
mod row;
mod scope;

pub use arm::{HandlerArm, HandlerFuture, Need};
pub use error::HandlerError;
pub use row::HandlerRow;
pub use scope::Scope;

#[doc(hidden)]
pub use listed::{AllProvidedBy, EventHandler, ProvidedBy, handler_name};

pub(crate) use row::CONCURRENT_STREAMS;
pub(crate) use scope::Provided;
