//! From the stream of the events table to a topic.

mod lease;
mod leases;
mod plan;
mod process;
mod reached;
mod records;
mod scan;
mod session;
mod source;
mod watch;
mod worker;

pub use process::{Relay, RelaySettings};
pub use records::{NotRelayed, relay_records};

pub(crate) use reached::reached;
