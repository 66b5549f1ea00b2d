use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use tokio::sync::oneshot;

use super::database::Database;
use super::dispatch;

/// How many requests are answered at a time: one by the database, which has a lock, and one whose JSON is read or written
/// meanwhile. More threads would only wait, and each keeps the memory of the largest page that it has read.
const TURNS: usize = 2;

/// How many bytes of answers may wait for their callers before the next request is answered, and for how long that request waits.
const UNTAKEN_BYTES: usize = 16 << 20;
const PATIENCE: Duration = Duration::from_secs(1);

/// The queue in front of a database.
///
/// Requests are answered in order. If callers take large answers more slowly than the database produces them, it waits for them,
/// but not forever: a caller that is not polled may be waiting for another answer itself.
pub(super) struct Turns {
    database: Database,
    queue: Mutex<Queue>,
    untaken: Arc<Untaken>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    /// How many threads take requests from it.
    running: usize,
}

struct Waiting {
    request: HttpRequest,
    answer: oneshot::Sender<Answer>,
}

/// An answer on its way to the caller, and the space that it takes there.
struct Answer {
    response: Result<HttpResponse, ConnectorError>,
    _room: Room,
}

/// The bytes of all answers that have not been taken.
#[derive(Default)]
struct Untaken {
    bytes: Mutex<usize>,
    fewer: Condvar,
}

struct Room {
    untaken: Arc<Untaken>,
    bytes: usize,
}

impl Turns {
    pub(super) fn new(database: Database) -> Self {
        Self { database, queue: Mutex::default(), untaken: Arc::default() }
    }

    #[cfg(test)]
    pub(super) fn database(&self) -> &Database {
        &self.database
    }

    pub(super) async fn answer(
        self: Arc<Self>,
        request: HttpRequest,
    ) -> Result<HttpResponse, ConnectorError> {
        let (answer, answered) = oneshot::channel();
        let start = {
            let mut queue = self.queue();
            queue.waiting.push_back(Waiting { request, answer });
            let start = queue.running < TURNS;
            queue.running += usize::from(start);
            start
        };
        if start {
            let mut turn = Turn(Some(Arc::clone(&self)));
            // SQLite blocks, for a lock of another process up to seconds.
            tokio::task::spawn_blocking(move || turn.run());
        }
        drop(self);
        let closed = |_| ConnectorError::other("the embedded database is closed".into(), None);
        answered.await.map_err(closed)?.response
    }

    /// Answers what is in the queue. Before the last answer is sent, the database is released: a caller that then drops its own
    /// handle has closed it.
    fn work_off(self: Arc<Self>) {
        while let Some(Waiting { request, answer }) = self.next() {
            self.untaken.wait();
            let response = catch_unwind(AssertUnwindSafe(|| dispatch::answer(&self.database, &request)));
            let panicked = |_| Err(ConnectorError::other("the embedded database panicked".into(), None));
            let response = response.unwrap_or_else(panicked);
            let bytes =
                response.as_ref().ok().and_then(|response| response.body().bytes()).map_or(0, <[u8]>::len);
            let _room = Room::take(&self.untaken, bytes);
            let response = Answer { response, _room };
            if !self.ends() {
                drop(answer.send(response));
                continue;
            }
            self.database.tidy();
            drop(self);
            drop(answer.send(response));
            return;
        }
    }

    /// The next request whose caller has not been dropped meanwhile. If there is no such request, this thread ends.
    fn next(&self) -> Option<Waiting> {
        let mut queue = self.queue();
        loop {
            match queue.waiting.pop_front() {
                Some(waiting) if waiting.answer.is_closed() => {}
                Some(waiting) => return Some(waiting),
                None => {
                    queue.running -= 1;
                    return None;
                }
            }
        }
    }

    /// Whether nothing is left; this thread then counts as ended.
    fn ends(&self) -> bool {
        let mut queue = self.queue();
        let ends = queue.waiting.is_empty();
        queue.running -= usize::from(ends);
        ends
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Untaken {
    fn wait(&self) {
        let full = |bytes: &mut usize| *bytes > UNTAKEN_BYTES;
        drop(self.fewer.wait_timeout_while(self.bytes(), PATIENCE, full));
    }

    fn bytes(&self) -> MutexGuard<'_, usize> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Room {
    fn take(untaken: &Arc<Untaken>, bytes: usize) -> Self {
        *untaken.bytes() += bytes;
        Self { untaken: Arc::clone(untaken), bytes }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        *self.untaken.bytes() -= self.bytes;
        self.untaken.fewer.notify_all();
    }
}

/// One thread's work. A runtime that shuts down before the work has begun drops it. The dropping thread then answers what is in
/// the queue, perhaps from another runtime.
struct Turn(Option<Arc<Turns>>);

impl Turn {
    fn run(&mut self) {
        if let Some(turns) = self.0.take() {
            turns.work_off();
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.run();
    }
}
