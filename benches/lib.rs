//! What the benches share: the domain that is timed.

pub mod account;
pub mod samples;
