//! The arguments of the attributes, read with darling.

mod above;
mod aggregate;
mod app;
mod args;
mod data;
mod event;
mod handler;
mod index;
mod index_value;
mod key;
mod marker;
mod options;
mod process;
mod projection;
mod react;
mod retry;
mod serde;
mod unique;
mod value;

pub(crate) use above::{Above, serde_above};
pub(crate) use aggregate::{AggregateArgs, AggregateImplArgs};
pub(crate) use app::AppArgs;
pub(crate) use data::DataArgs;
pub(crate) use event::{EventArgs, JsonStep};
pub(crate) use handler::HandlerArgs;
pub(crate) use index::IndexArg;
pub(crate) use index_value::IndexValueArgs;
pub(crate) use key::KeyField;
pub(crate) use marker::{ApplyKey, ApplyKeys, Marker, Marks, cfgs, strip_markers};
pub(crate) use options::did_you_mean;
pub(crate) use process::{ProcessArgs, ProcessImplArgs};
pub(crate) use projection::{ProjectionImplArgs, Target, ViewArgs};
pub(crate) use react::ReactArgs;
pub(crate) use retry::RetryArg;
pub(crate) use serde::{SerdeArgs, SerdeNames};
pub(crate) use value::{Number, Text};
