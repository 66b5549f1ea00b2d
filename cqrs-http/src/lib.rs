#![cfg_attr(docsrs, feature(doc_cfg))]
#![doc = include_str!("../docs/api.md")]

mod api;
mod caller;
mod endpoint;
#[cfg(feature = "lambda")]
pub mod lambda;
mod names;
mod openapi;
mod problem;
mod rejection;
mod request;
mod server;

pub use api::{Api, ApiError};
pub use axum;
pub use axum::http::StatusCode;
pub use caller::{Access, AccessKind, Caller};
pub use problem::Problem;
pub use rejection::Rejection;
pub use server::{Server, ServerError, shutdown_signal};
