//! The API: the listed operations.

mod error;
mod operation;
mod path;
mod router;
mod shared;

pub use error::ApiError;
pub(crate) use operation::{Content, ListedIndex, Listing, Operation};
pub(crate) use path::Path;
pub(crate) use shared::{Limits, Shared};

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::routing::MethodRouter;
use cqrs_core::aggregate::Entity;
use cqrs_core::command::{Decide, StoredCommand};
use cqrs_core::projection::{Projection, ViewAddress};
use cqrs_core::{Aggregate, AggregateKey, App};

use crate::problem::DEFAULT_TYPES;
use crate::{Caller, Rejection, endpoint, openapi};

/// An HTTP API: you list what clients may do, and they can do nothing else.
///
/// `T` is your extractor, which says for every request whose data it is about: see [`Caller`]. `S` is the state of the
/// router that the extractor takes, if it takes any.
///
/// Each method lists one thing, and has a form that ends in `_at` for a path of your own. [`router`](Self::router)
/// makes an [`axum::Router`] of them.
///
/// | call | route | answer |
/// | --- | --- | --- |
/// | [`command`](Self::command) | `POST /accounts/{id}/deposit` | `{"outcome": "committed", "version": 4, "token": "…"}` |
/// | [`view`](Self::view) | `GET /statements/{id}` | the view |
/// | [`query`](Self::query) | `GET /order-summaries?by=by_customer&customerId=C-1` | `{"items": […], "next": "…"}` |
/// | [`history`](Self::history) | `GET /accounts/{id}/history` | `{"items": […], "next": "…"}` |
/// | [`document`](Self::document) | `GET /openapi.json` | the OpenAPI document |
#[must_use = "an API does nothing before `router()` is called"]
pub struct Api<T, S = ()> {
    app: App,
    about: openapi::About,
    limits: Limits,
    types: String,
    routes: Vec<Route<S>>,
    merged: Merged<S>,
    faults: Vec<String>,
    with_document: bool,
    caller: PhantomData<fn() -> T>,
}

type Mount<S> = fn(Arc<Shared>, Arc<Operation>) -> MethodRouter<S>;

struct Route<S> {
    operation: Arc<Operation>,
    mount: Mount<S>,
}

/// What other APIs list, with their own settings and for their own callers.
struct Merged<S> {
    routes: Vec<(Arc<Shared>, Route<S>)>,
    documents: Vec<MethodRouter<S>>,
}

impl<T, S> Api<T, S> {
    /// An API of an app, with nothing listed yet. A type that is not an extractor does not compile:
    ///
    /// ```compile_fail
    /// # use cqrs_core::App;
    /// # use cqrs_http::Api;
    /// struct Anybody;
    /// let api = |app: &App| Api::<Anybody>::new(app);
    /// ```
    // The bounds are on the function, so that the compiler says what is missing, and not that there is no `new`.
    pub fn new(app: &App) -> Self
    where
        T: Caller + FromRequestParts<S>,
        S: Clone + Send + Sync + 'static,
    {
        Self {
            app: app.clone(),
            about: openapi::About::default(),
            limits: Limits::default(),
            types: DEFAULT_TYPES.to_owned(),
            routes: Vec::new(),
            merged: Merged { routes: Vec::new(), documents: Vec::new() },
            faults: Vec::new(),
            with_document: false,
            caller: PhantomData,
        }
    }
}

