//! The log as an operator reads it.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cqrs_tests::listening::listen;
use tracing::field::{Field, Visit};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};

/// The errors and warnings of this thread, each as `{message} {field}={value} …`.
#[derive(Clone, Default)]
pub(crate) struct Told(Arc<Mutex<Vec<String>>>);

impl Told {
    pub(crate) fn listen() -> (Self, DefaultGuard) {
        let told = Self::default();
        let subscriber = tracing_subscriber::registry().with(told.clone());
        (told, listen(subscriber))
    }

    /// Resolves when a line that begins like this was logged.
    pub(crate) async fn hear(&self, beginning: &str) {
        while !self.0.lock().unwrap().iter().any(|line| line.starts_with(beginning)) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Those since the last call that begin like this.
    pub(crate) fn take(&self, beginning: &str) -> Vec<String> {
        let mut lines = std::mem::take(&mut *self.0.lock().unwrap());
        lines.retain(|line| line.starts_with(beginning));
        lines
    }
}

impl<S: Subscriber> Layer<S> for Told {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if *event.metadata().level() <= Level::WARN {
            let mut line = Line::default();
            event.record(&mut line);
            self.0.lock().unwrap().push(format!("{}{}", line.message, line.fields));
        }
    }
}

#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            name => self.fields.push_str(&format!(" {name}={value:?}")),
        }
    }
}
