use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::StatusCode;
use cqrs_core::replay::Replayed;
use cqrs_core::{App, Timestamp};
use serde::Serialize;
use tokio::task::AbortHandle;

use crate::problem::Problem;

/// The replays that this console started, the last one of each projection.
#[derive(Debug)]
pub(crate) struct Replays {
    app: App,
    begun: Arc<Mutex<BTreeMap<String, Begun>>>,
}

#[derive(Debug)]
struct Begun {
    shown: ReplayShown,
    task: Option<AbortHandle>,
}

/// The state of a replay, as it is shown.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReplayShown {
    pub(crate) projection: String,
    state: State,
    since: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    done: Option<Replayed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
enum State {
    Running,
    Done,
    Failed,
}

impl Replays {
    pub(crate) fn new(app: App) -> Self {
        Self { app, begun: Arc::default() }
    }

    /// Starts the replay of an existing projection.
    pub(crate) fn begin(&self, projection: &str) -> Result<ReplayShown, Problem> {
        let mut begun = self.lock();
        if begun.get(projection).is_some_and(|one| one.shown.state == State::Running) {
            let detail = format!("a replay of `{projection}` is running");
            return Err(Problem::new(StatusCode::CONFLICT, "busy", detail));
        }
        let shown = ReplayShown {
            projection: projection.to_owned(),
            state: State::Running,
            since: Timestamp::now(),
            ended: None,
            done: None,
            reason: None,
        };
        let task = tokio::spawn(run(self.app.clone(), projection.to_owned(), Arc::clone(&self.begun)));
        let one = Begun { shown: shown.clone(), task: Some(task.abort_handle()) };
        begun.insert(projection.to_owned(), one);
        Ok(shown)
    }

    pub(crate) fn all(&self) -> Vec<ReplayShown> {
        self.lock().values().map(|one| one.shown.clone()).collect()
    }

    /// Stops running replays. Live views are complete, and the same replay continues where it stopped.
    pub(crate) fn stop(&self) {
        for one in self.lock().values_mut() {
            if let Some(task) = one.task.take() {
                task.abort();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Begun>> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn run(app: App, projection: String, begun: Arc<Mutex<BTreeMap<String, Begun>>>) {
    let ending = Ending { projection, begun };
    match app.inspect().replay(&ending.projection).await {
        Ok(done) => ending.tell(State::Done, Some(done), None),
        Err(error) => ending.tell(State::Failed, None, Some(error.to_string())),
    }
}

/// Records the result of a replay, even if it panics.
struct Ending {
    projection: String,
    begun: Arc<Mutex<BTreeMap<String, Begun>>>,
}

impl Ending {
    fn tell(&self, state: State, done: Option<Replayed>, reason: Option<String>) {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(one) = begun.get_mut(&self.projection) {
            let ended = Some(Timestamp::now());
            one.shown = ReplayShown { state, ended, done, reason, ..one.shown.clone() };
            one.task = None;
        }
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.tell(State::Failed, None, Some("it panicked; the program's log tells more".to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use cqrs_core::store::MemoryEventStore;

    use super::*;

    // On one thread, so that a started replay has not ended before a test waits for it.
    #[tokio::test]
    async fn one_replay_of_a_projection_at_a_time() {
        let replays = Replays::new(App::builder(MemoryEventStore::new()).build().unwrap());
        replays.begin("Totals").unwrap();
        let busy = replays.begin("Totals").unwrap_err();
        assert_eq!(busy.value()["status"], 409);
        replays.begin("Others").unwrap();
        while replays.all().iter().any(|replay| replay.state == State::Running) {
            tokio::task::yield_now().await;
        }
        let totals = replays.all().swap_remove(1);
        assert_eq!((totals.state, totals.ended.is_some()), (State::Failed, true));
        assert!(totals.reason.unwrap().contains("no projection `Totals`"));
        replays.begin("Totals").unwrap();
    }
}
