use std::fmt;
use std::time::Duration;

use super::keys::Wanted;
use super::{By, Query};
use crate::app::{Cursor, Found, found};
use crate::key::{MAX_SK_BYTES, StreamKey};
use crate::projection::{END, Edition, Projection, View, partition};
use crate::projector::{self, Choice, ReadError, ReadFailure};
use crate::store::StoreError;
use crate::version::Version;
use crate::view::{Place, StoredView, ViewId, ViewQuery};

/// Some views, in the order of an index.
#[non_exhaustive]
pub struct Page<V: View> {
    /// As many as the limit says, or fewer: DynamoDB cuts a page at 1 MB, a page ends before a view that
    /// [cannot be read](QueryError::Unreadable), and a list by key leaves out views that were removed.
    pub views: Vec<Found<V>>,
    /// Where the next page begins; `None` at the end. The last page may have a cursor, and then an empty page follows.
    pub next: Option<Cursor>,
}

impl<V: View + fmt::Debug> fmt::Debug for Page<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page").field("views", &self.views).field("next", &self.next).finish()
    }
}

/// Why a query was not answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// The cursor was made by another query.
    #[error(
        "the cursor does not belong to this query of `{view}` {by}: it is of another tenant, view, index, range or order, or of \
         a release that listed by other fields; begin with the first page"
    )]
    Cursor {
        /// The view, by the name of its struct.
        view: &'static str,
        /// `by_customer`, or `by_key`.
        by: &'static str,
    },
    /// The views have not come as far as the token says, or never will.
    #[error(transparent)]
    Behind(ReadError),
    /// The views contain the commit of the token, but the index does not show it yet. The list can be read without the
    /// token.
    #[error(
        "the views of `{view}` contain commit {version} of stream {stream}, and their index `{by}` does not show it after \
         {waited:.1?}: it most often does in a fraction of a second; is the index throttled?"
    )]
    Unshown {
        /// The view, by the name of its struct.
        view: &'static str,
        /// `by_customer`.
        by: &'static str,
        /// The stream of the token.
        stream: StreamKey,
        /// The version of the token.
        version: Version,
        /// How long the query has waited.
        waited: Duration,
    },
    /// A view of the list cannot be read, and the list continues after it. A page ends before such a view, so only a
    /// page that would begin with it has this error. Continue with `next` to see all other views.
    #[error(
        "the view `{id}` of `{view}` cannot be read; the list continues after it, at the cursor `next`: {source}"
    )]
    Unreadable {
        /// The view, by the name of its struct.
        view: &'static str,
        /// The sort key of the view that cannot be read: its name, `#` and its id.
        id: String,
        /// Where the list continues after it.
        next: Cursor,
        /// What is wrong with it.
        r#source: Box<StoreError>,
    },
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl QueryError {
    /// The status of an HTTP answer to the request that asked.
    ///
    /// | status | errors |
    /// | --- | --- |
    /// | 400 | [`Cursor`](Self::Cursor) |
    /// | 500 | [`Unreadable`](Self::Unreadable) |
    /// | 503 | [`Unshown`](Self::Unshown) |
    /// | that of its cause | [`Behind`](Self::Behind): [`ReadError::http_status`]; [`Store`](Self::Store): [`StoreError::http_status`] |
    #[must_use]
    pub fn http_status(&self) -> u16 {
        match self {
            Self::Cursor { .. } => 400,
            Self::Unshown { .. } => 503,
            Self::Behind(error) => error.http_status(),
            Self::Unreadable { .. } => 500,
            Self::Store(error) => error.http_status(),
        }
    }
}

impl From<ReadError> for QueryError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Store(error) => Self::Store(error),
            error => Self::Behind(error),
        }
    }
}

impl ReadFailure for QueryError {
    fn store(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            Self::Unreadable { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl<V: Projection> Query<'_, V> {
    pub(super) async fn page(&self, choice: Choice) -> Result<Page<V>, QueryError> {
        let (by, slot) = match &self.by {
            By::Index(slot, index) => (index.name, Some(*slot)),
            By::Key => ("by_key", None),
        };
        let empty = Page { views: Vec::new(), next: None };
        let Some(Wanted { range, without }) = self.wanted()? else { return Ok(empty) };
        let query = self.hash(&range);
        let after = match &self.after {
            Some(cursor) if cursor.query != query || !range.holds(&cursor.sk) => {
                return Err(QueryError::Cursor { view: V::NAME, by });
            }
            Some(cursor) => {
                let sk = self.sort_key(cursor).ok_or(QueryError::Cursor { view: V::NAME, by })?;
                Some((cursor, sk))
            }
            None => None,
        };
        let request = |edition: &Edition| {
            let views = edition.partition(V::VIEW, self.tenant);
            let pk = match &self.by {
                By::Index(_, index) => partition(&views, index, &self.first),
                By::Key => views.clone(),
            };
            let after =
                after.as_ref().map(|(cursor, sk)| Place::new(cursor.sk.as_str(), ViewId::new(&*views, sk)));
            let request = ViewQuery::new(slot, pk, self.limit).with_range(range.clone());
            request.with_descending(self.descending).with_after(after)
        };
        let (request, read) = self.read(choice, request).await?;
        let mut views = Vec::with_capacity(read.views.len());
        let mut last = None;
        for stored in read.views.into_iter().filter(|stored| Some(&stored.id.sk) != without.as_ref()) {
            let at = request.place_of(&stored).map(|place| Cursor { query, sk: place.sk });
            let id = stored.id.sk.clone();
            match (self.found(&request, stored).await, at) {
                (Ok(found), at) => {
                    views.extend(found);
                    last = at;
                }
                (Err(source), Some(next)) if !source.is_outage() => {
                    // The views before the unreadable one are a page of their own.
                    return match last.filter(|_| !views.is_empty()) {
                        Some(last) => Ok(Page { views, next: Some(last) }),
                        None => {
                            let source = Box::new(source);
                            Err(QueryError::Unreadable { view: V::NAME, id, next, source })
                        }
                    };
                }
                (Err(error), _) => return Err(error.into()),
            }
        }
        Ok(Page { views, next: read.next.map(|place| Cursor { query, sk: place.sk }) })
    }

    /// A view of the page as this program folds it; `None` if it was removed, or belongs elsewhere after it is folded
    /// anew.
    async fn found(&self, request: &ViewQuery, stored: StoredView) -> Result<Option<Found<V>>, StoreError> {
        let (stored, view) = projector::read::<V>(self.runtime, stored).await?;
        let view = view.filter(|_| request.place_of(&stored).is_some());
        view.map(|view| found(self.tenant, stored, view)).transpose()
    }

    /// The sort key of the view at which a cursor points; `None` for a cursor that no page of this query can have made.
    fn sort_key(&self, cursor: &Cursor) -> Option<String> {
        let sk = match &self.by {
            By::Index(_, index) => {
                let id =
                    cursor.sk.splitn(index.columns.len(), END).nth(index.columns.len().checked_sub(1)?)?;
                format!("{}#{id}", V::VIEW)
            }
            By::Key => cursor.sk.clone(),
        };
        let fits = cursor.sk.len().max(sk.len()) <= MAX_SK_BYTES;
        fits.then_some(sk)
    }
}
