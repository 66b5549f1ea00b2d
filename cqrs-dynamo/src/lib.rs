//! DynamoDB as the event store, the view store and the delivery's memory of `cqrs-core`.
//!
//! [`Dynamo`] leads to a DynamoDB, on AWS or embedded in this process (feature `embedded`, on by default), and gives the
//! stores for [`App::builder`](cqrs_core::App::builder). What is stored:
//!
//! | table | item | pk | sk |
//! | --- | --- | --- | --- |
//! | `events` | commit | `TENANT001#ORDER` | `ORDER#20240101-001@0000000003` |
//! | `views` | view | `TENANT001#ORDER_SUMMARY` | `ORDER_SUMMARY#20240101-001` |
//! | `views` | fence of a view across aggregates | `TENANT001#ORDER@CUSTOMER_TOTALS` | `ORDER#20240101-001` |
//! | `views` | view across aggregates that replay 3 builds | `TENANT001#CUSTOMER_TOTALS~3` | `CUSTOMER_TOTALS#CUST-001` |
//! | `views` | the replays of a projection | `@CUSTOMER_TOTALS` | `@` |
//! | `delivery` | position of a subscriber | `POSITION#{subscriber}` | the stream's shard |
//! | `delivery` | checkpoint of a replay | `POSITION#@replay#{projection}` | the phase and the part of the table |
//! | `delivery` | dead letter of a subscriber | `LETTER#{subscriber}` | digest and version |
//!
//! An append is one `PutItem` under `attribute_not_exists(pk)`; where the version is taken, the same answer brings
//! the commit that holds it. Commits are never updated and never deleted: a policy for the events table needs
//! `PutItem`, `GetItem` and `Query`, and for its stream `DescribeStream`, `GetShardIterator` and `GetRecords`. Who replays
//! needs `Scan` on the tables `events` and `views`, and `DescribeTable` on `events`, beside what a projection needs.

mod attribute;
mod condition;
mod contention;
mod creation;
mod delivery_store;
mod dynamo;
#[cfg(feature = "embedded")]
mod embedded;
mod error;
mod event_store;
mod feed;
mod meter;
mod scan;
mod shard;
mod tables;
mod view_store;

pub use delivery_store::DynamoDeliveryStore;
pub use dynamo::Dynamo;
#[cfg(feature = "embedded")]
pub use embedded::{Embedded, EmbeddedError};
pub use event_store::DynamoEventStore;
pub use feed::StreamFeed;
pub use meter::Cost;
pub use tables::Tables;
pub use view_store::DynamoViewStore;
