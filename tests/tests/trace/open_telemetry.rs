//! The same spans as OpenTelemetry exports them.

use cqrs_core::delivery::{Body, Message, Received};
use cqrs_core::prelude::*;
use cqrs_core::store::MemoryEventStore;
use cqrs_core::view::MemoryViewStore;
use cqrs_core::{EventStore, Metadata};
use cqrs_tests::bank;
use cqrs_tests::listening::listen;
use opentelemetry::trace::{SpanContext, SpanKind, Status, TracerProvider};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use tracing::Instrument;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::SubscriberExt;

use crate::{TRACEPARENT, deposit, last, open};

/// The spans of this thread, as they are exported when they end.
struct Exported {
    exporter: InMemorySpanExporter,
    _provider: SdkTracerProvider,
    _installed: DefaultGuard,
}

impl Exported {
    fn install() -> Self {
        let exporter = InMemorySpanExporter::default();
        let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
        let installed = listen(tracing_subscriber::registry().with(layer));
        Self { exporter, _provider: provider, _installed: installed }
    }

    /// The spans of one name and of one account, as far as they belong to one, in the order of their end.
    fn of(&self, name: &str, sk: &str) -> Vec<SpanData> {
        let is_of = |span: &SpanData| {
            let sk_of = span.attributes.iter().find(|field| field.key.as_str() == "sk");
            span.name == name && sk_of.is_none_or(|field| field.value.as_str() == sk)
        };
        self.exporter.get_finished_spans().unwrap().into_iter().filter(is_of).collect()
    }

    fn the(&self, name: &str, sk: &str) -> SpanData {
        let mut spans = self.of(name, sk);
        assert_eq!(spans.len(), 1, "{name} of {sk}: {spans:#?}");
        spans.remove(0)
    }
}

fn app(only: &[&str]) -> (MemoryEventStore, App) {
    let store = MemoryEventStore::new();
    let app = App::builder(store.clone()).views(MemoryViewStore::new()).only(only.iter().copied());
    (store, app.build().unwrap())
}

fn traceparent(span: &SpanContext) -> String {
    format!("00-{}-{}-{:02x}", span.trace_id(), span.span_id(), span.trace_flags().to_u8())
}

fn links(span: &SpanData) -> Vec<String> {
    span.links.iter().map(|link| traceparent(&link.span_context)).collect()
}

fn is_child(span: &SpanData, parent: &SpanData) -> bool {
    span.parent_span_id == parent.span_context.span_id()
        && span.span_context.trace_id() == parent.span_context.trace_id()
}

fn kept(metadata: &Metadata) -> &str {
    metadata.trace_context.as_deref().unwrap_or("none")
}

#[tokio::test]
async fn the_spans_of_a_request_make_one_trace_through_the_delivery_and_the_handlers_command() {
    let exported = Exported::install();
    let (_, app) = app(&["pass"]);
    open(&app).await;
    exported.exporter.reset();
    app.execute(&bank::account("1"), deposit())
        .into_future()
        .instrument(tracing::info_span!("request"))
        .await
        .unwrap();
    app.run_until_idle().await.unwrap();

    let [request, execute, handle] =
        ["request", "execute", "handle"].map(|name| exported.the(name, "ACCOUNT#1"));
    assert!(is_child(&execute, &request), "{execute:#?}");
    assert_eq!(execute.span_kind, SpanKind::Producer);
    assert_eq!(kept(&last(&app, "1").await), traceparent(&execute.span_context));
    assert!(is_child(&handle, &execute), "{handle:#?}");
    assert!(handle.parent_span_is_remote);
    assert_eq!(handle.span_kind, SpanKind::Consumer);
    assert_eq!(links(&handle), [traceparent(&execute.span_context)]);

    let relayed = exported.of("relay", "ACCOUNT#1");
    assert!(relayed.iter().any(|relay| is_child(relay, &execute)), "{relayed:#?}");

    let [passed, handled] = ["execute", "handle"].map(|name| exported.the(name, "ACCOUNT#2"));
    assert!(is_child(&passed, &handle), "{passed:#?}");
    assert_eq!(kept(&last(&app, "2").await), traceparent(&passed.span_context));
    assert!(is_child(&handled, &passed), "{handled:#?}");
    assert_eq!(handled.span_context.trace_id(), request.span_context.trace_id());
}

