//! `use cqrs_core::prelude::*;`: the macros and the types that user code names.

pub use crate::{
    AggregateKey, App, CommandContext, Committed, EventData, ExecuteError, HandlerError, KeyPart, Loaded,
    Metadata, Outcome, Recorded, Tenant, Timestamp, Version, aggregate, event, event_handler, projection,
};
