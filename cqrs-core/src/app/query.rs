use std::fmt;
use std::future::Future;
use std::ops::Bound;
use std::pin::Pin;

use super::{App, Cursor, Found, IntoCursor, found};
use crate::key::{
    KeyError, KeyPart, MAX_PK_BYTES, MAX_SK_BYTES, Tenant, encode_into, extend_hash, stable_hash,
};
use crate::projection::{
    AFTER_END, Asked, Criterion, END, FieldValue, Index, IndexText, Projection, View, ViewAddress, partition,
};
use crate::runtime::Runtime;
use crate::store::StoreError;
use crate::view::{Place, SortRange, ViewId, ViewQuery};

/// How many views a page has where the query does not say.
const LIMIT: u32 = 100;

/// What `#[projection]` on the struct implements: the query with a method for each of its indexes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be queried",
    label = "this type is not a projection",
    note = "annotate its struct with `#[projection(Order)]` or `#[projection(key(customer_id: String))]`"
)]
pub trait Queried: Sized + 'static {
    /// The generated `OrderSummaryQuery`.
    type Query<'a>;
}

/// Some views, in the order of an index.
#[non_exhaustive]
pub struct Page<V: View> {
    /// As many as the limit says, or fewer: DynamoDB cuts a page at 1 MB, and views that were removed are left out of those
    /// that are listed by key.
    pub views: Vec<Found<V>>,
    /// Where the next page begins; none at the end. The last page may have one, and then an empty page follows.
    pub next: Option<Cursor>,
}

impl<V: View + fmt::Debug> fmt::Debug for Page<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page").field("views", &self.views).field("next", &self.next).finish()
    }
}

/// A query was not answered.
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
    /// The store did not answer, or a view cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A query on its way: what the generated queries are made of.
pub struct Query<'a, V: View> {
    runtime: &'a Runtime,
    tenant: &'a Tenant,
    by: By<V>,
    /// The partition key.
    pk: String,
    /// What all sort keys begin with.
    prefix: String,
    range: Option<Criterion<String>>,
    /// How many fields have been asked for.
    fields: usize,
    descending: bool,
    limit: u32,
    after: Option<Cursor>,
    run: fn(Self) -> Querying<'a, V>,
}

enum By<V: 'static> {
    Key,
    /// By an index, with its slot.
    Index(usize, &'static Index<V>),
}

/// The page of a query, on its way.
pub type Querying<'a, V> = Pin<Box<dyn Future<Output = Result<Page<V>, QueryError>> + Send + 'a>>;

