//! The stores of `cqrs-core` in DynamoDB, and [`Dynamo`], which gives access to them.

mod delivery;
mod dynamo;
#[cfg(feature = "aws")]
mod environment;
mod event;
mod inbox;
#[cfg(not(feature = "aws"))]
mod no_environment;
mod reservation;
mod snapshot;
mod stream_page;
mod timer;
mod view;
mod view_batch;
mod view_condition;
mod view_query;

pub use delivery::DynamoDeliveryStore;
pub use dynamo::Dynamo;
pub use event::DynamoEventStore;
pub use snapshot::DynamoSnapshotStore;
pub use view::DynamoViewStore;
