//! A test that listens hears what happens in it, whatever tests run beside it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;

use cqrs_tests::listening::listen;
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

#[derive(Clone, Default)]
struct Count(Arc<AtomicUsize>);

impl<S: Subscriber> Layer<S> for Count {
    fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn warns() {
    tracing::warn!("it rains");
}

#[test]
fn a_line_that_another_thread_came_to_first_is_heard() {
    let count = Count::default();
    let _guard = listen(tracing_subscriber::registry().with(count.clone()));
    let (say, hear) = mpsc::channel();
    let other = thread::spawn(move || {
        warns();
        say.send(()).unwrap();
    });
    hear.recv().unwrap();
    other.join().unwrap();
    warns();
    assert_eq!(count.0.load(Ordering::Relaxed), 1);
}
