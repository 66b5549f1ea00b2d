//! The commits as they come: one reader of the feed for all clients, as long as there are clients.

mod ring;
#[cfg(test)]
mod tests;

pub(crate) use ring::{Entry, Kind, Seen};

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::StatusCode;
use cqrs_core::App;
use cqrs_core::inspect::{InspectError, Tail};
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::problem::Problem;
use ring::Ring;

/// How many earlier commits it begins with.
const SHOWN: usize = 50;
/// How long the reader waits after an empty page.
const QUIET: Duration = Duration::from_millis(300);
/// How long it waits after a failure.
const FAILED: Duration = Duration::from_secs(5);

/// The feed, as far as clients follow it.
#[derive(Debug)]
pub(crate) struct Tailing {
    app: App,
    clients: Arc<Semaphore>,
    most_clients: usize,
    /// How long the reader continues without a client.
    idle: Duration,
    ring: Mutex<Ring>,
    /// The number of the last entry.
    newest: watch::Sender<u64>,
    reader: Mutex<Option<JoinHandle<()>>>,
}

/// The right of one client to follow the feed.
#[derive(Debug)]
pub(crate) struct Client {
    _permit: OwnedSemaphorePermit,
    newest: watch::Receiver<u64>,
    tailing: Arc<Tailing>,
}

impl Tailing {
    pub(crate) fn new(app: App, clients: usize, idle: Duration) -> Arc<Self> {
        Arc::new(Self {
            app,
            clients: Arc::new(Semaphore::new(clients)),
            most_clients: clients,
            idle,
            ring: Mutex::default(),
            newest: watch::Sender::new(0),
            reader: Mutex::default(),
        })
    }

    /// Lets one more client follow, and starts reading if nothing reads yet.
    pub(crate) fn follow(self: &Arc<Self>) -> Result<Client, Problem> {
        let full = |_| {
            let detail = format!("{} clients follow the feed, and there may be no more", self.most_clients);
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "full", detail)
        };
        let permit = Arc::clone(&self.clients).try_acquire_owned().map_err(full)?;
        let newest = self.newest.subscribe();
        let mut reader = self.lock_reader();
        if reader.as_ref().is_none_or(JoinHandle::is_finished) {
            // It fails if the app has no feed.
            let tail = self
                .app
                .inspect()
                .tail(SHOWN)
                .map_err(|error| Problem::new(StatusCode::NOT_FOUND, "no-feed", error.to_string()))?;
            *reader = Some(tokio::spawn(Arc::clone(self).read(tail)));
        }
        Ok(Client { _permit: permit, newest, tailing: Arc::clone(self) })
    }

    /// Ends the reading.
    pub(crate) fn stop(&self) {
        if let Some(reader) = self.lock_reader().take() {
            reader.abort();
        }
    }

    async fn read(self: Arc<Self>, mut tail: Tail) {
        let mut used = Instant::now();
        let mut is_first = true;
        loop {
            if self.has_clients() {
                used = Instant::now();
            } else if used.elapsed() >= self.idle && self.end() {
                return;
            }
            let commits = match tail.next().await {
                Ok(commits) => commits,
                Err(error) => {
                    self.fail(error);
                    tokio::time::sleep(FAILED).await;
                    continue;
                }
            };
            self.restore();
            if !commits.is_empty() {
                let values = commits.iter().map(|one| serde_json::to_value(one).unwrap_or_default());
                self.arrive(values.collect(), is_first);
                is_first = false;
            } else if tail.is_live() {
                // Before that, it skips the earlier commits, and continues at once.
                tokio::time::sleep(QUIET).await;
            }
        }
    }

    fn has_clients(&self) -> bool {
        self.clients.available_permits() < self.most_clients
    }

    /// Ends the reading, unless a client follows. A client has its permit before it looks for a reader. So either the
    /// permit is seen here, or the client sees that there is no reader.
    fn end(&self) -> bool {
        let mut reader = self.lock_reader();
        if self.has_clients() {
            return false;
        }
        *reader = None;
        true
    }

    /// Adds commits. The first ones of a reader are partly those that an earlier reader has left here.
    fn arrive(&self, commits: Vec<Value>, is_first: bool) {
        let newest = {
            let mut ring = self.lock_ring();
            if is_first { ring.join(commits) } else { ring.push(Kind::Commit, commits) }
        };
        self.newest.send_replace(newest);
    }

    /// Reports that the feed can be read, if the last report was that it cannot.
    fn restore(&self) {
        let has_failed = self.lock_ring().has_failed();
        if has_failed {
            self.push(Kind::Restored, [json!({})]);
        }
    }

    fn fail(&self, error: InspectError) {
        self.push(Kind::Failed, [Problem::from(error).value()]);
    }

    fn push(&self, kind: Kind, values: impl IntoIterator<Item = Value>) {
        let newest = self.lock_ring().push(kind, values);
        self.newest.send_replace(newest);
    }

    fn lock_ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_reader(&self) -> MutexGuard<'_, Option<JoinHandle<()>>> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Client {
    /// What came after a number, as far as it is still here. It waits for something.
    pub(crate) async fn after(&mut self, number: u64) -> Seen {
        // The sender lives as long as `tailing`.
        let _ = self.newest.wait_for(|newest| *newest > number).await;
        self.seen(number)
    }

    /// The same without waiting.
    pub(crate) fn seen(&self, number: u64) -> Seen {
        self.tailing.lock_ring().after(number)
    }
}