#[tokio::test]
async fn a_trace_context_that_is_given_is_kept_and_the_command_stands_in_its_trace() {
    let exported = Exported::install();
    let (_, app) = app(&["pass"]);
    open(&app).await;
    exported.exporter.reset();
    app.execute(&bank::account("1"), deposit())
        .trace_context(TRACEPARENT)
        .into_future()
        .instrument(tracing::info_span!("request"))
        .await
        .unwrap();
    app.run_until_idle().await.unwrap();
    let [request, execute, handle] =
        ["request", "execute", "handle"].map(|name| exported.the(name, "ACCOUNT#1"));
    assert_eq!(kept(&last(&app, "1").await), TRACEPARENT);
    for span in [&execute, &handle] {
        let parent = format!("00-{}-{}-01", span.span_context.trace_id(), span.parent_span_id);
        assert_eq!(parent, TRACEPARENT, "{}", span.name);
    }
    assert_eq!(links(&execute), [traceparent(&request.span_context)], "the span around it is not lost");
    assert_eq!(links(&handle), [TRACEPARENT]);
}

#[tokio::test]
async fn what_is_no_trace_context_is_carried_on_and_disturbs_no_span() {
    let exported = Exported::install();
    let (_, app) = app(&["pass"]);
    open(&app).await;
    exported.exporter.reset();
    app.execute(&bank::account("1"), deposit()).trace_context("request-1").await.unwrap();
    app.run_until_idle().await.unwrap();
    assert_eq!(kept(&last(&app, "1").await), "request-1");
    let handle = exported.the("handle", "ACCOUNT#1");
    assert_eq!(links(&handle), [""; 0]);
    assert!(is_child(&exported.the("execute", "ACCOUNT#2"), &handle), "a trace begins here");
}

#[tokio::test]
async fn an_invocation_around_the_handler_is_linked_and_the_trace_is_the_commands() {
    let exported = Exported::install();
    let (store, app) = app(&["pass"]);
    open(&app).await;
    exported.exporter.reset();
    app.execute(&bank::account("1"), deposit()).await.unwrap();
    let received = received(&store, &app, 2).await;
    let consumer = app.consumer("pass").unwrap();
    consumer.take(&[received]).instrument(tracing::info_span!("invocation")).await;
    let [invocation, execute, handle] =
        ["invocation", "execute", "handle"].map(|name| exported.the(name, "ACCOUNT#1"));
    assert!(is_child(&handle, &execute));
    let mut linked = links(&handle);
    linked.sort();
    let mut expected = [&invocation, &execute].map(|span| traceparent(&span.span_context));
    expected.sort();
    assert_eq!(linked, expected);
    assert_eq!(handle.status, Status::Unset);
}

#[tokio::test]
async fn a_projection_of_several_commits_is_linked_to_each_and_child_of_none() {
    let exported = Exported::install();
    let (_, app) = app(&["Statement"]);
    open(&app).await;
    exported.exporter.reset();
    for cents in [1, 2] {
        app.execute(&bank::account("1"), bank::deposit(cents)).await.unwrap();
    }
    app.run_until_idle().await.unwrap();
    let executed = exported.of("execute", "ACCOUNT#1");
    let project = exported.the("project", "ACCOUNT#1");
    let made: Vec<_> = executed.iter().map(|span| traceparent(&span.span_context)).collect();
    assert_eq!(links(&project), made);
    assert_eq!(made.len(), 2);
    assert!(executed.iter().all(|span| !is_child(&project, span)));
}

#[tokio::test]
async fn a_handler_that_fails_has_a_span_with_the_status_of_an_error() {
    let exported = Exported::install();
    let (store, app) = app(&["pass"]);
    open(&app).await;
    let nobody = bank::Deposit { cents: 5, note: "3".into() };
    app.execute(&bank::account("1"), nobody).await.unwrap();
    let received = received(&store, &app, 2).await;
    app.consumer("pass").unwrap().take(&[received]).await;
    let handle = exported.the("handle", "ACCOUNT#1");
    assert!(matches!(handle.status, Status::Error { .. }), "{:?}", handle.status);
}

/// A commit of account `1`, as a queue brings it.
async fn received(store: &MemoryEventStore, app: &App, version: u64) -> Received {
    let stream = bank::account("1").stream().unwrap();
    let version = Version::new(version);
    let page = store.read(&stream, version.previous(), version).await.unwrap();
    let body = Message::of(app, &page.commits[0]).body;
    assert!(matches!(Body::parse(&body), Ok(Body::Commit(_))));
    Received::new(body)
}
