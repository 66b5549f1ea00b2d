//! The orders of a shop: the domain, and the commands as they stand in a file.

pub mod domain;
pub mod input;
pub mod read_models;
pub mod report;
pub mod session;
