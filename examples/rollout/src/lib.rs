//! A parcel service that is deployed over itself: two releases of its read models on one database.
//!
//! ```text
//! cargo run -p rollout --bin v1      release 1
//! cargo run -p rollout --bin v2      release 2, on what release 1 has left
//! cargo run -p rollout --bin v1      and the rollback
//! ```
//!
//! All of them work on the file `rollout.db` in this folder, or on one that is named after `--`. Both releases have this domain,
//! and each has its own read models, which are in its `main` file: [`parcel`] does not change from release to release, only the
//! views that are made of its events.

pub mod parcel;
pub mod release;
