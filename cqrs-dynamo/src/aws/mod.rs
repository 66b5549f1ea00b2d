//! AWS as the environment describes it.

mod configuration;

pub(crate) use configuration::configuration;