impl App {
    /// The views of one tenant by one of their indexes, a page at a time.
    ///
    /// An index is declared with the projection, and has a method of its name. It takes a value of its first field, and
    /// the next fields follow it: a value, a range, or the beginning of a text with [`starts_with`](crate::projection::starts_with).
    /// The page has the order of the fields that were not asked for by value, and then that of the keys.
    ///
    /// ```rust,standalone_crate
    /// # mod order { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.rs")); }
    /// # use order::*;
    /// # use cqrs_core::prelude::*;
    /// # use cqrs_core::store::MemoryEventStore;
    /// # use cqrs_core::view::MemoryViewStore;
    /// #[projection(Order, index(by_customer(customer_id, total)))]
    /// #[derive(Debug, Default)]
    /// pub struct OrderSummary {
    ///     pub customer_id: String,
    ///     pub total: u64,
    /// }
    ///
    /// #[projection(Order)]
    /// impl OrderSummary {
    ///     #[apply]
    ///     fn created(&mut self, event: &OrderCreated) {
    ///         self.customer_id = event.customer_id.clone();
    ///         self.total = event.total;
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let app = App::builder(MemoryEventStore::new()).views(MemoryViewStore::new()).build()?;
    /// # let tenant = Tenant::new("TENANT001")?;
    /// for (id, total) in [("1", 500), ("2", 15000), ("3", 900)] {
    ///     let order = OrderKey::new(&tenant, id);
    ///     app.execute(&order, CreateOrder { customer_id: "CUST-001".into(), total }).await?;
    /// }
    /// app.run_until_idle().await?;
    ///
    /// let query = || app.query::<OrderSummary>(&tenant).by_customer("CUST-001").total(600..).descending().limit(1);
    /// let first = query().await?;
    /// assert_eq!(first.views[0].view.total, 15000);
    /// let second = query().after(first.next).await?;
    /// assert_eq!(second.views[0].key.id(), "3");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A query that names no index lists all views of the tenant by their keys. Behind `by_key()`, the fields of a `key(…)`
    /// follow one after another.
    ///
    /// A page is one request, and reads what it returns: half a read unit per 4 KB by an index, one by key. What stands in an
    /// index is eventually consistent with the view: DynamoDB carries it over in a fraction of a second. By key, all writes
    /// that were acknowledged before are seen.
    pub fn query<'a, V>(&'a self, tenant: &'a Tenant) -> V::Query<'a>
    where
        V: Queried + Projection,
        V::Query<'a>: From<Query<'a, V>>,
    {
        V::Query::from(Query {
            runtime: &self.delivery().runtime,
            tenant,
            by: By::Key,
            pk: ViewId::partition(V::VIEW, tenant),
            prefix: format!("{}#", V::VIEW),
            range: None,
            fields: 0,
            descending: false,
            limit: LIMIT,
            after: None,
            run: |query| Box::pin(query.page()),
        })
    }
}

/// For generated code.
#[doc(hidden)]
impl<V: View> Query<'_, V> {
    /// By the index at a place of [`View::INDEXES`], for a value of its first field.
    #[must_use]
    pub fn by_index<T: 'static>(mut self, at: usize, first: impl FieldValue<T>) -> Self {
        // Generated code counts what it declares.
        if let Some(index) = V::INDEXES.get(at) {
            let first = index.columns.first().map(|column| column.text(&first.into_value()));
            self.pk = partition(&self.pk, index.name, &first.unwrap_or_default());
            self.prefix.clear();
            self.by = By::Index(at + 1, index);
            self.fields = 1;
        }
        self
    }

    /// Asks for the next field of an index.
    #[must_use]
    pub fn field<T: 'static>(self, asked: impl Asked<T>) -> Self {
        let By::Index(_, index) = self.by else { return self };
        let Some(column) = index.columns.get(self.fields) else { return self };
        self.ask(asked.criterion().map(|value| column.text(value), IndexText::of_beginning), &[END])
    }

    /// Asks for the next field of the key.
    #[must_use]
    pub fn part<T: KeyPart>(self, asked: impl Asked<T>) -> Self {
        let text = |value: &T| {
            let mut text = String::new();
            value.render_part(0, &mut text);
            text
        };
        let beginning = |beginning: &str| {
            let mut text = String::new();
            encode_into(beginning, &mut text);
            text
        };
        let is_last = self.fields + 1 == V::Key::PARTS.len();
        self.ask(asked.criterion().map(text, beginning), if is_last { &[] } else { &['#'] })
    }

    fn ask(mut self, criterion: Criterion<String>, behind: &[char]) -> Self {
        self.fields += 1;
        match criterion {
            Criterion::Is(text) => {
                self.prefix.push_str(&text);
                self.prefix.extend(behind);
            }
            range => self.range = Some(range),
        }
        self
    }

    /// From the last to the first.
    #[must_use]
    pub fn descending(mut self) -> Self {
        self.descending = true;
        self
    }

    /// So many views at most.
    #[must_use]
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = limit.max(1);
        self
    }

    /// The page behind a cursor.
    #[must_use]
    pub fn after(mut self, cursor: impl IntoCursor) -> Self {
        self.after = cursor.into_cursor();
        self
    }
}

impl<'a, V: View> Query<'a, V> {
    /// Reads the page.
    #[doc(hidden)]
    #[must_use]
    pub fn run(self) -> Querying<'a, V> {
        (self.run)(self)
    }
}

