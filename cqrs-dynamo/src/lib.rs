#![cfg_attr(docsrs, feature(doc_cfg))]
//! DynamoDB as the event store, the view store and the delivery store of `cqrs-core`.
//!
//! [`Dynamo`] connects to a DynamoDB, on AWS or embedded in this process (feature `embedded`), and has the stores for
//! [`App::builder`](cqrs_core::App::builder):
//!
//! ```rust,standalone_crate
//! use cqrs_core::prelude::*;
//! # #[cfg(feature = "embedded")]
//! use cqrs_dynamo::Dynamo;
//!
//! #[event]
//! pub struct MoneyDeposited {
//!     pub cents: u64,
//! }
//!
//! #[derive(Clone)]
//! pub struct Deposit {
//!     pub cents: u64,
//! }
//!
//! #[aggregate(entity = "ACCOUNT")]
//! #[derive(Default)]
//! pub struct Account {
//!     balance: u64,
//! }
//!
//! #[aggregate]
//! impl Account {
//!     #[command]
//!     fn deposit(&self, command: Deposit) -> Result<MoneyDeposited, std::convert::Infallible> {
//!         Ok(MoneyDeposited { cents: command.cents })
//!     }
//!
//!     #[apply]
//!     fn deposited(&mut self, event: &MoneyDeposited) {
//!         self.balance += event.cents;
//!     }
//! }
//!
//! # #[cfg(not(feature = "embedded"))]
//! # fn main() {}
//! # #[cfg(feature = "embedded")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let dynamo = Dynamo::embedded_in_memory().await?;
//! let app = App::builder(&dynamo).build()?;
//! let account = AccountKey::new(&Tenant::new("TENANT001")?, "4711");
//!
//! let before = dynamo.cost();
//! app.execute(&account, Deposit { cents: 500 }).await?;
//! let first = dynamo.cost() - before;
//! assert_eq!((first.requests, first.write_units), (2, 1.0));
//!
//! let before = dynamo.cost();
//! app.execute(&account, Deposit { cents: 500 }).await?;
//! assert_eq!((dynamo.cost() - before).requests, 1);
//! # Ok(())
//! # }
//! ```
//!
//! [`Dynamo::embedded`] uses a file, [`Dynamo::from_env`] uses AWS (feature `aws`); nothing else changes.
//!
//! # Tables
//!
//! There are four tables, one more if a linked aggregate has unique fields, and one more if the program has commands that wait
//! for their time. Each has `pk` (S) as partition key and `sk` (S) as sort key; the events table has a stream with the view type
//! `NEW_IMAGE`. [`Dynamo::create_tables`] makes them, in on-demand mode, or checks existing ones. The embedded database makes
//! them by itself. [`Tables`] has their names.
//!
//! | table | item | pk | sk |
//! | --- | --- | --- | --- |
//! | `events` | commit | `TENANT001#ORDER` | `ORDER#20240101-001@0000000003` |
//! | `views` | view | `TENANT001#ORDER_SUMMARY` | `ORDER_SUMMARY#20240101-001` |
//! | `views` | fence of a keyed view | `TENANT001#ORDER@CUSTOMER_TOTALS` | `ORDER#20240101-001` |
//! | `views` | keyed view that replay 3 builds | `TENANT001#CUSTOMER_TOTALS~3` | `CUSTOMER_TOTALS#CUST-001` |
//! | `views` | the replays of a projection | `@CUSTOMER_TOTALS` | `@` |
//! | `snapshots` | snapshot of a stream | `TENANT001#ORDER` | `ORDER#20240101-001` |
//! | `reservations` | value of a unique field, with its owner's keys | `TENANT001#GUEST#email#a@example.com` | `unique` |
//! | `reservations` | mark of a field whose values are all reserved | `#GUEST#email#` | `unique` |
//! | `timers` | command that waits for its time | `TIMERS#0` to `TIMERS#7` | the time and a name |
//! | `delivery` | position of a subscriber | `POSITION#{subscriber}` | the stream's shard |
//! | `delivery` | checkpoint of a replay | `POSITION#@replay#{projection}` | the phase and the part of the table |
//! | `delivery` | dead letter of a subscriber | `LETTER#{subscriber}` | digest and version |
//! | `delivery` | commit that a projection continues without | `LETTER#{projection}@discarded` | digest and version |
//! | `delivery` | commit that holds its stream back on a queue | `PARKED#{queue}` | digest and version |
//! | `delivery` | attempts of a commit that failed | `ATTEMPTS#{queue}` | digest and version |
//! | `delivery` | inbox record of a handler with `once` | `INBOX#{handler}#{digest}` | version and index of the event |
//! | `delivery` | lease of a relay to a topic | `RELAY#{name}` | the stream's shard |
//!
//! The views table has a global secondary index for each slot by which a linked projection lists its views: `index1` with the
//! keys `index1pk` (S) and `index1sk` (S), `index2`, and so on, with whole items. All projections share them, because tenant,
//! view and index are in the partition key. `docs/book/src/indexes.md` in the repository explains how to add, change and remove them.
//!
//! A commit is the record of [`cqrs_core::store::record`], with its JSON values as native types. An append is one `PutItem` with
//! `attribute_not_exists(pk)`; if the version is taken, the same answer contains the commit that holds it.
//!
//! # Permissions
//!
//! Commits are never updated and never deleted, so no policy for the events table needs `UpdateItem` or `DeleteItem`.
//!
//! | resource | to execute commands and load | to read views | to deliver |
//! | --- | --- | --- | --- |
//! | table `events` | `PutItem`, `Query` | | `DescribeTable`, `GetItem`, `Query` |
//! | its stream | | | `DescribeStream`, `GetShardIterator`, `GetRecords` |
//! | table `views` | | `GetItem`, `Query` | `GetItem`, `PutItem` |
//! | its indexes, `…/index/*` | | `Query` | |
//! | table `snapshots`, with `snapshot_every` | `GetItem`, `PutItem` | | |
//! | table `reservations`, with `unique` | `GetItem`, `PutItem`, `DeleteItem`; `Scan` on `events` | | |
//! | table `timers`, if there are any | `PutItem`; `Query`, `DeleteItem` to sweep | | |
//! | table `delivery` | | | `Query`, `PutItem`, `DeleteItem` |
//!
//! [`App::projections`](cqrs_core::App::projections) needs the rights to read the stream, `GetItem` on `views` and `Query` on
//! `delivery`; with a `QueueBacklog` also `sqs:GetQueueUrl` and `sqs:GetQueueAttributes` on the queues and their dead letters.
//! [`App::reserve`](cqrs_core::App::reserve) needs `Scan` on `events` and `reservations`, in addition to the rights to execute. A
//! replay needs `Scan` on `events` and `views`, `DeleteItem` on `views`, and `DescribeTable` on `events`, in addition to the
//! rights to deliver. A transaction needs the permissions of its parts, here `PutItem`, and `ConditionCheckItem` for a stream
//! that must be [`unchanged`](cqrs_core::app::Transaction::unchanged). [`Dynamo::create_tables`] needs
//! `DescribeTable` and `CreateTable` on all tables, and `UpdateTable` on `views` while an index is missing. A [`template`] gives
//! each function on AWS its own rights.
//!
//! # Cost
//!
//! | what | requests | write units, up to 1 KB |
//! | --- | --- | --- |
//! | command on a stream that is not in memory | `Query` per 1 MB, `PutItem` | 1, for any number of events |
//! | command on a stream that is in memory | `PutItem` | 1 |
//! | the same with `snapshot_every = N`, not in memory | `Query` of six commits, `PutItem` | 1 |
//! | every sixth commit, if the state does not fit into the commit's kilobytes; every N, if it is in memory | no more | those of the state, up to 4 |
//! | the first command after those that had it in memory | `GetItem` and `Query` at once, in addition to those | 1 |
//! | a state over 4 KB, not in memory | `GetItem` and `Query` at once, `PutItem`; a `Query` before, for the first of its aggregate | 1 |
//! | the same every N commits | one more `PutItem` | those of the state and the command ids |
//! | command that sets a unique field, in addition to its own cost | `TransactWriteItems` instead of `PutItem`; a `GetItem` per field for the first in a process | 3 more; 5 more if it frees a value |
//! | command that is scheduled alone | `PutItem` | those of the timer |
//! | the same with a commit | `TransactWriteItems` instead of `PutItem` | twice those of the timer and of the commit |
//! | command that is due, in addition to its own cost | `TransactWriteItems` instead of `PutItem` | twice those of the timer, and once more those of the commit |
//! | a sweep with nothing due | 8 `Query`, 4 read units in all | 0 |
//! | conflict with another process | one more `PutItem`; a `Query` too after every fourth in a row | those of the refused write |
//! | commit to a view at its aggregate's key | `GetItem`, `PutItem`; only the latter when warm | 1 |
//! | commit to a view with its own key | `GetItem` of the fence, of the view, of the fence again, and of the fence of the stream for which the view was last written; `PutItem` of the view, then of the fence. Only the last two when warm | 2 |
//! | commit to several of them | `GetItem` of each and of the fences, `TransactWriteItems`; only the latter when warm | 2 for each, and 2 |
//! | the same for a view that is listed | no more | 1 for each index, 2 if its key changes |
//! | page of the feed, per subscriber | `PutItem` | 1 |
//! | a look at `App::projections` | `Query`; per projection `GetItem` and 2 or 3 `Query`; and reading the stream | 0 |
//!
//! Reads are consistent, and take one read unit per 4 KB. The read of a snapshot is not consistent, and takes half of that. If
//! the process has read or written the snapshot before, the `Query` alongside reads the commits since then; otherwise it reads
//! the last N. So a load is always one round trip. [`Dynamo::cost`] reports what was really consumed.
//!
//! # The embedded database
//!
//! SQLite answers the SDK's requests in this process. It stands in for DynamoDB, but differs from it: every read is consistent, a
//! page has at most 4,096 items, the stream has one shard, nothing is throttled, and transactions never collide. Several
//! processes may open one file; several machines may not.
//!
//! * Only its owner may read and write a new file and the files that SQLite keeps next to it (mode 0600 on Unix); an existing
//!   file keeps its mode. A file without write permission is refused, even for root.
//! * A full disk, a lock that another program holds for five seconds, and a damaged or read-only file give errors that name the
//!   file and what to do: [`StoreError::Unavailable`](cqrs_core::StoreError::Unavailable). A refused request stores nothing.
//! * A request has no time limit. Requests are answered one after another: many at once take long, but do not fail for that.
//! * A command, a poll and a page cost as much after a million commits as after a thousand. A file of an earlier version gets the
//!   necessary indexes when it is opened.
//! * A record of the stream is removed after 24 hours, as on DynamoDB, **but not before every subscriber has passed it**: a
//!   program may be off for days with commits that it has not delivered. Subscribers here are those that have a position in the
//!   delivery table, or have asked for one; without a subscriber, all records stay. The position of a removed handler also keeps
//!   records: delete the items at `POSITION#{subscriber}` to free them.
//! * `DescribeTable` counts up to 2,000 items. Beyond that, its `ItemCount` is the number of writes, some of which may have
//!   replaced items; for the events table it is the number of commits.
//! * An index can be queried as soon as `UpdateTable` has answered, and follows each write at once. The index is filled during
//!   that call, and other processes wait for it: some seconds for 50,000 views. A view and its entries are stored once each.
//! * Scans are not divided: a replay always reads one segment, and works on as many streams at once as
//!   [`parallel`](cqrs_core::replay::Replay::parallel) says.
//!
//! # Inside
//!
//! Each folder below `src` is a room, and imports only from rooms below it:
//!
//! ```text
//! lambda    relay, projections, subscribers, timers        template  the infrastructure of an app
//! relay     from the stream to a topic                     broker    SNS and SQS: topic, queues, worker, dead letters
//! store     Dynamo, and the stores of cqrs-core
//! stream    the table's DynamoDB Stream, and its feed      embedded  SQLite instead of the SDK's HTTP client
//! table     items, bodies, writes, pages, cost             topology  what topic and queues take from an app
//! names     tables, topic, queues, partitions, logical ids aws       what the environment says about AWS
//! ```

#[cfg(feature = "aws")]
mod aws;
#[cfg(feature = "broker")]
mod broker;
#[cfg(feature = "embedded")]
mod embedded;
#[cfg(feature = "lambda")]
pub mod lambda;
mod names;
#[cfg(feature = "broker")]
mod relay;
mod store;
mod stream;
mod table;
pub mod template;
mod topology;

#[cfg(feature = "broker")]
pub use broker::{
    Broker, BrokerError, BrokerQueue, BrokerTopic, DeadLetterQueues, HandedOver, OrphanedQueue, QueueBacklog,
    QueueDeadLetters, SnsPublisher, Worked, Worker, WorkerSettings,
};
#[cfg(feature = "broker")]
pub use cqrs_core::delivery::Redriven;
#[cfg(feature = "embedded")]
pub use embedded::{Embedded, EmbeddedError};
pub use names::Tables;
#[cfg(feature = "broker")]
pub use relay::{NotRelayed, Relay, RelaySettings, relay_records};
pub use store::{Dynamo, DynamoDeliveryStore, DynamoEventStore, DynamoSnapshotStore, DynamoViewStore};
pub use stream::StreamFeed;
pub use table::{Cost, Spent};
pub use topology::BrokerFault;
