//! What the benches share: the domain that is timed, the bare requests for comparison, and packages to compile.

pub mod account;
pub mod floor;
pub mod median;
pub mod package;
pub mod samples;
