use super::{StoredView, ViewId};

/// One page of the views of one partition, in the order of their sort keys: of the views themselves, or of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ViewQuery {
    /// The index, by its [slot](super::IndexEntry::slot); `None` for the keys of the views themselves.
    pub slot: Option<usize>,
    /// The partition key, of the index or of the views.
    pub pk: String,
    /// The requested sort keys.
    pub range: SortRange,
    /// From the last to the first.
    pub descending: bool,
    /// The most views on a page; at least 1.
    pub limit: u32,
    /// The view after which the page begins. It need not exist any more.
    pub after: Option<Place>,
}

impl ViewQuery {
    /// The first page of a partition, from its first sort key on.
    #[must_use]
    pub fn new(slot: Option<usize>, pk: impl Into<String>, limit: u32) -> Self {
        Self { slot, pk: pk.into(), range: SortRange::All, descending: false, limit, after: None }
    }

    /// Selects the page from all views: for a store that has them in memory.
    pub fn page(&self, views: impl IntoIterator<Item = StoredView>) -> QueriedViews {
        let mut found: Vec<_> = views
            .into_iter()
            .filter_map(|view| {
                let place = self.place_of(&view)?;
                Some((place, view))
            })
            .collect();
        found.sort_by(|(one, _), (other, _)| one.cmp(other));
        if self.descending {
            found.reverse();
        }
        if let Some(after) = &self.after {
            found.retain(|(place, _)| if self.descending { place < after } else { place > after });
        }
        let limit = self.limit.max(1) as usize;
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(|(place, _)| place.clone());
        QueriedViews { views: found.into_iter().map(|(_, view)| view).collect(), next }
    }

    /// The place of a view among the requested ones, on any page; `None` if it is not one of them.
    #[must_use]
    pub fn place_of(&self, view: &StoredView) -> Option<Place> {
        let (pk, sk) = match self.slot {
            None => (&view.id.pk, &view.id.sk),
            Some(slot) => {
                let entry = view.entries.iter().find(|entry| entry.slot == slot)?;
                (&entry.pk, &entry.sk)
            }
        };
        (*pk == self.pk && self.range.holds(sk)).then(|| Place::new(sk.as_str(), view.id.clone()))
    }

    /// Only these sort keys.
    #[must_use]
    pub fn with_range(mut self, range: SortRange) -> Self {
        self.range = range;
        self
    }

    /// From the last sort key to the first.
    #[must_use]
    pub fn with_descending(mut self, descending: bool) -> Self {
        self.descending = descending;
        self
    }

    /// The page after a place.
    #[must_use]
    pub fn with_after(mut self, after: Option<Place>) -> Self {
        self.after = after;
        self
    }
}

/// A range of sort keys, compared byte by byte. Both ends are included.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SortRange {
    /// All sort keys.
    All,
    /// Sort keys that begin with a text, which is not empty.
    Prefix(String),
    /// From a sort key on.
    From(String),
    /// Up to a sort key.
    UpTo(String),
    /// From one sort key to another, which is not before it.
    Between(String, String),
}

impl SortRange {
    /// Whether the range contains a sort key.
    #[must_use]
    pub fn holds(&self, sk: &str) -> bool {
        match self {
            Self::All => true,
            Self::Prefix(prefix) => sk.starts_with(prefix.as_str()),
            Self::From(first) => sk >= first.as_str(),
            Self::UpTo(last) => sk <= last.as_str(),
            Self::Between(first, last) => sk >= first.as_str() && sk <= last.as_str(),
        }
    }
}

/// The place of a view in a partition that is read page by page; places are compared by their sort keys, and then by the views.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Place {
    /// The sort key in the partition: that of its index entry, or its own.
    pub sk: String,
    /// The view.
    pub id: ViewId,
}

impl Place {
    /// The place of a view at a sort key.
    #[must_use]
    pub fn new(sk: impl Into<String>, id: ViewId) -> Self {
        Self { sk: sk.into(), id }
    }
}

/// The views of one page.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct QueriedViews {
    /// In the requested order.
    pub views: Vec<StoredView>,
    /// The view after which the next page begins; `None` at the end of the range. A page without views may have a next page, and
    /// a page with a next page may be the last one with views.
    pub next: Option<Place>,
}

impl QueriedViews {
    /// Some views, and where the next page begins.
    #[must_use]
    pub fn new(views: Vec<StoredView>, next: Option<Place>) -> Self {
        Self { views, next }
    }
}
