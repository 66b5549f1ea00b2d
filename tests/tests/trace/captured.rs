//! The log as a program's own subscriber sees it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use cqrs_tests::listening::listen;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

/// A span with everything that was recorded on it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Span {
    pub(crate) name: String,
    /// The names of the spans around it, the nearest first.
    pub(crate) around: Vec<String>,
    pub(crate) fields: Fields,
    /// The messages of the events in it.
    pub(crate) messages: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Fields(BTreeMap<String, String>);

/// All spans since it was installed. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Captured(Arc<Mutex<Vec<(Id, Span)>>>);

impl Captured {
    /// Captures the spans of this thread.
    pub(crate) fn install() -> (Self, DefaultGuard) {
        let captured = Self::default();
        let subscriber = tracing_subscriber::registry().with(captured.clone());
        (captured, listen(subscriber))
    }

    /// The spans of one name, in the order of their beginning.
    pub(crate) fn named(&self, name: &str) -> Vec<Span> {
        let spans = self.0.lock().unwrap();
        spans.iter().map(|(_, span)| span).filter(|span| span.name == name).cloned().collect()
    }

    /// An id is used again when its span has ended: the last one is meant.
    fn with(&self, id: &Id, change: impl FnOnce(&mut Span)) {
        if let Some((_, span)) = self.0.lock().unwrap().iter_mut().rfind(|(known, _)| known == id) {
            change(span);
        }
    }
}

impl Span {
    pub(crate) fn get(&self, field: &str) -> Option<&str> {
        self.fields.0.get(field).map(String::as_str)
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Captured {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut span = Span { name: attributes.metadata().name().to_owned(), ..Span::default() };
        attributes.record(&mut span.fields);
        let scope = context.span_scope(id).into_iter().flatten().skip(1);
        span.around = scope.map(|around| around.name().to_owned()).collect();
        self.0.lock().unwrap().push((id.clone(), span));
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        self.with(id, |span| values.record(&mut span.fields));
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        if let (Some(span), Some(message)) = (context.event_span(event), fields.0.remove("message")) {
            self.with(&span.id(), |span| span.messages.push(message));
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }
}
