//! What the benches share: the domain that is timed, and the bare requests beside it.

pub mod account;
pub mod floor;
pub mod samples;
