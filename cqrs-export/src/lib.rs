#![cfg_attr(docsrs, feature(doc_cfg))]
//! Resumable export of a foldline app's events to JSON Lines and Parquet.
//!
//! [`Export`] reads the events table once, page by page, and writes the events into a folder, one set of files for each
//! type and schema of an event:
//!
//! ```text
//! export/
//!   manifest.json
//!   OrderCreated/v1/000001.parquet
//!   OrderCreated/v2/000001.parquet
//!   OrderCreated/v2/000002.parquet
//!   OrderShipped/v1/000001.parquet
//! ```
//!
//! ```no_run
//! # async fn run(app: cqrs_core::App) -> Result<(), Box<dyn std::error::Error>> {
//! use cqrs_export::{Export, Format};
//!
//! let exported = Export::new(&app, "export")
//!     .format(Format::Parquet)
//!     .entity("ORDER")
//!     .to("2026-11-01T00:00:00Z".parse()?)
//!     .run(|progress| println!("{} of about {:?} commits", progress.commits, progress.of))
//!     .await?;
//! println!("{} events in {} files", exported.events, exported.files.len());
//! # Ok(())
//! # }
//! ```
//!
//! And in DuckDB:
//!
//! ```sql
//! SELECT tenant, sum(data_total) FROM 'export/OrderCreated/v2/*.parquet' GROUP BY tenant;
//! SELECT type, count(*) FROM read_parquet('export/*/*/*.parquet', union_by_name = true) GROUP BY type;
//! SELECT data->>'$.customerId' FROM read_json('export/OrderCreated/v2/*.jsonl');
//! ```
//!
//! Other readers need a cast for `data`, whose Parquet type is JSON: `pl.col("data").cast(pl.String)` in polars 2.1,
//! `.cast(pa.string())` in pyarrow 26. `union_by_name` gives a column that is an integer under one schema and a float
//! under another one the type `DOUBLE`, which has no exact integers beyond 2^53: read such schemas apart.
//!
//! # Columns
//!
//! | column | Parquet | |
//! | --- | --- | --- |
//! | `tenant`, `entity` | text | null if this program knows neither the events nor the key of the stream |
//! | `pk`, `sk` | text | the keys of the stream, without the version |
//! | `version` | 64 bits | the commit's place in its stream: 1, 2, 3 … |
//! | `index` | 64 bits | the event's place in its commit: 0, 1, 2 … |
//! | `type`, `schema` | text, 64 bits | as stored |
//! | `widened` | 64 bits | how often the schema had been widened when the event was stored; mostly 0 |
//! | `created_at`, `recorded_at` | timestamp, milliseconds, UTC | when it was decided, and when it was stored; in an import they differ |
//! | `created_by` | text | null if that is not known |
//! | `command_id`, `correlation_id`, `causation_id` | text | `causation_id` is null for a command from outside |
//! | `trace_context`, `transaction` | text | null if there is none |
//! | `data` | text, JSON | the data of the event, as it is stored |
//! | `data_…` | typed | in Parquet, for each field of the data that is one value in the shape of the event |
//!
//! `pk`, `sk`, `version` and `index` identify an event, and are unique in an export. In JSON Lines, a line is one
//! object of the columns before `data_…`, with `data` as JSON and times in RFC 3339.
//!
//! The data is what was stored, under the schema under which it was stored: nothing is upcast. So every schema has its
//! own files, and its columns are those of its shape. Numbers keep their value: an integer beyond `i64` is an unsigned
//! column in Parquet, and its digits in JSON. A value that is missing, or that does not fit its column, is null in
//! `data_…`, and remains in `data`. The types of columns come from the shapes that this program knows; events that it
//! does not know have only `data`.
//!
//! # What it promises
//!
//! * **Every event once.** The manifest names the files that count, and how far the table has been read. After a
//!   program was killed, it continues from there when it is run again with the same options. What the last run has
//!   written beyond the manifest is removed first. Files are written under another name, synced, and renamed.
//! * **Bounded memory.** Events of about [`part_bytes`](Export::part_bytes) are held, and a page of the store.
//! * **Defined content.** Commits that are stored while it runs are found or not. To leave no doubt, or to continue
//!   where another export ended, give [`to`](Export::to) a time some minutes in the past, and give the same time to the
//!   next export as [`from`](Export::from). Both use the time at which a commit was recorded, on the clock of the
//!   machine that executed the command.
//! * **Nothing is left out in silence.** Events that this program does not know are exported as well. The key of a stream
//!   says which entity and which tenant it belongs to. Where that is not known, an export of an entity or a tenant leaves
//!   the commits out, and counts them: [`Exported::unowned`].
//! * **One writer.** A second program that exports to the same folder is refused while the first one runs.
//!
//! It reads the whole table, even for a time or an entity, because no index has them. [`tenant`](Export::tenant) and
//! [`entity`](Export::entity) together read the partitions of that tenant alone. On DynamoDB this is charged as a
//! `Scan`, half a read unit per 4 KB. Views are not exported: they are made of these events.

mod error;
mod export;
mod file;
mod folder;
mod json_lines;
mod manifest;
mod parquet;
mod part;
mod row;

pub use error::ExportError;
pub use export::{Export, Exported, Format, Progress};
pub use manifest::ExportedFile;
