#![cfg_attr(docsrs, feature(doc_cfg))]
//! Events of a foldline app to JSON Lines and Parquet, resumable.
//!
//! [`Export`] reads the events table once, page by page, and writes what it finds into a folder, one set of files for each type and
//! schema of an event:
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
//! # Columns
//!
//! | column | Parquet | |
//! | --- | --- | --- |
//! | `tenant`, `entity` | text | null where no aggregate of this program reads the stream |
//! | `pk`, `sk` | text | the keys of the stream, without the version |
//! | `version` | 64 bits | the commit's place in its stream: 1, 2, 3 … |
//! | `index` | 64 bits | the event's place in its commit: 0, 1, 2 … |
//! | `type`, `schema` | text, 64 bits | as stored |
//! | `created_at`, `recorded_at` | timestamp, milliseconds, UTC | when it was decided, and when it was stored; in an import they differ |
//! | `created_by` | text | null where that is not known |
//! | `command_id`, `correlation_id`, `causation_id` | text | `causation_id` is null for a command from outside |
//! | `trace_context`, `transaction` | text | null where there is none |
//! | `data` | text, JSON | the data of the event, as it is stored |
//! | `data_…` | typed | in Parquet, for each field of the data that is one value in the shape of the event |
//!
//! `pk`, `sk`, `version` and `index` name an event, and are unique in an export. In JSON Lines a line is one object of the columns
//! before `data_…`, with `data` as JSON and times as RFC 3339.
//!
//! The data stays what was stored, under the schema that it was stored under: nothing is upcast. So every schema has files of its
//! own, and its columns are those of its shape. Numbers keep their value: an integer beyond `i64` is an unsigned column in Parquet,
//! and its digits in JSON. A value that is missing, or that is not of its column, is null in `data_…`, and stays in `data`. The types
//! of columns come from the shapes that this program knows; the events of others have `data` alone.
//!
//! # What it promises
//!
//! * **Every event once.** The manifest names the files that count, and how far the table is read. A program that is killed goes
//!   on from there when it is run again with the same options: what the last one has written beyond the manifest is removed
//!   first. Files are written under another name, synced, and renamed.
//! * **Bounded memory.** Events of about [`part_bytes`](Export::part_bytes) are held, and a page of the store.
//! * **What it reads.** Commits that are stored while it runs are found or not. For an export without such a question, or for one
//!   that goes on where another one ended, give [`to`](Export::to) a time some minutes in the past; the next export has it as
//!   [`from`](Export::from). Both go by the time when a commit was recorded, on the clock of the machine that executed the command.
//! * **One writer.** A second program that exports to the same folder is refused while the first one runs.
//!
//! It reads the whole table, also for a time or an entity, because no index has them; [`tenant`](Export::tenant) and
//! [`entity`](Export::entity) together read the partitions of that tenant alone. On DynamoDB that is charged as a `Scan`, half a
//! read unit for 4 KB. What a projection keeps is not exported: views are made of these events.

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
