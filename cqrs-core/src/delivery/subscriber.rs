use std::borrow::Cow;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use tracing::{Instrument, Span, field};

use super::Delivery;
use super::failure::{Failure, TryError};
use super::handler::Handler;
use super::run::{Begun, Run};
use super::slot::Slot;
use crate::commit::Commit;
use crate::engine::ProcessDriver;
use crate::event::{EventId, RawEvent};
use crate::handler::{HandlerArm, HandlerError};
use crate::key::StreamKey;
use crate::panic::panic_text;
use crate::projection::Erased;
use crate::projector::{Arrived, Awaited, LeftOut, Origin, ProjectionDriver, discards};
use crate::runtime::{RetryPolicy, Runtime};
use crate::store::StoreError;
use crate::trace;

/// A receiver of commits: a handler, a process or a projection.
#[derive(Debug)]
pub(crate) struct Subscriber {
    pub(crate) name: &'static str,
    pub(crate) queue: &'static str,
    pub(crate) events: Vec<EventId>,
    pub(crate) reaction: Reaction,
    /// How many streams it works on at the same time.
    pub(crate) concurrency: usize,
    /// How long it may take for one event.
    pub(crate) timeout: Duration,
    /// Its own retry policy, if it has one.
    pub(crate) own_retry: Option<RetryPolicy>,
}

/// A build of views that is running.
pub(crate) type Building<'a> = Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send + 'a>>;

/// On what terms commits are delivered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms<'a> {
    pub(crate) origin: Origin,
    pub(crate) retry: RetryPolicy,
    /// Whether they come to only one of the running programs: then they stay where they are until every edition of the
    /// views has them.
    pub(crate) is_shared: bool,
    /// The slot that is given up during waits. With it, the end of a fault elsewhere is waited for, too.
    pub(crate) slot: Option<&'a Slot<'a>>,
}

impl Terms<'_> {
    /// Waits before the attempt after `failed` failures.
    async fn pause(&self, failed: u32) {
        match self.slot {
            Some(slot) => slot.pause(self.retry.wait(failed)).await,
            None => self.retry.pause(failed).await,
        }
    }
}

const DISCARDS: &str = "the discarded commits cannot be read";

/// What a subscriber does with a commit.
#[derive(Debug)]
pub(crate) enum Reaction {
    Handle { arms: &'static [HandlerArm], once: bool },
    Step { driver: Box<dyn ProcessDriver>, make: fn() -> Box<dyn ProcessDriver> },
    Project { driver: ProjectionDriver, build: for<'a> fn(Erased, &'a Runtime) -> Building<'a> },
}

impl Subscriber {
    /// The same one in another process, with the settings of that process: its own retry policy, and what a driver
    /// remembers of a store, are not taken along.
    pub(crate) fn restarted(of: &Self) -> Self {
        let reaction = match of.reaction {
            Reaction::Handle { arms, once } => Reaction::Handle { arms, once },
            Reaction::Step { make, .. } => Reaction::Step { driver: make(), make },
            Reaction::Project { ref driver, build } => {
                Reaction::Project { driver: ProjectionDriver::new(driver.projection), build }
            }
        };
        Self { events: of.events.clone(), reaction, own_retry: None, ..*of }
    }

    /// The retry policy that holds for it.
    pub(crate) fn retry(&self, runtime: &Runtime) -> RetryPolicy {
        self.own_retry.unwrap_or(runtime.settings.delivery)
    }

    /// The driver of a process; `None` for another subscriber.
    pub(super) fn process(&self) -> Option<&dyn ProcessDriver> {
        match &self.reaction {
            Reaction::Step { driver, .. } => Some(&**driver),
            Reaction::Handle { .. } | Reaction::Project { .. } => None,
        }
    }

    /// Whether the commit holds an event that this subscriber listens to. Only the name counts: a schema that it does
    /// not know must fail there, and not pass unseen.
    pub(crate) fn wants(&self, commit: &Commit) -> bool {
        commit.events.iter().any(|event| self.events.iter().any(|id| id.is_stored_as(&event.name)))
    }

    pub(crate) fn is_projection(&self) -> bool {
        matches!(self.reaction, Reaction::Project { .. })
    }

    /// Begins to deliver to it from a feed.
    pub(crate) async fn begin(&self, runtime: &Runtime) -> Result<(), StoreError> {
        match &self.reaction {
            Reaction::Project { driver, .. } => driver.begin(runtime).await,
            Reaction::Handle { .. } | Reaction::Step { .. } => Ok(()),
        }
    }

