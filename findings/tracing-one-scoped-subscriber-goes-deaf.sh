#!/usr/bin/env bash
# tracing 0.1.44 with tracing-subscriber 0.3.23 (tracing-core 0.1.36): a subscriber that one thread has set with
# `set_default` does not hear a line of code which another thread, without a subscriber, has come to first.
#
# Guess: each thread is on its own; the line is recorded for the thread that listens, whoever ran it before.
# Seen: as long as the process has made one subscriber in all, the line is asked for with the subscriber of the thread that
# comes to it first. That thread has none, the answer "never" is kept for the whole process, and the thread that listens
# hears nothing. With a second subscriber alive anywhere in the process, it hears the line. Tests that capture a log and run
# side by side fail now and then for this reason.
#
# Output:
#   one subscriber: heard 0 of 1
#   two subscribers: heard 1 of 1
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/src"
cat > "$folder/Cargo.toml" <<'TOML'
[package]
name = "deaf"
version = "0.0.0"
edition = "2021"

[dependencies]
tracing = { version = "=0.1.44", default-features = false, features = ["std"] }
tracing-core = { version = "=0.1.36", default-features = false, features = ["std"] }
tracing-subscriber = { version = "=0.3.23", default-features = false, features = ["registry", "std"] }
TOML
cat > "$folder/src/main.rs" <<'RUST'
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tracing::{Dispatch, Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

struct Heard(Arc<AtomicUsize>);

impl<S: Subscriber> Layer<S> for Heard {
    fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn heard(line: fn()) -> usize {
    let count = Arc::new(AtomicUsize::new(0));
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(Heard(Arc::clone(&count))));
    std::thread::spawn(line).join().unwrap();
    line();
    count.load(Ordering::SeqCst)
}

fn main() {
    println!("one subscriber: heard {} of 1", heard(|| tracing::warn!("it rains")));
    let _another = Dispatch::new(tracing_subscriber::registry());
    println!("two subscribers: heard {} of 1", heard(|| tracing::warn!("it snows")));
}
RUST
said=$(cargo run --quiet --manifest-path "$folder/Cargo.toml")
echo "$said"
[ "$said" = $'one subscriber: heard 0 of 1\ntwo subscribers: heard 1 of 1' ]
