//! Reactions: what `#[event_handler]` registers.
//!
//! User code names [`HandlerError`]; the rest is what [`#[event_handler]`](macro@crate::event_handler) fills in. A
//! handler runs at least once per commit, in the order of each stream, so it must tolerate being called twice.

pub(crate) mod arm;
mod error;
pub(crate) mod listed;
pub(crate) mod row;
pub(crate) mod scope;

pub(crate) use error::StoreFault;
pub use error::{ErrorSource, HandlerError};
// The compiler names them in its messages by their shortest public path.
#[doc(hidden)]
pub use listed::{AllProvidedBy, EventHandler, ProvidedBy};

pub(crate) use arm::{HandlerArm, HandlerFuture, Need};
pub(crate) use row::{CONCURRENT_STREAMS, HandlerRow, OwnRetry};
pub(crate) use scope::{Front, Provided, Scope};