    /// See [`ProjectionDriver::keep`].
    pub(crate) async fn keep(&self, runtime: &Runtime, builder: Option<&str>) -> Result<bool, StoreError> {
        match &self.reaction {
            Reaction::Project { driver, .. } => driver.keep(runtime, builder).await,
            Reaction::Handle { .. } | Reaction::Step { .. } => Ok(false),
        }
    }

    /// Builds its views, if they are not whole.
    pub(crate) async fn build(&self, runtime: &Runtime) -> Result<(), StoreError> {
        match &self.reaction {
            Reaction::Project { driver, build } if driver.is_due(runtime) => {
                build(driver.projection, runtime).await
            }
            _ => Ok(()),
        }
    }

    /// Whether another release is at work on its own views beside those of this projection, as far as is known.
    pub(crate) fn has_other_release(&self, delivery: &Delivery) -> bool {
        match &self.reaction {
            Reaction::Project { driver, .. } => driver.has_other_release(&delivery.runtime),
            Reaction::Handle { .. } | Reaction::Step { .. } => false,
        }
    }

    /// Whether anything of a stream has come to its views; `true` for a subscriber without views.
    pub(crate) async fn has_seen(
        &self,
        delivery: &Arc<Delivery>,
        stream: &StreamKey,
    ) -> Result<bool, StoreError> {
        match &self.reaction {
            Reaction::Project { driver, .. } => driver.has_seen(&delivery.runtime, stream).await,
            Reaction::Handle { .. } | Reaction::Step { .. } => Ok(true),
        }
    }

    /// See [`ProjectionDriver::replayed`].
    pub(crate) async fn replayed(&self, delivery: &Arc<Delivery>) -> Result<u64, StoreError> {
        match &self.reaction {
            Reaction::Project { driver, .. } => driver.replayed(&delivery.runtime).await,
            Reaction::Handle { .. } | Reaction::Step { .. } => Ok(0),
        }
    }

    /// Takes those commits of one stream that it wants, in their order, and counts each in `done` as soon as it is
    /// done; returns why the next one is not. The queue of this process and those of a broker both end here: the former
    /// tries again itself, the latter let their broker do so.
    pub(crate) async fn deliver(
        &self,
        delivery: &Arc<Delivery>,
        commits: &[Commit],
        terms: Terms<'_>,
        done: &AtomicUsize,
    ) -> Option<Failure> {
        let (arms, once) = match &self.reaction {
            Reaction::Handle { arms, once } => (*arms, *once),
            Reaction::Step { driver, .. } => {
                return self.step(delivery, &**driver, commits, terms, done).await.err();
            }
            Reaction::Project { driver, .. } => {
                return self.project_wanted(delivery, driver, commits, terms, done).await;
            }
        };
        let handler = Handler { subscriber: self, delivery, once, terms };
        for commit in commits {
            let mut is_wanted = false;
            for raw in RawEvent::all(commit) {
                let Some(arm) = arm_of(arms, &raw) else { continue };
                is_wanted = true;
                if let Err(failure) = handler.handle(arm, raw).await {
                    return Some(failure);
                }
            }
            if is_wanted {
                done.fetch_add(1, Ordering::Relaxed);
            }
        }
        None
    }

