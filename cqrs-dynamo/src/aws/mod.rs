//! AWS as the environment describes it.

mod configuration;
mod connector;
mod credentials;
mod http;
mod trust;

pub(crate) use configuration::configuration;
