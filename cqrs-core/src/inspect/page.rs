use serde::Serialize;

/// One page of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Page<T> {
    /// The items that were found.
    pub items: Vec<T>,
    /// Where the next page begins: what the same call takes as `after`. `None` at the end. A page without items may
    /// have a next page.
    pub next: Option<String>,
    /// How many commits or views were read for the page. A store charges for these, about one read unit per 4 KB.
    pub read_commits: u64,
}

impl<T> Page<T> {
    pub(super) fn empty() -> Self {
        Self { items: Vec::new(), next: None, read_commits: 0 }
    }
}
