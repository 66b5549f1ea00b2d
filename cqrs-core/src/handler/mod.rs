//! Reactions: what `#[event_handler]` registers.

mod arm;
mod error;
mod scope;

pub use arm::{HandlerArm, HandlerFuture, Need};
pub use error::HandlerError;
pub use scope::Scope;

pub(crate) use scope::Provided;
