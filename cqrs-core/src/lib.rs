//! CQRS and event sourcing.

pub mod aggregate;
pub mod app;
pub mod commit;
pub mod delivery;
pub mod event;
pub mod handler;
pub mod key;
mod metadata;
pub mod prelude;
pub mod projection;
mod registry;
pub mod replay;
pub mod store;
mod tenant;
mod timestamp;
mod version;
pub mod view;

#[doc(hidden)]
pub mod __private;

pub use aggregate::{Aggregate, CommandContext};
pub use app::{App, BuildError, Committed, ExecuteError, Loaded, Outcome};
pub use commit::{Commit, StoredEvent};
pub use cqrs_macros::{aggregate, event, event_handler, projection};
pub use event::{Event, EventId, IntoEvents, Recorded};
pub use handler::HandlerError;
pub use key::{AggregateKey, KeyError, KeyPart, StreamKey};
pub use metadata::Metadata;
pub use projection::Projection;
pub use registry::Location;
pub use serde;
pub use store::{EventStore, StoreError};
pub use tenant::Tenant;
pub use timestamp::{Timestamp, TimestampError};
pub use version::Version;
