use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;

use super::inbox::Finish;
use super::once::{Once, Progress};
use super::{ProjectionDriver, RetryPolicy};
use crate::app::App;
use crate::commit::Commit;
use crate::event::{EventId, RawEvent};
use crate::handler::{HandlerArm, HandlerError, Scope};
use crate::timestamp::Timestamp;

/// Whoever receives commits: a handler or a projection.
#[derive(Debug)]
pub(crate) struct Subscriber {
    pub(crate) name: &'static str,
    pub(crate) queue: &'static str,
    pub(crate) events: Vec<EventId>,
    pub(crate) reaction: Reaction,
    /// How many streams it works on at the same time.
    pub(crate) concurrency: usize,
}

/// How many streams a subscriber works on at the same time, where it does not say so itself.
pub(crate) const CONCURRENT_STREAMS: usize = 16;

/// What a subscriber does with a commit.
#[derive(Debug)]
pub(crate) enum Reaction {
    Handle { arms: &'static [HandlerArm], once: bool },
    Project { driver: Box<dyn ProjectionDriver>, restart: fn() -> Box<dyn ProjectionDriver> },
}

/// A commit that could not be taken after all tries.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) reason: String,
    pub(crate) attempts: u32,
    /// Another try is pointless.
    pub(crate) permanent: bool,
    /// Nothing failed: another run has the event, until then at the latest.
    pub(crate) held: Option<Timestamp>,
}

impl Failure {
    /// Whether the commit becomes a dead letter after so many tries of a broker.
    pub(crate) fn is_final(&self, receives: u32, retry: RetryPolicy) -> bool {
        self.held.is_none() && (self.permanent || receives >= retry.attempts)
    }
}

impl Subscriber {
    /// The same one in another process: what a driver remembers of a store is not taken along.
    pub(crate) fn restarted(of: &Self) -> Self {
        let reaction = match of.reaction {
            Reaction::Handle { arms, once } => Reaction::Handle { arms, once },
            Reaction::Project { restart, .. } => Reaction::Project { driver: restart(), restart },
        };
        Self { events: of.events.clone(), reaction, ..*of }
    }

    /// Whether the commit holds an event that this subscriber listens to. By name: a schema that it does not
    /// know must fail there, and not pass unseen.
    pub(crate) fn wants(&self, commit: &Commit) -> bool {
        commit.events.iter().any(|event| self.events.iter().any(|id| id.name == event.name))
    }

    pub(crate) fn is_projection(&self) -> bool {
        matches!(self.reaction, Reaction::Project { .. })
    }

    /// Takes commits of one stream in their order; returns how many of them are done, and why the next one
    /// is not. Here the queue of this process and those of a broker meet: one tries again itself, the other
    /// lets its broker do so.
    pub(crate) async fn deliver(
        &self,
        app: &App,
        commits: &[Commit],
        retry: RetryPolicy,
    ) -> (usize, Option<Failure>) {
        match &self.reaction {
            Reaction::Project { driver, .. } => {
                // All at once costs one write; if that fails, one by one finds the commit to blame.
                if self.retried(retry, || caught(driver.apply(app, commits))).await.is_ok() {
                    return (commits.len(), None);
                }
                for (done, commit) in commits.iter().enumerate() {
                    let one = std::slice::from_ref(commit);
                    if let Err(failure) = self.retried(retry, || caught(driver.apply(app, one))).await {
                        return (done, Some(failure));
                    }
                }
                (commits.len(), None)
            }
            Reaction::Handle { arms, once } => {
                for (done, commit) in commits.iter().enumerate() {
                    if let Err(failure) = self.handle(app, arms, *once, commit, retry).await {
                        return (done, Some(failure));
                    }
                }
                (commits.len(), None)
            }
        }
    }

    async fn handle(
        &self,
        app: &App,
        arms: &[HandlerArm],
        once: bool,
        commit: &Commit,
        retry: RetryPolicy,
    ) -> Result<(), Failure> {
        for raw in RawEvent::all(commit) {
            let stored = raw.stored();
            if !self.events.iter().any(|id| id.name == stored.name) {
                continue;
            }
            let arm = arms
                .iter()
                .find(|arm| arm.event.name == stored.name && arm.event.schema == stored.schema)
                .ok_or_else(|| Failure {
                    reason: raw.refuse("this program does not know the schema".to_owned()).to_string(),
                    attempts: 1,
                    permanent: true,
                    held: None,
                })?;
            let call = || {
                caught(async {
                    let agent = app.on_behalf_of(self.name, commit, raw.index());
                    let scope = Scope::new(Arc::clone(app.provided()), agent);
                    let done = (arm.call)(&scope, raw).await;
                    app.note_run(self.name, &raw, done.is_ok());
                    done
                })
            };
            if once {
                self.handle_once(&Once::new(app, self.name, &raw), app.settings().delivery, call, retry)
                    .await?;
            } else {
                self.retried(retry, call).await?;
            }
        }
        Ok(())
    }

    /// Runs the handler unless it has run. Its record is finished apart from it, so that trying that again does
    /// not run the handler again; a broker could not do so, and therefore it has a policy of its own.
    async fn handle_once<F>(
        &self,
        once: &Once<'_>,
        finish: RetryPolicy,
        call: impl Fn() -> F,
        retry: RetryPolicy,
    ) -> Result<(), Failure>
    where
        F: Future<Output = Result<(), HandlerError>>,
    {
        let lease = match self.retried(retry, || once.handle(call())).await? {
            Progress::Handled(lease) => lease,
            Progress::Done => return Ok(()),
            Progress::Busy(until) => return Err(once.busy(until)),
        };
        match self.retried(finish, || once.finish(&lease)).await? {
            Finish::Done => Ok(()),
            Finish::Lost => Err(once.lost(&lease)),
        }
    }

    async fn retried<T, F>(&self, retry: RetryPolicy, mut call: impl FnMut() -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, HandlerError>>,
    {
        let mut attempts = 0;
        loop {
            attempts += 1;
            let error = match call().await {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            let permanent = error.is_permanent();
            tracing::warn!(subscriber = self.name, attempts, permanent, %error, "delivery failed");
            if permanent || attempts >= retry.attempts {
                return Err(Failure { reason: error.to_string(), attempts, permanent, held: None });
            }
            retry.pause(attempts).await;
        }
    }
}

/// A panic is a failure of its one commit.
async fn caught(work: impl Future<Output = Result<(), HandlerError>>) -> Result<(), HandlerError> {
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(done) => done,
        Err(panic) => Err(HandlerError::retry(format!("it panicked: {}", panic_text(&*panic)))),
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
