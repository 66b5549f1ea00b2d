//! The items that generated code calls. They are not part of the public interface, and change without notice.

mod command;
mod event;
mod inspect;
mod key;
mod message;
mod process;
mod said_key;
mod state;
mod storable;
mod view;

pub use cqrs_macros::EventData;
pub use inventory;
pub use serde;
pub use std::string::String;
pub use std::time::Duration;
pub use std::vec::Vec;

pub use crate::Json;
pub use crate::aggregate::AggregateKey;
pub use crate::aggregate::emitted::{ResultType, encode_event};
pub use crate::aggregate::registered::AggregateRow;
pub use crate::aggregate::row::unapplied;
pub use crate::aggregate::unique::render_unique;
pub use crate::aggregate::{Aggregate, Entity, EventRow, Snapshots, UniqueField, UniqueKey, UniquePart};
pub use crate::aggregate::{AggregateEvent, IntoEvents};
pub use crate::app::{At, IntoCursor, Page, Queried, Query, QueryError, Querying, Whole};
pub use crate::app::{
    applied, handled, listed_aggregate, listed_handler, listed_projection, not_applied, projected, unreached,
};
pub use crate::command::ExecuteError;
pub use crate::command::row::CommandRow;
pub use crate::command::{Command, CommandContext, Decide, StoredCommand};
pub use crate::commit::{CommitToken, EncodeError, StoredEvent};
pub use crate::digest::CommandDigest;
pub use crate::event::shape::{check_shape, check_way_back, check_widening};
pub use crate::event::upcaster::{JsonStep, UpcastFrom, Upcaster, next_json};
pub use crate::event::{DecodeError, Event, EventId, RawEvent, Recorded, SharedEvent};
pub use crate::handler::HandlerError;
pub use crate::handler::arm::{Call, HandlerArm, HandlerFuture, Need};
pub use crate::handler::listed::{AllProvidedBy, EventHandler, ProvidedBy, handler_name};
pub use crate::handler::row::{HandlerRow, OwnRetry};
pub use crate::handler::scope::Scope;
pub use crate::key::Tenant;
pub use crate::key::{KeyError, KeyPart, KeyTemplate, Parts, Piece};
pub use crate::process::{DeadlineArm, Instance, Process, ProcessArm, ProcessState, Reaction, Unknown};
pub use crate::projection::{Asked, AskedOfKey, Column, FieldValue, Index, IndexText, IndexValue, PartValue};
pub use crate::projection::{Projection, ProjectionArm, View, ViewAddress, ViewChange};
pub use crate::registry::{CommandArm, ProcessRow, ProjectionRow, StoredCommands};
pub use crate::schema::data::Itself;
pub use crate::schema::{EventData, Field, SchemaNumber, Shape};

pub use command::{
    AmongErrors, Answer, ByDebug, ByNothing, BySerde, ByValue, Content, IsStored, NotAmongErrors, NotStored,
    Stored, clone_command,
};
pub use event::{
    OwnEvent, SameEvent, an_event_belongs_to_one_aggregate_so_give_each_aggregate_its_own_event,
    assert_same_event, debug_event, decode, deserialize_unit, event_id, fold_event, is_stored_as, own_event,
    serialize_unit,
};
pub use inspect::*;
pub use key::{
    FoldKey, RenderPart, debug_address, each, event_key, hash_address, one, render_view_id, same_address,
};
pub use message::{Message, broken_step, shared_name};
pub use process::{
    Reacted, ReactionKey, listed_process, method_id, other_process_key, processed, reaction, shared_arm,
};
pub use said_key::{KeyExpressionError, WithField, has_field, said_key, with_field};
pub use state::{Copied, NotCopied, Part};
pub use storable::{Storable, Viewable};
pub use view::{
    KeyedView, ShapeOf, Unshaped, ViewOf, assert_view_of, index_case, known_shape, other_view_key, view_shape,
};