impl<V: Projection> Query<'_, V> {
    async fn page(self) -> Result<Page<V>, QueryError> {
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
                let place = self.place(cursor).ok_or(QueryError::Cursor { view: V::NAME, by })?;
                Some(place)
            }
            None => None,
        };
        let request = ViewQuery::new(slot, self.pk.as_str(), self.limit)
            .with_range(range.clone())
            .with_descending(self.descending)
            .with_after(after);
        let read = self.runtime.view_store()?.query(&request).await?;
        let mut views = Vec::with_capacity(read.views.len());
        for stored in read.views.into_iter().filter(|stored| Some(&stored.id.sk) != without.as_ref()) {
            let Some((found, entries)) = found::<V>(self.runtime, self.tenant, stored).await? else {
                continue;
            };
            // One that was folded anew may belong elsewhere.
            let belongs = slot.is_none_or(|slot| {
                let entry = entries.iter().find(|entry| entry.slot == slot);
                entry.is_some_and(|entry| entry.pk == self.pk && range.holds(&entry.sk))
            });
            if belongs {
                views.push(found);
            }
        }
        Ok(Page { views, next: read.next.map(|place| Cursor { query, sk: place.sk }) })
    }

    /// The sort keys that are wanted; none where there cannot be any.
    fn wanted(&self) -> Result<Option<Wanted>, StoreError> {
        // Nothing can be stored there.
        if self.pk.len() > MAX_PK_BYTES || self.prefix.len() > MAX_SK_BYTES {
            return Ok(None);
        }
        let wanted = match &self.by {
            By::Index(..) => Wanted { range: self.indexed(), without: None },
            By::Key => self.keyed(),
        };
        match &wanted.range {
            SortRange::Between(from, to) if from > to => return Ok(None),
            SortRange::Between(bound, other) if bound.len().max(other.len()) > MAX_SK_BYTES => {
                return Err(too_long(bound.len().max(other.len())));
            }
            SortRange::Prefix(bound) | SortRange::From(bound) | SortRange::UpTo(bound)
                if bound.len() > MAX_SK_BYTES =>
            {
                return Err(too_long(bound.len()));
            }
            _ => {}
        }
        Ok(Some(wanted))
    }

    /// The sort keys of an index: the values of its fields, each with an [`END`] behind it, and the id of the view.
    fn indexed(&self) -> SortRange {
        let prefix = &self.prefix;
        let (from, to) = match &self.range {
            None => (Bound::Unbounded, Bound::Unbounded),
            Some(Criterion::Begins(beginning)) => return beginning_with(format!("{prefix}{beginning}")),
            Some(Criterion::Is(text)) => (Bound::Included(text), Bound::Included(text)),
            Some(Criterion::Within(from, to)) => (from.as_ref(), to.as_ref()),
        };
        let from = match from {
            Bound::Included(text) => Some(format!("{prefix}{text}{END}")),
            Bound::Excluded(text) => Some(format!("{prefix}{text}{AFTER_END}")),
            Bound::Unbounded => None,
        };
        let to = match to {
            Bound::Included(text) => Some(format!("{prefix}{text}{AFTER_END}")),
            Bound::Excluded(text) => Some(format!("{prefix}{text}")),
            Bound::Unbounded => None,
        };
        between(prefix, from, to)
    }

    /// The sort keys of the views themselves, and the one that does not belong to them where the end does not.
    fn keyed(&self) -> Wanted {
        let prefix = &self.prefix;
        if self.range.is_none() && self.fields > 0 && self.fields == V::Key::PARTS.len() {
            return Wanted { range: SortRange::Between(prefix.clone(), prefix.clone()), without: None };
        }
        let (from, to) = match &self.range {
            None => (Bound::Unbounded, Bound::Unbounded),
            Some(Criterion::Begins(beginning)) => {
                return Wanted { range: beginning_with(format!("{prefix}{beginning}")), without: None };
            }
            Some(Criterion::Is(text)) => (Bound::Included(text), Bound::Included(text)),
            Some(Criterion::Within(from, to)) => (from.as_ref(), to.as_ref()),
        };
        let bound = |text: &String| format!("{prefix}{text}");
        let from = match from {
            Bound::Included(text) => Some(bound(text)),
            // No key has anything before a space.
            Bound::Excluded(text) => Some(format!("{}{END}", bound(text))),
            Bound::Unbounded => None,
        };
        let without = if let Bound::Excluded(text) = to { Some(bound(text)) } else { None };
        let to = match to {
            Bound::Included(text) | Bound::Excluded(text) => Some(bound(text)),
            Bound::Unbounded => None,
        };
        Wanted { range: between(prefix, from, to), without }
    }

    /// The view that a cursor stands at; none for a cursor that no page of this query can have made.
    fn place(&self, cursor: &Cursor) -> Option<Place> {
        let partition = ViewId::partition(V::VIEW, self.tenant);
        let sk = match &self.by {
            By::Index(_, index) => {
                let id =
                    cursor.sk.splitn(index.columns.len(), END).nth(index.columns.len().checked_sub(1)?)?;
                format!("{}#{id}", V::VIEW)
            }
            By::Key => cursor.sk.clone(),
        };
        Some(Place::new(cursor.sk.as_str(), ViewId::new(partition, sk)))
    }

    /// Of all that a cursor belongs to. It is stored outside: no release may change it without need.
    fn hash(&self, range: &SortRange) -> u64 {
        let shape = match &self.by {
            By::Index(_, index) => index.shape(),
            By::Key => V::Key::PARTS.iter().fold(0, |hash, part| extend_hash(hash, part.as_bytes())),
        };
        let (kind, bounds) = match range {
            SortRange::All => (0_u8, [None, None]),
            SortRange::Prefix(prefix) => (1, [Some(prefix), None]),
            SortRange::From(from) => (2, [Some(from), None]),
            SortRange::UpTo(to) => (3, [Some(to), None]),
            SortRange::Between(from, to) => (4, [Some(from), Some(to)]),
        };
        let mut hash = stable_hash(self.pk.as_bytes());
        hash = extend_hash(hash, &shape.to_le_bytes());
        hash = extend_hash(hash, &[kind, u8::from(self.descending)]);
        for bound in bounds.into_iter().flatten() {
            hash = extend_hash(extend_hash(hash, bound.as_bytes()), &[0xff]);
        }
        hash
    }
}