impl<T, S> Api<T, S>
where
    T: Caller + FromRequestParts<S>,
    S: Clone + Send + Sync + 'static,
{
    /// The title of the API in the OpenAPI document.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.about.title = title.into();
        self
    }

    /// The version of the API in the OpenAPI document. Default `0.1.0`.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.about.version = version.into();
        self
    }

    /// Where the API is served, for the OpenAPI document: `https://bank.example/api`. Default `/`.
    pub fn server(mut self, url: impl Into<String>) -> Self {
        self.about.servers.push(url.into());
        self
    }

    /// States in the OpenAPI document that callers send a bearer token. Your extractor checks it.
    pub fn bearer(mut self) -> Self {
        self.about.bearer = true;
        self
    }

    /// The prefix of the types of problems: `https://bank.example/problems/`. Default `/problems/`. There may be a page
    /// for people at each type, but it is not required.
    pub fn problem_types(mut self, beginning: impl Into<String>) -> Self {
        self.types = beginning.into();
        self
    }

    /// The largest size of a body in bytes. Default 256 KiB. A larger body is answered with 413, and not read.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.limits.body = bytes;
        self
    }

    /// How long a body may take to arrive. Default 10 seconds. A slower body is answered with 408.
    pub fn body_time_limit(mut self, limit: Duration) -> Self {
        self.limits.body_time = limit;
        self
    }

    /// How long a request with a commit token may wait, whatever it prefers. Default 20 seconds. A proxy in front of
    /// the server has its own limit; that of an HTTP API of AWS is 30 seconds.
    pub fn longest_wait(mut self, limit: Duration) -> Self {
        self.limits.wait = limit;
        self
    }

    /// The largest number of items on a page. Default 100. A request without a limit gets 20.
    pub fn page_limit(mut self, items: u32) -> Self {
        self.limits.page = items.max(1);
        self
    }

    /// Lists a command, at `POST /accounts/{id}/deposit`: the entity in the plural, the fields of its key, the name of
    /// the command.
    ///
    /// The body is the command, as JSON. The answer has the stream's version, also as its `ETag`, and the commit's
    /// token, also as `Commit-Token`. It does not contain the events: [`history`](Self::history) lists those.
    ///
    /// | header | meaning |
    /// | --- | --- |
    /// | `Idempotency-Key: "8e03978e"` | once the command is committed, it does not happen again, however often it is sent with this key; the answer of an earlier commit has `Idempotency-Replayed: true` |
    /// | `If-Match: "3"` | only if the stream is at version 3, otherwise 412 |
    /// | `If-Match: *` | only if the stream has a commit |
    /// | `If-None-Match: *` | only if the stream has none |
    /// | `traceparent: 00-…` | the span that the commit belongs to: see [`trace`](cqrs_core::trace) |
    ///
    /// A rejection is a problem, as its [`Rejection`] says. An attempt that was rejected, or that changed nothing,
    /// leaves no key behind: the next attempt with its key is decided again.
    pub fn command<A, C>(self) -> Self
    where
        A: Aggregate + Decide<C, Rejection: Rejection>,
        C: StoredCommand,
    {
        self.list_command::<A, C>(None)
    }

    /// The same at your own path, which has each field of the key as a segment: `/konten/{id}/einzahlungen`.
    pub fn command_at<A, C>(self, path: &str) -> Self
    where
        A: Aggregate + Decide<C, Rejection: Rejection>,
        C: StoredCommand,
    {
        self.list_command::<A, C>(Some(path))
    }

    fn list_command<A, C>(self, path: Option<&str>) -> Self
    where
        A: Aggregate + Decide<C, Rejection: Rejection>,
        C: StoredCommand,
    {
        let fields = <A as Entity>::Key::FIELDS;
        let content = Content::Command { shape: C::SHAPE };
        let listing = Listing { entity: A::ENTITY, name: C::TYPE, fields, content };
        self.list(listing, path, endpoint::command::mount::<T, S, A, C>)
    }

    /// Lists the views of a projection, one by one, at `GET /statements/{id}`.
    ///
    /// The answer is the view, with an `ETag`. `If-None-Match` is answered with 304 while the view is the same, and
    /// `If-Match` with 412 if the view has changed. The number in the tag of a view at its aggregate's key is the
    /// version of the stream that it contains, and may be given as `If-Match` to a command.
    ///
    /// With `Commit-Token`, the text from the answer to a command, the view is not read before it contains that commit.
    /// `Prefer: wait=10` says how many seconds it may wait for that. After this time, the answer is 503 with
    /// `Retry-After`.
    pub fn view<V: Projection>(self) -> Self {
        self.list_view::<V>(None)
    }

    /// The same at a path of your own.
    pub fn view_at<V: Projection>(self, path: &str) -> Self {
        self.list_view::<V>(Some(path))
    }

    fn list_view<V: Projection>(self, path: Option<&str>) -> Self {
        let fields = <V::Key as ViewAddress>::PARTS;
        let content = Content::View { shape: V::DATA };
        let listing = Listing { entity: V::VIEW, name: V::NAME, fields, content };
        self.list(listing, path, endpoint::view::mount::<T, S, V>)
    }

    /// Lists the views of a projection, page by page, at `GET /order-summaries`: by their keys, and by each of their indexes.
    ///
    /// | parameter | meaning |
    /// | --- | --- |
    /// | `by=by_customer` | the index; without it, all views are listed by their keys |
    /// | `customerId=C-1` | the value of a field: an index needs its first one |
    /// | `orderedAt.from=…&orderedAt.to=…` | a range of the next field; the end is excluded |
    /// | `name.prefix=Mar` | the beginning of the next field, a text |
    /// | `order=desc`, `limit=20` | the order, and how many views a page has |
    /// | `after=…` | where the page begins: `next` of the previous page |
    ///
    /// No field of a key or of an index may be called `by`, `order`, `limit` or `after`: in that case, the router is
    /// not made.
    ///
    /// A value is read in the same way as the field's own type. The link to the next page is in the answer, and in its
    /// `Link` header. `Commit-Token` works as for a [view](Self::view).
    pub fn query<V: Projection>(self) -> Self {
        self.list_query::<V>(None)
    }

    /// The same at a path of your own, without fields.
    pub fn query_at<V: Projection>(self, path: &str) -> Self {
        self.list_query::<V>(Some(path))
    }

    fn list_query<V: Projection>(self, path: Option<&str>) -> Self {
        let indexes = V::INDEXES.iter();
        let indexes = indexes.map(|index| ListedIndex {
            name: index.name(),
            fields: index.fields().collect(),
            texts: index.text_fields().collect(),
        });
        let key = <V::Key as ViewAddress>::PARTS;
        let content = Content::Query { shape: V::DATA, key, indexes: indexes.collect() };
        let listing = Listing { entity: V::VIEW, name: V::NAME, fields: &[], content };
        self.list(listing, path, endpoint::query::mount::<T, S, V>)
    }

    /// Lists the events of an aggregate's streams, at `GET /accounts/{id}/history`: the audit trail, by commit, with
    /// user and time.
    ///
    /// `limit` is the number of commits on a page, and `after` is the version after which it begins. The link to the
    /// next page is in the answer, and in its `Link` header.
    pub fn history<A: Aggregate>(self) -> Self {
        self.list_history::<A>(None)
    }

    /// The same at a path of your own.
    pub fn history_at<A: Aggregate>(self, path: &str) -> Self {
        self.list_history::<A>(Some(path))
    }

    fn list_history<A: Aggregate>(self, path: Option<&str>) -> Self {
        let events = A::EVENTS.iter().map(|row| (row.id.name, row.shape())).collect();
        let fields = <A as Entity>::Key::FIELDS;
        let listing =
            Listing { entity: A::ENTITY, name: A::NAME, fields, content: Content::History { events } };
        self.list(listing, path, endpoint::history::mount::<T, S, A>)
    }

    /// Serves the OpenAPI document at `GET /openapi.json`, to callers like everything else. [`openapi`](Self::openapi)
    /// returns it to you, for a file or for a route of your own.
    pub fn document(mut self) -> Self {
        self.with_document = true;
        self
    }

    fn list(mut self, listing: Listing, path: Option<&str>, mount: Mount<S>) -> Self {
        match Operation::of(listing, path) {
            Ok(operation) => self.routes.push(Route { operation: Arc::new(operation), mount }),
            Err(fault) => self.faults.push(fault),
        }
        self
    }
}

impl<T, S> fmt::Debug for Api<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let merged = self.merged.routes.iter().map(|(_, route)| route);
        let routes = self.routes.iter().chain(merged).map(|route| route.operation.path.to_string());
        f.debug_struct("Api").field("routes", &routes.collect::<Vec<_>>()).finish_non_exhaustive()
    }
}
