//! A store of your own: three files of JSON lines in a folder, and an app on them.
//!
//! | file | module | implements |
//! | --- | --- | --- |
//! | `commits.jsonl` | [`events`], with `timers` | `EventStore`, `ChangeFeed` |
//! | `delivery.jsonl` | [`delivery`] | `DeliveryStore`, `Inbox` |
//! | `views.jsonl` | [`views`] | `ViewStore` |
//!
//! It is small, but it keeps every promise: what it acknowledges is on the disk, a line that a crash has cut off is
//! removed when the file is opened, and only one process at a time has a file. `tests/conformance.rs` is the proof, in
//! one call.
//!
//! What it leaves out: the files of deliveries and views grow with every change, because nothing rewrites them, and a
//! write blocks its thread for as long as the disk needs.

pub mod delivery;
pub mod events;
mod journal;
mod table;
mod timers;
pub mod views;

use std::fs;
use std::path::Path;

use cqrs_core::StoreError;
use cqrs_core::spi::{IntoStores, Stores};

use delivery::FileDeliveryStore;
use events::FileEventStore;
use journal::unavailable;
use views::FileViewStore;

/// All stores of one folder.
#[derive(Debug)]
pub struct Folder {
    events: FileEventStore,
    delivery: FileDeliveryStore,
    views: FileViewStore,
}

impl Folder {
    /// Opens the stores in a folder, which is created if it is missing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if a file cannot be read or another process has it open; [`StoreError::Corrupt`] for
    /// a line that cannot be read.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref();
        fs::create_dir_all(path).map_err(unavailable)?;
        Ok(Self {
            events: FileEventStore::open(&path.join("commits.jsonl"))?,
            delivery: FileDeliveryStore::open(&path.join("delivery.jsonl"))?,
            views: FileViewStore::open(&path.join("views.jsonl"))?,
        })
    }
}

impl IntoStores for Folder {
    fn into_stores(self) -> Stores {
        let commits = self.events.clone();
        Stores::new(self.events, self.delivery).feed(move || commits.feed()).views(self.views)
    }
}
