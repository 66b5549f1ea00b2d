//! One id from request to last effect: correlation, and the spans of `tracing`.
//!
//! # Ids
//!
//! A commit carries three ids and a trace context in its [`Metadata`](crate::Metadata). They are stored with it, so they come
//! with the change feed and over SNS and SQS, and are available in every handler and after every replay.
//!
//! | in the metadata | what it is | of a command that a handler sends |
//! | --- | --- | --- |
//! | `command_id` | the id of the command | follows from the event, so that a redelivery repeats it |
//! | `correlation_id` | the same on everything that one outside request caused | that of the event's commit |
//! | `causation_id` | the command id of the commit that caused it | the command id of the event's commit |
//! | `trace_context` | the W3C `traceparent` of the span that sent it | that of the event's commit; see below |
//!
//! The code that receives the request gives its ids with the command:
//!
//! ```rust,standalone_crate
//! # mod order { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.rs")); }
//! # use order::*;
//! use std::sync::Mutex;
//!
//! use cqrs_core::prelude::*;
//! use cqrs_core::store::MemoryEventStore;
//!
//! /// Cancels an order that costs too much.
//! #[event_handler(OrderCreated)]
//! async fn check_credit(event: &Recorded<OrderCreated>, app: &App) -> Result<(), HandlerError> {
//!     if event.total > 10_000 {
//!         app.execute(&event.key()?, CancelOrder).await?;
//!     }
//!     Ok(())
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let app = App::builder(MemoryEventStore::new()).build()?;
//! let order = OrderKey::new(&Tenant::new("TENANT001")?, "20240101-001");
//! let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
//! let created = app
//!     .execute(&order, CreateOrder { customer_id: "CUST-001".into(), total: 15000 })
//!     .correlation_id("request-1")
//!     .trace_context(traceparent)
//!     .await?;
//! app.run_until_idle().await?;
//!
//! use futures_util::TryStreamExt;
//! let history: Vec<_> = app.history(&order).try_collect().await?;
//! let cancelled = history[1].metadata();
//! assert_eq!(cancelled.correlation_id, "request-1");
//! assert_eq!(cancelled.causation_id.as_ref(), Some(&created.metadata.command_id));
//! assert_eq!(cancelled.trace_context.as_deref(), Some(traceparent));
//! # Ok(())
//! # }
//! ```
//!
//! # Spans
//!
//! | span | level | what it covers |
//! | --- | --- | --- |
//! | `execute` | info | a command, with all attempts |
//! | `append` | debug | one write to the store, inside `execute` |
//! | `transaction` | info | a transaction, with all attempts |
//! | `relay` | info | one commit from the change feed |
//! | `publish` | info | a batch of commits on its way to the topic |
//! | `handle` | info | one event in one handler, with all attempts |
//! | `step` | info | one event in one process, with all attempts |
//! | `project` | info | commits of one stream in one projection |
//! | `replay` | info | a replay |
//!
//! A span about one commit has the commit's address and ids as fields: `pk`, `sk`, `version`, `type`, `command_id`,
//! `correlation_id`, `causation_id`, `trace_context`. The log lines of a handler are inside its `handle` span, so every line can
//! be found by the `correlation_id` of the request that caused it. `project` has the fields of the last commit that it was given,
//! and their number in `commits`.
//!
//! # OpenTelemetry
//!
//! With the feature `opentelemetry`, and a layer of
//! [`tracing-opentelemetry`](https://docs.rs/tracing-opentelemetry), the spans make one trace:
//!
//! * `execute` is a span of kind producer. Its context becomes the commit's `trace_context`, so you need not pass one. A context
//!   from [`Execute::trace_context`](crate::app::Execute::trace_context) is kept unchanged, and `execute` belongs to that trace.
//! * `handle` is a span of kind consumer. The span that made the commit is linked to it and is its parent, so `handle` is in the
//!   same trace, in whatever process it runs. A surrounding span (for example of a Lambda invocation) is linked.
//! * `project`, `relay` and `publish` are also linked to the spans that made their commits. With one commit they are in its
//!   trace; a batch has no such parent.
//! * A command that a handler sends is executed within `handle`, so the trace continues.
//!
//! This is the trace structure of OpenTelemetry's "Semantic conventions for messaging spans": a context that comes with the
//! message is not changed, "Process" spans link to the message's creation context, links lead from a consumer to a producer span;
//! and of its OTEP 0220, by which the creation context may also be the parent if a span is about a single message. The
//! conventions are not stable, and their attributes are not set.
//!
//! Of W3C Trace Context only `traceparent` is kept, not `tracestate`.
//!
#![cfg_attr(feature = "opentelemetry", doc = "```rust,standalone_crate")]
#![cfg_attr(not(feature = "opentelemetry"), doc = "```ignore")]
//! # mod order { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.rs")); }
//! # use order::*;
//! use cqrs_core::prelude::*;
//! use cqrs_core::store::MemoryEventStore;
//! use opentelemetry::trace::TracerProvider;
//! use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
//! use tracing_subscriber::prelude::*;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // A program has an exporter of `opentelemetry-otlp` here.
//! let exporter = InMemorySpanExporter::default();
//! let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
//! let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("orders"));
//! tracing_subscriber::registry().with(layer).init();
//!
//! let app = App::builder(MemoryEventStore::new()).build()?;
//! let order = OrderKey::new(&Tenant::new("TENANT001")?, "20240101-001");
//! let done = app.execute(&order, CreateOrder { customer_id: "CUST-001".into(), total: 15000 }).await?;
//!
//! let spans = exporter.get_finished_spans()?;
//! let execute = spans.iter().find(|span| span.name == "execute").expect("it was exported");
//! let (trace_id, span_id) = (execute.span_context.trace_id(), execute.span_context.span_id());
//! assert_eq!(done.metadata.trace_context, Some(format!("00-{trace_id}-{span_id}-01")));
//! # Ok(())
//! # }
//! ```

use tracing::level_filters::LevelFilter;
use tracing::{Level, Span};

/// Whether any subscriber may want a span at info. If not, making one is not worthwhile.
pub(crate) fn is_watched() -> bool {
    Level::INFO <= LevelFilter::current()
}

/// Records in a span's field `error` why its work failed.
pub(crate) fn fail(span: &Span, reason: &str) {
    span.record("error", reason);
    span.record("otel.status_code", FAILED);
}

#[cfg(feature = "opentelemetry")]
mod open_telemetry;

#[cfg(feature = "opentelemetry")]
pub(crate) use open_telemetry::{CONSUMER, FAILED, PRODUCER, current, join, take};

#[cfg(not(feature = "opentelemetry"))]
pub(crate) use plain::{CONSUMER, FAILED, PRODUCER, current, join, take};

/// Without OpenTelemetry a span has no context to keep.
#[cfg(not(feature = "opentelemetry"))]
mod plain {
    use tracing::Span;

    pub(crate) const PRODUCER: Option<&str> = None;
    pub(crate) const CONSUMER: Option<&str> = None;
    pub(crate) const FAILED: Option<&str> = None;

    pub(crate) fn current() -> Option<String> {
        None
    }

    pub(crate) fn take<'a>(_: &Span, _: impl IntoIterator<Item = Option<&'a str>>) {}

    pub(crate) fn join(_: &Span, _: &str) {}
}
