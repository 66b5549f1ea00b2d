use super::{CommitKey, EventStore, Extent, StoreError};
use crate::key::StreamKey;

/// Some streams of one partition.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct StreamPage {
    /// In the order of the partition, each once.
    pub streams: Vec<StreamKey>,
    /// Where the next page begins: after the stream of this commit. `None` at the end of the partition. A page without
    /// streams may have a next page.
    pub next: Option<CommitKey>,
    /// How many commits were read for it.
    pub read: u64,
}

impl StreamPage {
    /// Some streams, where the next page begins, and how many commits were read for it.
    #[must_use]
    pub fn new(streams: Vec<StreamKey>, next: Option<CommitKey>, read: u64) -> Self {
        Self { streams, next, read }
    }
}

/// The streams among the commits of one page of a scan.
pub(super) async fn among_commits<S: EventStore + ?Sized>(
    store: &S,
    partition: &str,
    prefix: &str,
    after: Option<&CommitKey>,
    limit: usize,
) -> Result<StreamPage, StoreError> {
    let scan = store.scan(&Extent::Partition(partition.to_owned()), after).await?;
    let mut page = StreamPage { next: scan.next, read: scan.commits.len() as u64, ..StreamPage::default() };
    for commit in &scan.commits {
        let stream = &commit.stream;
        let last = page.streams.last().or(after.map(|after| &after.stream));
        if last == Some(stream) || !stream.sk().starts_with(prefix) {
            continue;
        }
        if page.streams.len() >= limit.max(1) {
            // What comes after the last stream is read again for the next page.
            let last = scan.commits.iter().rfind(|commit| Some(&commit.stream) == page.streams.last());
            page.next = last.map(CommitKey::of);
            return Ok(page);
        }
        page.streams.push(stream.clone());
    }
    Ok(page)
}
