#![cfg_attr(docsrs, feature(doc_cfg))]
//! DynamoDB as the event store, the view store and the delivery's memory of `cqrs-core`.
//!
//! [`Dynamo`] leads to a DynamoDB, on AWS or embedded in this process (feature `embedded`), and
//! gives the stores for [`App::builder`](cqrs_core::App::builder):
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
//! [`Dynamo::embedded`] keeps it in a file, [`Dynamo::from_env`] is on AWS (feature `aws`), and nothing else changes.
//!
//! # Tables
//!
//! Four tables, one more where a linked aggregate has unique fields, and one more where the program has commands that wait for their time, each with `pk` (S) as partition key and `sk` (S) as sort key; the events table has a stream with
//! the view type `NEW_IMAGE`. [`Dynamo::create_tables`] makes them, on demand, or checks those that are there. The
//! embedded database makes them by itself. [`Tables`] has their names.
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
//! | `reservations` | mark of a field whose values are all there | `#GUEST#email#` | `unique` |
//! | `timers` | command that waits for its time | `TIMERS#0` to `TIMERS#7` | the time and a name |
//! | `delivery` | position of a subscriber | `POSITION#{subscriber}` | the stream's shard |
//! | `delivery` | checkpoint of a replay | `POSITION#@replay#{projection}` | the phase and the part of the table |
//! | `delivery` | dead letter of a subscriber | `LETTER#{subscriber}` | digest and version |
//! | `delivery` | commit that a projection goes on without | `LETTER#{projection}@discarded` | digest and version |
//! | `delivery` | commit that holds its stream back on a queue | `PARKED#{queue}` | digest and version |
//! | `delivery` | tries of a commit that failed | `ATTEMPTS#{queue}` | digest and version |
//! | `delivery` | inbox record of a handler with `once` | `INBOX#{handler}#{digest}` | version and index of the event |
//! | `delivery` | lease of a relay to a topic | `RELAY#{name}` | the stream's shard |
//!
//! The views table has a global secondary index for each slot that a linked projection lists its views by: `index1` with the keys
//! `index1pk` (S) and `index1sk` (S), `index2`, and so on, with whole items. All projections share them, because tenant, view and
//! index are in the partition key. `docs/indexes.md` in the repository tells how they are added, changed and removed.
//!
//! A commit is the record of [`cqrs_core::store::record`], its JSON values as native types. An append is one
//! `PutItem` under `attribute_not_exists(pk)`; where the version is taken, the same answer brings the commit that
//! holds it.
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
//! | table `timers`, where there are any | `PutItem`; `Query`, `DeleteItem` to sweep | | |
//! | table `delivery` | | | `Query`, `PutItem`, `DeleteItem` |
//!
//! Who asks for [`App::projections`](cqrs_core::App::projections) needs what reads the stream, `GetItem` on `views` and `Query` on
//! `delivery`; for a `QueueBacklog` also `sqs:GetQueueUrl` and `sqs:GetQueueAttributes` on the queues and their dead letters.
//! Who calls [`App::reserve`](cqrs_core::App::reserve) needs `Scan` on `events` and `reservations`, beside what executing needs.
//! Who replays needs `Scan` on `events` and `views`, `DeleteItem` on `views`, and `DescribeTable` on `events`, beside what
//! delivery needs.
//! A transaction needs the permissions of its parts, here `PutItem`. [`Dynamo::create_tables`] needs
//! `DescribeTable` and `CreateTable` on all of them, and `UpdateTable` on `views` while an index is missing. A [`template`] gives the functions on AWS theirs, one by one.
//!
//! # Cost
//!
//! | what | requests | write units, up to 1 KB |
//! | --- | --- | --- |
//! | command on a stream that is not in memory | `Query` per 1 MB, `PutItem` | 1, whatever the number of events |
//! | command on a stream that is in memory | `PutItem` | 1 |
//! | the same with `snapshot_every = N`, not in memory | `Query` of six commits, `PutItem` | 1 |
//! | every sixth commit, where the state does not fit into the commit's kilobytes; every N, where it is in memory | no more | those of the state, up to 4 |
//! | the first command behind those that had it in memory | `GetItem` and `Query` at once, beside those | 1 |
//! | a state over 4 KB, not in memory | `GetItem` and `Query` at once, `PutItem`; a `Query` before for the first of its aggregate | 1 |
//! | the same every N commits | one more `PutItem` | those of the state and the command ids |
//! | command that sets a unique field, beside what it costs by itself | `TransactWriteItems` in the place of `PutItem`; a `GetItem` a field for the first in a process | 3 more; 5 more where it frees a value |
//! | command that is scheduled by itself | `PutItem` | those of the timer |
//! | the same beside a commit | `TransactWriteItems` in the place of `PutItem` | twice those of the timer and of the commit |
//! | command that is due, beside what it costs by itself | `TransactWriteItems` in the place of `PutItem` | twice those of the timer, and once more those of the commit |
//! | a sweep where nothing is due | 8 `Query`, 4 read units in all | 0 |
//! | conflict with another process | one more `PutItem`; from the second in a row on, a `Query` too | those of the refused write |
//! | commit to a view at its aggregate's key | `GetItem`, `PutItem`; the latter alone when warm | 1 |
//! | commit to a view with a key of its own | `GetItem` of the fence, of the view, of the fence again, and of that of the stream which the view was last written for; `PutItem` of the view, then of the fence. The last two alone when warm | 2 |
//! | commit to several of them | `GetItem` of each and of the fences, `TransactWriteItems`; the latter alone when warm | 2 for each, and 2 |
//! | the same for a view that is listed | no more | 1 for each index, 2 where its key changes |
//! | page of the feed, per subscriber | `PutItem` | 1 |
//! | a look at `App::projections` | `Query`; per projection `GetItem` and 2 or 3 `Query`; and reading the stream | 0 |
//!
//! Reads are consistent, and take one read unit per 4 KB; that of a snapshot is not, and takes half of it. Beside a
//! snapshot of which the process knows, from having read or written it before, the `Query` reads the commits since then;
//! otherwise the last N, so that a load is one round trip in any case. [`Dynamo::cost`] tells what was really taken.
//!
//! # The embedded database
//!
//! The SDK's requests are answered in this process, from SQLite. It stands in for DynamoDB, and is none: every
//! read is consistent, a page has at most 4,096 items, its stream has one shard, and it neither throttles nor lets
//! transactions meet. Several processes may have one file open; it is not for several machines.
//!
//! * A new file, and what SQLite keeps beside it, is for its owner alone (mode 0600 on Unix); a file that is there keeps its
//!   mode. A file that has no right to be written to is refused, even where the user is root.
//! * A full disk, a lock that another program holds for five seconds, a damaged or read-only file are errors that name the
//!   file and what to do: [`StoreError::Unavailable`](cqrs_core::StoreError::Unavailable). A refused request stores nothing.
//! * A request has no time limit. Requests are answered one after another, so many at once take long, and none fails for that.
//! * A command, a poll and a page cost as much after a million commits as after a thousand. A file of an earlier version gets
//!   the indexes for it when it is opened.
//! * A record of the stream goes after 24 hours, as on DynamoDB, **but not before every subscriber has passed it**: a program
//!   may be off for days with commits that it has not delivered. A subscriber is whoever has a position in the delivery
//!   table, or has asked for it; where there is none, all records stay. The position of a handler that there is no more holds
//!   records, too: delete the items at `POSITION#{subscriber}` to let them go.
//! * `DescribeTable` counts up to 2,000 items. Beyond that, its `ItemCount` is how many have been written, of which some may
//!   have replaced others; for the events table it is the number of commits.
//! * An index can be queried as soon as `UpdateTable` has answered, and follows each write at once. A file that gets an index is
//!   filled meanwhile, and other processes wait for that: some seconds for 50,000 views. A view and its entries take up their
//!   room once each.
//! * Scans are not divided: a replay reads one segment, whatever [`parallel`](cqrs_core::replay::Replay::parallel) says, and
//!   works on as many streams at once.
//!
//! # Inside
//!
//! Each folder below `src` is a room, and imports from rooms below it alone:
//!
//! ```text
//! lambda    relay, projections, subscribers, timers        template  the infrastructure of an app
//! relay     from the stream to a topic                     broker    SNS and SQS: topic, queues, worker, dead letters
//! store     Dynamo, and the stores of cqrs-core
//! stream    the table's DynamoDB Stream, and its feed      embedded  SQLite in the place of the SDK's HTTP client
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
