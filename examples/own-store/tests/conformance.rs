//! The store keeps what it promises.

use cqrs_core::conformance::Candidate;
use own_store::Folder;

async fn open() -> Candidate {
    let folder = tempfile::tempdir().unwrap();
    Candidate::new(Folder::open(folder.path()).unwrap()).keep(folder)
}

cqrs_core::conformance!(open() => events, transactions, reservations, timers, feed, delivery, views);