/// Which sort keys a query wants.
struct Wanted {
    range: SortRange,
    /// One of them that does not belong to it.
    without: Option<String>,
}

fn beginning_with(text: String) -> SortRange {
    if text.is_empty() { SortRange::All } else { SortRange::Prefix(text) }
}

/// What begins with a prefix, and lies between two of those.
fn between(prefix: &str, from: Option<String>, to: Option<String>) -> SortRange {
    match (from, to) {
        (None, None) => beginning_with(prefix.to_owned()),
        (Some(from), Some(to)) => SortRange::Between(from, to),
        (Some(from), None) => match end_of(prefix) {
            Some(end) => SortRange::Between(from, end),
            None => SortRange::From(from),
        },
        (None, Some(to)) if prefix.is_empty() => SortRange::UpTo(to),
        (None, Some(to)) => SortRange::Between(prefix.to_owned(), to),
    }
}

/// A text behind all that begins with a prefix, and before all that follows: the prefix with the next character for its last.
fn end_of(prefix: &str) -> Option<String> {
    let mut end = prefix.to_owned();
    let last = end.pop()?;
    end.push(char::from(u8::try_from(last).ok()? + 1));
    Some(end)
}

fn too_long(bytes: usize) -> StoreError {
    StoreError::Key(KeyError::TooLong { attribute: "sk", bytes, limit: MAX_SK_BYTES })
}
