//! The promises of an event store that appends to several streams at once.

use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::json;

use super::Candidate;
use super::samples::{at, commit, filled, stream, write};
use crate::commit::Commit;
use crate::key::StreamKey;
use crate::metadata::Metadata;
use crate::store::limits::{MAX_TRANSACTION_BYTES, MAX_TRANSACTION_ITEMS};
use crate::store::{AppendAll, DynEventStore, NewCommit, NewCommits, StoreError, Taken};
use crate::version::Version;

/// Commits that are appended together are all there, each in its stream.
pub async fn commits_are_appended_together(candidate: Candidate) {
    let store = candidate.events();
    let commits: Vec<_> = (1..=5).map(|id| named(id, 1, "first")).collect();
    assert_eq!(append_all(store, &commits, &[]).await.unwrap(), AppendAll::Written);
    for (id, commit) in (1..).zip(&commits) {
        assert_eq!(all(store, id).await, std::slice::from_ref(commit));
    }
}

/// If one version is taken, nothing is written, and the answer says which version, and which commit holds it.
pub async fn one_taken_version_refuses_them_all(candidate: Candidate) {
    let store = candidate.events();
    let winner = named(2, 1, "winner");
    write(store, &winner).await;
    let commits: Vec<_> = (1..=3).map(|id| named(id, 1, "late")).collect();
    let refused = AppendAll::Taken(vec![Taken::new(key(2), Some(winner.clone()))]);
    assert_eq!(append_all(store, &commits, &[]).await.unwrap(), refused);
    assert_eq!(all(store, 1).await, []);
    assert_eq!(all(store, 2).await, [winner]);
    assert_eq!(all(store, 3).await, []);
}

/// A stream that had to be unchanged refuses the commits as soon as it has another commit, and not before.
pub async fn a_stream_that_changed_refuses_them_all(candidate: Candidate) {
    let store = candidate.events();
    let (seen, later) = (named(1, 1, "seen"), named(1, 2, "later"));
    write(store, &seen).await;
    let unchanged = [(key(1), Version::new(1)), (key(9), Version::NONE)];
    let first = append_all(store, &[named(2, 1, "first"), named(3, 1, "first")], &unchanged).await;
    assert_eq!(first.unwrap(), AppendAll::Written);

    write(store, &later).await;
    let second = append_all(store, &[named(2, 2, "second"), named(3, 2, "second")], &unchanged).await;
    assert_eq!(second.unwrap(), AppendAll::Taken(vec![Taken::new(key(1), Some(later.clone()))]));
    assert_eq!(all(store, 1).await, [seen, later]);
    assert_eq!(all(store, 2).await.len(), 1);
    assert_eq!(all(store, 9).await, []);
}

/// If the same commits were written before, the answer has them as the commits that hold the versions, because the
/// earlier answer may have been lost.
pub async fn the_same_commits_again_are_told(candidate: Candidate) {
    let store = candidate.events();
    let commits = [named(1, 1, "once"), named(2, 1, "once")];
    assert_eq!(append_all(store, &commits, &[]).await.unwrap(), AppendAll::Written);
    let AppendAll::Taken(taken) = append_all(store, &commits, &[]).await.unwrap() else {
        panic!("written twice");
    };
    assert!(!taken.is_empty());
    for Taken { stream, winner } in taken {
        let own = commits.iter().find(|commit| commit.stream == stream);
        assert_eq!(winner.as_deref(), own);
    }
    assert_eq!(all(store, 1).await.len(), 1);
}

/// Many writers want some of the same versions at the same time. Each gets all of its commits or none.
pub async fn of_many_none_is_half_written(candidate: Candidate) {
    let store = candidate.events();
    for version in 1..=5 {
        let writers: Vec<[Commit; 2]> = (0..12)
            .map(|writer| {
                let name = format!("writer {writer}");
                [named(writer % 4, version, &name), named((writer + 1) % 4, version, &name)]
            })
            .collect();
        let answers = join_all(writers.iter().map(|commits| append_all(store, commits, &[]))).await;
        let mut written = 0;
        for (commits, answer) in writers.iter().zip(answers) {
            // A store may say that it had no time for all of them.
            let is_written = match answer {
                Ok(answer) => answer == AppendAll::Written,
                Err(error) => {
                    assert!(error.is_transient(), "{error}");
                    continue;
                }
            };
            written += usize::from(is_written);
            for commit in commits {
                let found = store.read(&commit.stream, commit.version.previous(), commit.version).await;
                let is_there = found.unwrap().commits.first() == Some(commit);
                assert_eq!(is_there, is_written, "{commit:?}");
            }
        }
        assert!(written <= 2, "{written} written at version {version}");
        // The next round begins with every stream at this version.
        for id in 0..4 {
            if all(store, id).await.len() < usize::try_from(version).unwrap_or_default() {
                write(store, &named(id, version, "filled")).await;
            }
        }
    }
}

/// The largest transaction that DynamoDB accepts is written. A larger one is refused before anything is written.
pub async fn the_largest_transaction_fits_and_no_more(candidate: Candidate) {
    let store = candidate.events();
    let commits: Vec<_> = (1..=MAX_TRANSACTION_ITEMS as u64).map(|id| named(id, 1, "many")).collect();
    assert_eq!(append_all(store, &commits, &[]).await.unwrap(), AppendAll::Written);
    let more: Vec<_> = (1..=MAX_TRANSACTION_ITEMS as u64).map(|id| named(id, 2, "more")).collect();
    let refused = append_all(store, &more, &[(key(500), Version::NONE)]).await;
    assert!(matches!(refused, Err(StoreError::Refused { .. })), "{refused:?}");

    let large: Vec<_> = (201..=211).map(|id| filled(&key(id), 1, MAX_TRANSACTION_BYTES / 11)).collect();
    let refused = append_all(store, &large, &[]).await;
    assert!(matches!(refused, Err(StoreError::Refused { .. })), "{refused:?}");
    assert_eq!(all(store, 201).await, []);
    assert_eq!(append_all(store, &large[1..], &[]).await.unwrap(), AppendAll::Written);
}

fn key(id: u64) -> StreamKey {
    stream(&id.to_string())
}

fn named(id: u64, version: u64, name: &str) -> Commit {
    let metadata = Metadata::new(format!("{name} {version}"), at(version));
    Commit { metadata: Arc::new(metadata), ..commit(&key(id), version, json!({ "name": name })) }
}

async fn append_all(
    store: &dyn DynEventStore,
    commits: &[Commit],
    unchanged: &[(StreamKey, Version)],
) -> Result<AppendAll, StoreError> {
    let new: Result<Vec<_>, _> = commits.iter().map(NewCommit::of).collect();
    let new = NewCommits::new(new?);
    let new = unchanged.iter().fold(new, |new, (stream, version)| new.unchanged(stream.clone(), *version));
    store.append_all(new).await
}

async fn all(store: &dyn DynEventStore, id: u64) -> Vec<Commit> {
    store.read(&key(id), Version::NONE, Version::MAX).await.unwrap().commits
}
