//! `use cqrs_core::prelude::*;`: the macros and the types that user code names.

pub use crate::{
    AggregateKey, App, CommandContext, Committed, Cursor, EventData, ExecuteError, HandlerError, IndexValue,
    KeyPart, Loaded, Metadata, Outcome, Reaction, Recorded, Tenant, Timestamp, Transacted, TransactionError,
    Version, aggregate, apply, command, deadline, event, event_handler, process, projection, react,
    starts_with,
};