    /// The only run that a commit of one event needs, for a handler without an inbox.
    pub(super) fn only_run<'a>(&'a self, delivery: &'a Arc<Delivery>, raw: RawEvent<'a>) -> Option<Run<'a>> {
        match &self.reaction {
            Reaction::Handle { arms, once: false } => {
                Some(Run::new(delivery, self, arm_of(arms, &raw)?, raw))
            }
            Reaction::Handle { .. } | Reaction::Step { .. } | Reaction::Project { .. } => None,
        }
    }

    /// [`Subscriber::deliver`] after its first attempt has begun.
    pub(super) async fn finish(
        &self,
        run: &Run<'_>,
        begun: Begun<'_>,
        terms: Terms<'_>,
        done: &AtomicUsize,
    ) -> Option<Failure> {
        let handled = match run.finish(begun).await {
            Ok(()) => Ok(()),
            Err(error) => self.tried_again(terms, error, || run.again()).await,
        };
        if handled.is_ok() {
            done.fetch_add(1, Ordering::Relaxed);
        }
        handled.err()
    }

    /// Lets instances of a process take their steps; a commit that is itself a step is a dead letter that is redriven.
    async fn step(
        &self,
        delivery: &Delivery,
        driver: &dyn ProcessDriver,
        commits: &[Commit],
        terms: Terms<'_>,
        done: &AtomicUsize,
    ) -> Result<(), Failure> {
        let runtime = &delivery.runtime;
        for commit in commits {
            let mut is_wanted = driver.is_step(commit);
            if is_wanted {
                self.retried(terms, || caught(driver.resume(runtime, commit))).await?;
            }
            for raw in RawEvent::all(commit).filter(|raw| driver.listens_to(raw)) {
                is_wanted = true;
                let span = self.step_span(&raw);
                let taken = self.retried(terms, || caught(driver.take(runtime, raw)));
                if let Err(failure) = taken.instrument(span.clone()).await {
                    trace::fail(&span, &failure.reason);
                    return Err(failure);
                }
                runtime.note_run(self.name, &raw, true);
            }
            if is_wanted {
                done.fetch_add(1, Ordering::Relaxed);
            }
        }
        Ok(())
    }

    fn step_span(&self, raw: &RawEvent<'_>) -> Span {
        let commit = raw.commit();
        let trace_context = commit.metadata.trace_context.as_deref();
        let span = tracing::info_span!(
            "step",
            subscriber = self.name,
            pk = commit.stream.pk(),
            sk = commit.stream.sk(),
            version = commit.version.get(),
            index = raw.index(),
            r#type = raw.stored().name,
            command_id = commit.metadata.command_id,
            correlation_id = commit.metadata.correlation_id,
            trace_context,
            error = field::Empty,
            otel.kind = trace::CONSUMER,
            otel.status_code = field::Empty,
        );
        trace::take(&span, [trace_context]);
        span
    }

    async fn project_wanted(
        &self,
        delivery: &Arc<Delivery>,
        driver: &ProjectionDriver,
        commits: &[Commit],
        terms: Terms<'_>,
        done: &AtomicUsize,
    ) -> Option<Failure> {
        // Usually it is all of them, and there is nothing to copy.
        let wanted: Cow<'_, [Commit]> = match commits.iter().all(|commit| self.wants(commit)) {
            true => commits.into(),
            false => commits.iter().filter(|commit| self.wants(commit)).cloned().collect(),
        };
        self.project(delivery, driver, &wanted, terms, done).await.err()
    }

    async fn project(
        &self,
        delivery: &Arc<Delivery>,
        driver: &ProjectionDriver,
        commits: &[Commit],
        terms: Terms<'_>,
        done: &AtomicUsize,
    ) -> Result<(), Failure> {
        let apply = |commits| async move {
            let span = self.project_span(commits);
            let applied = self.apply(delivery, driver, commits, terms).instrument(span.clone()).await;
            match applied {
                Ok(Some(other)) => Err(Failure::shared(&other)),
                Ok(None) => Ok(()),
                Err(failure) => {
                    trace::fail(&span, &failure.reason);
                    Err(self.left_to_others(delivery, driver, commits, terms, failure).await)
                }
            }
        };
        // All at once costs one write; if that fails, one by one finds the commit to blame.
        match apply(commits).await {
            Ok(()) => done.store(commits.len(), Ordering::Relaxed),
            Err(failure) if commits.len() == 1 || !failure.is_of_the_commit() => return Err(failure),
            Err(_) => {
                for commit in commits {
                    apply(std::slice::from_ref(commit)).await?;
                    done.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
        Ok(())
    }

    /// The failure of a commit, unless another release has yet to try it: then it is left to that one first.
    async fn left_to_others(
        &self,
        delivery: &Arc<Delivery>,
        driver: &ProjectionDriver,
        commits: &[Commit],
        terms: Terms<'_>,
        failure: Failure,
    ) -> Failure {
        let [commit] = commits else { return failure };
        if !terms.is_shared || !failure.is_of_the_commit() {
            return failure;
        }
        let (none, stream) = (LeftOut::new(), &commit.stream);
        let arrived =
            Arrived { stream, commits, origin: terms.origin, left_out: &none, is_shared: terms.is_shared };
        match driver.awaited(&delivery.runtime, arrived).await {
            Ok(None) => failure,
            Ok(Some(other)) => failure.left(&other),
            Err(error) => TryError::of("the other releases cannot be asked", error).after(failure.attempts),
        }
    }

    /// Applies commits of one stream, and if that fails, without those that were discarded.
    async fn apply(
        &self,
        delivery: &Arc<Delivery>,
        driver: &ProjectionDriver,
        commits: &[Commit],
        terms: Terms<'_>,
    ) -> Result<Option<Awaited>, Failure> {
        let Terms { origin, is_shared, .. } = terms;
        let Some(stream) = commits.first().map(|commit| &commit.stream) else { return Ok(None) };
        let none = LeftOut::new();
        let arrived = Arrived { stream, commits, origin, left_out: &none, is_shared };
        let failure = match self.retried(terms, || caught(driver.apply(&delivery.runtime, arrived))).await {
            Err(failure) if failure.is_of_the_commit() => failure,
            applied => return applied,
        };
        let left_out = discards::of_stream(&delivery.runtime, self.name, stream).await;
        let left_out = left_out.map_err(|error| TryError::of(DISCARDS, error).after(failure.attempts))?;
        if left_out.is_empty() {
            return Err(failure);
        }
        tracing::warn!(?left_out, reason = failure.reason, "continuing without the discarded commits");
        let arrived = Arrived { left_out: &left_out, ..arrived };
        self.retried(terms, || caught(driver.apply(&delivery.runtime, arrived))).await
    }

    fn project_span(&self, commits: &[Commit]) -> Span {
        let last = commits.last();
        let metadata = last.map(|commit| &*commit.metadata);
        let span = tracing::info_span!(
            "project",
            subscriber = self.name,
            pk = last.map(|commit| commit.stream.pk()),
            sk = last.map(|commit| commit.stream.sk()),
            version = last.map(|commit| commit.version.get()),
            r#type = last.and_then(Commit::first_type),
            commits = commits.len(),
            command_id = metadata.map(|metadata| metadata.command_id.as_str()),
            correlation_id = metadata.map(|metadata| metadata.correlation_id.as_str()),
            causation_id = metadata.and_then(|metadata| metadata.causation_id.as_deref()),
            trace_context = metadata.and_then(|metadata| metadata.trace_context.as_deref()),
            error = field::Empty,
            otel.kind = trace::CONSUMER,
            otel.status_code = field::Empty,
        );
        trace::take(&span, commits.iter().map(|commit| commit.metadata.trace_context.as_deref()));
        span
    }

    pub(super) async fn retried<T, E, F>(
        &self,
        terms: Terms<'_>,
        mut call: impl FnMut() -> F,
    ) -> Result<T, Failure>
    where
        E: Into<TryError>,
        F: Future<Output = Result<T, E>>,
    {
        match call().await {
            Ok(done) => Ok(done),
            Err(error) => self.tried_again(terms, error.into(), call).await,
        }
    }

    /// [`Subscriber::retried`] after the first attempt.
    pub(super) async fn tried_again<T, E, F>(
        &self,
        terms: Terms<'_>,
        mut error: TryError,
        mut call: impl FnMut() -> F,
    ) -> Result<T, Failure>
    where
        E: Into<TryError>,
        F: Future<Output = Result<T, E>>,
    {
        let (mut attempts, mut met): (u32, u32) = (0, 0);
        loop {
            match terms.slot.filter(|_| error.is_met()) {
                // It may last, and is no attempt of the event.
                Some(slot) => {
                    met = met.saturating_add(1);
                    tracing::warn!(subscriber = self.name, met, %error, "delivery waits");
                    if !slot.rest(met).await {
                        return Err(error.after(attempts));
                    }
                }
                None => {
                    (attempts, met) = (attempts.saturating_add(1), 0);
                    let permanent = error.is_permanent();
                    tracing::warn!(subscriber = self.name, attempts, permanent, %error, "delivery failed");
                    if permanent || attempts >= terms.retry.attempts {
                        return Err(error.after(attempts));
                    }
                    terms.pause(attempts).await;
                }
            }
            match call().await {
                Ok(done) => return Ok(done),
                Err(again) => error = again.into(),
            }
        }
    }
}

fn arm_of<'a>(arms: &'a [HandlerArm], raw: &RawEvent<'_>) -> Option<&'a HandlerArm> {
    arms.iter().find(|arm| arm.event.is_stored_as(&raw.stored().name))
}

/// Lets subscribers decode the events of a commit once for all of them, if more than one wants it.
pub(super) fn keep_decoded(commit: &mut Commit, subscribers: &[Arc<Subscriber>]) {
    if subscribers.iter().filter(|subscriber| subscriber.wants(commit)).nth(1).is_some() {
        commit.keep_decoded();
    }
}

/// A panic is a failure of its one commit.
pub(super) async fn caught<T, E: Into<TryError>>(
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, TryError> {
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(done) => done.map_err(Into::into),
        Err(panic) => Err(panicked(panic_text(&*panic)).into()),
    }
}

pub(super) fn panicked(text: &str) -> HandlerError {
    HandlerError::retry(format!("it panicked: {text}"))
}
