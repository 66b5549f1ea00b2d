//! Views by their indexes and by their keys, a page at a time.

#[cfg(feature = "inspect")]
mod inspected;
mod keys;
mod page;
mod shown;
mod texts;

pub use page::{Page, QueryError};
#[doc(hidden)]
pub use texts::UnfitText;

use std::future::Future;
use std::ops::Bound;
use std::pin::Pin;
use std::time::Duration;

use super::{App, Cursor, IntoCursor};
use crate::commit::CommitToken;
use crate::key::{KeyPart, Tenant, encode_into};
use crate::projection::{
    Asked, Criterion, END, FieldValue, Index, IndexText, Projection, View, ViewAddress, erased, partition,
};
use crate::projector::reading;
use crate::runtime::Runtime;
use crate::view::ViewId;

/// The size of a page if the query does not give one.
const LIMIT: u32 = 100;

/// What `#[projection]` on the struct implements: the query, with a method for each of its indexes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be queried",
    label = "this type is not a projection",
    note = "annotate its struct with `#[projection(Order)]` or `#[projection(key(customer_id: String))]`"
)]
pub trait Queried: Sized + 'static {
    /// The generated `OrderSummaryQuery`.
    type Query<'a>;
}

/// A query that is being put together: what the generated queries are made of.
pub struct Query<'a, V: View> {
    runtime: &'a Runtime,
    tenant: &'a Tenant,
    by: By<V>,
    /// The partition key, of the first edition.
    pk: String,
    /// The value of the first field of the index.
    first: String,
    /// What all sort keys begin with.
    prefix: String,
    range: Range,
    /// How many fields have been asked for.
    fields: usize,
    descending: bool,
    limit: u32,
    after: Option<Cursor>,
    at_least: Option<CommitToken>,
    within: Option<Duration>,
    run: fn(Self) -> Querying<'a, V>,
}

/// The condition on the field after those that were asked for by value.
enum Range {
    /// There is no condition on it.
    Whole,
    Within(Bound<String>, Bound<String>),
    Begins(String),
}

enum By<V: 'static> {
    Key,
    /// By an index, with its slot.
    Index(usize, &'static Index<V>),
}

/// A page that is being read.
pub type Querying<'a, V> = Pin<Box<dyn Future<Output = Result<Page<V>, QueryError>> + Send + 'a>>;

impl App {
    /// The views of one tenant by one of their indexes, a page at a time.
    ///
    /// An index is declared with the projection, and the query has a method of its name. The method takes a value of
    /// the index's first field. The next fields follow it, each with a value, a range, or the beginning of a text with
    /// [`starts_with`](crate::projection::starts_with). The page is ordered by the fields that were not asked for by
    /// value, and then by the keys.
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
    /// A query that names no index lists all views of the tenant by their keys. After `by_key()`, the fields of a
    /// `key(…)` follow one after another.
    ///
    /// With `at_least`, a list contains your own write: it is read once the views contain the commit of a
    /// [token](crate::Committed::token) and the index shows it. If that takes longer than
    /// [`Settings::read_wait`](crate::app::Settings::read_wait), or the time that `within` gives, it is an error. It
    /// costs a read of each view that the commit has changed, and for keyed views also a read of the commit.
    ///
    /// A page is one request, and reads only what it returns: half a read unit per 4 KB by an index, one by key. A view
    /// on the page that another release has made is folded anew, as [`App::view`] does it. An index is eventually
    /// consistent with the views: DynamoDB updates it in a fraction of a second. A list by key sees all writes that
    /// were acknowledged before.
    ///
    /// # Errors
    /// [`QueryError`], when the query is awaited.
    pub fn query<'a, V>(&'a self, tenant: &'a Tenant) -> V::Query<'a>
    where
        V: Queried,
        V::Query<'a>: BeginQuery<'a, V>,
    {
        V::Query::begin(self, tenant)
    }
}

/// A query of a type whose struct and impl block both declare a projection. This is a separate bound on the generated
/// query, so that it is not checked for a type without projection. Then one error says what is wrong, without a second
/// one about a missing impl block.
pub trait BeginQuery<'a, V>: Sized {
    /// All views of a tenant, by their keys.
    #[doc(hidden)]
    fn begin(app: &'a App, tenant: &'a Tenant) -> Self;
}

impl<'a, V: Projection, Q: From<Query<'a, V>>> BeginQuery<'a, V> for Q {
    fn begin(app: &'a App, tenant: &'a Tenant) -> Self {
        Self::from(Query {
            runtime: &app.delivery().runtime,
            tenant,
            by: By::Key,
            pk: ViewId::partition(V::VIEW, tenant),
            first: String::new(),
            prefix: format!("{}#", V::VIEW),
            range: Range::Whole,
            fields: 0,
            descending: false,
            limit: LIMIT,
            after: None,
            at_least: None,
            within: None,
            run: |query| {
                Box::pin(
                    async move { reading(erased::<V>(), query.runtime, |choice| query.page(choice)).await },
                )
            },
        })
    }
}

/// For generated code.
#[doc(hidden)]
impl<V: View> Query<'_, V> {
    /// By the index at a position in [`View::INDEXES`], for a value of its first field.
    #[must_use]
    pub fn by_index<T: 'static>(self, at: usize, first: impl FieldValue<T>) -> Self {
        let column = V::INDEXES.get(at).and_then(|index| index.columns.first());
        let first = column.map(|column| column.text(&first.into_value())).unwrap_or_default();
        self.by_index_text(at, first)
    }

    fn by_index_text(mut self, at: usize, first: String) -> Self {
        // The generated code counts the fields that it declares.
        if let Some(index) = V::INDEXES.get(at) {
            self.first = first;
            self.pk = partition(&self.pk, index, &self.first);
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
        self.part_text(asked.criterion().map(text, beginning))
    }

    /// Asks for the next field of the key, by rendered texts.
    pub(crate) fn part_text(self, criterion: Criterion<String>) -> Self {
        let is_last = self.fields + 1 == V::Key::PARTS.len();
        self.ask(criterion, if is_last { &[] } else { &['#'] })
    }

    fn ask(mut self, criterion: Criterion<String>, behind: &[char]) -> Self {
        self.fields += 1;
        match criterion {
            Criterion::Is(text) => {
                self.prefix.push_str(&text);
                self.prefix.extend(behind);
            }
            Criterion::Within(from, to) => self.range = Range::Within(from, to),
            Criterion::Begins(beginning) => self.range = Range::Begins(beginning),
        }
        self
    }

    /// Lists from the last view to the first.
    #[must_use]
    pub fn descending(mut self) -> Self {
        self.descending = true;
        self
    }

    /// The largest number of views on the page.
    #[must_use]
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = limit.max(1);
        self
    }

    /// Reads the page that begins at the cursor.
    #[must_use]
    pub fn after(mut self, cursor: impl IntoCursor) -> Self {
        self.after = cursor.into_cursor();
        self
    }

    /// Waits until the views and the index show a commit.
    #[must_use]
    pub fn at_least(mut self, token: impl Into<CommitToken>) -> Self {
        self.at_least = Some(token.into());
        self
    }

    /// The longest time that it waits for the commit.
    #[must_use]
    pub fn within(mut self, limit: Duration) -> Self {
        self.within = Some(limit);
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
