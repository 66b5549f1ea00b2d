use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cqrs_core::schema::EventsLock;
use cqrs_core::{App, Timestamp};
use serde_json::Value;
use tokio::sync::watch;

use crate::access::Access;
use crate::limits::Limits;
use crate::replays::Replays;
use crate::tail::Tailing;

/// The values that every request uses.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) app: App,
    pub(crate) program: String,
    pub(crate) writable: bool,
    pub(crate) lock: Option<EventsLock>,
    pub(crate) access: Access,
    pub(crate) limits: Limits,
    pub(crate) replays: Replays,
    pub(crate) tailing: Arc<Tailing>,
    pub(crate) projections: Reading,
    pub(crate) timers: Reading,
    /// True after the shutdown: requests that never end by themselves end then.
    pub(crate) ended: watch::Sender<bool>,
}

impl Context {
    pub(crate) fn new(
        app: App,
        program: String,
        writable: bool,
        lock: Option<EventsLock>,
        access: Access,
        limits: Limits,
    ) -> Arc<Self> {
        Arc::new(Self {
            tailing: Tailing::new(app.clone(), limits.tails, limits.tail_idle),
            replays: Replays::new(app.clone()),
            app,
            program,
            writable,
            lock,
            access,
            limits,
            projections: Reading::default(),
            timers: Reading::default(),
            ended: watch::Sender::new(false),
        })
    }
}

/// The last reading of a value that is too expensive for the first paint.
#[derive(Debug, Default)]
pub(crate) struct Reading(Mutex<Option<(Timestamp, Value)>>);

impl Reading {
    pub(crate) fn keep(&self, value: Value) {
        *self.lock() = Some((Timestamp::now(), value));
    }

    /// The value and its time; two nulls before the first reading.
    pub(crate) fn last(&self) -> (Value, Value) {
        match &*self.lock() {
            Some((at, value)) => (value.clone(), at.to_string().into()),
            None => (Value::Null, Value::Null),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<(Timestamp, Value)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
