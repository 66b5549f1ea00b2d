use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;

use super::{ProjectionDriver, RetryPolicy};
use crate::app::App;
use crate::commit::Commit;
use crate::event::{EventId, RawEvent};
use crate::handler::{HandlerArm, HandlerError, Scope};

/// Whoever receives commits: a handler or a projection.
#[derive(Debug)]
pub(crate) struct Subscriber {
    pub(crate) name: &'static str,
    pub(crate) events: Vec<EventId>,
    pub(crate) reaction: Reaction,
    pub(crate) retry: RetryPolicy,
}

/// What a subscriber does with a commit.
#[derive(Debug)]
pub(crate) enum Reaction {
    Handle { arms: &'static [HandlerArm] },
    Project { driver: Box<dyn ProjectionDriver> },
}

/// A commit that could not be taken after all tries.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) reason: String,
    pub(crate) attempts: u32,
}

impl Subscriber {
    /// Whether the commit holds an event that this subscriber listens to. By name: a schema that it does not
    /// know must fail there, and not pass unseen.
    pub(crate) fn wants(&self, commit: &Commit) -> bool {
        commit.events.iter().any(|event| self.events.iter().any(|id| id.name == event.name))
    }

    /// Takes commits of one stream in their order; returns how many of them are done, and why the next one
    /// is not. This is the seam where the queues of other processes come in.
    pub(crate) async fn deliver(&self, app: &App, commits: &[Commit]) -> (usize, Option<Failure>) {
        match &self.reaction {
            Reaction::Project { driver } => {
                // All at once costs one write; if that fails, one by one finds the commit to blame.
                if self.retried(|| driver.apply(app, commits)).await.is_ok() {
                    return (commits.len(), None);
                }
                for (done, commit) in commits.iter().enumerate() {
                    let one = std::slice::from_ref(commit);
                    if let Err(failure) = self.retried(|| driver.apply(app, one)).await {
                        return (done, Some(failure));
                    }
                }
                (commits.len(), None)
            }
            Reaction::Handle { arms } => {
                for (done, commit) in commits.iter().enumerate() {
                    if let Err(failure) = self.handle(app, arms, commit).await {
                        return (done, Some(failure));
                    }
                }
                (commits.len(), None)
            }
        }
    }

    async fn handle(&self, app: &App, arms: &[HandlerArm], commit: &Commit) -> Result<(), Failure> {
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
                })?;
            self.retried(|| async {
                let agent = app.on_behalf_of(self.name, commit, raw.index());
                let scope = Scope::new(Arc::clone(app.provided()), agent);
                (arm.call)(&scope, raw).await
            })
            .await?;
        }
        Ok(())
    }

    async fn retried<F>(&self, mut call: impl FnMut() -> F) -> Result<(), Failure>
    where
        F: Future<Output = Result<(), HandlerError>>,
    {
        let mut attempts = 0;
        loop {
            attempts += 1;
            let error = match AssertUnwindSafe(call()).catch_unwind().await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(error)) => error,
                Err(panic) => HandlerError::retry(format!("it panicked: {}", panic_text(&*panic))),
            };
            tracing::warn!(subscriber = self.name, attempts, permanent = error.is_permanent(), %error, "delivery failed");
            if error.is_permanent() || attempts >= self.retry.attempts {
                return Err(Failure { reason: error.to_string(), attempts });
            }
            self.retry.pause(attempts).await;
        }
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
