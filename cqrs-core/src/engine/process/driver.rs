use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;

use uuid::Uuid;

use super::StepError;
use super::effects::{Failed, Origin};
use crate::aggregate::{Aggregate, AggregateKey};
use crate::commit::{Commit, StoredEvent, record};
use crate::engine::execution::Execution;
use crate::engine::fire::{Find, FireError, Fired};
use crate::engine::intent::Intent;
use crate::engine::state::State;
use crate::engine::{Caller, Committed, Outcome};
use crate::event::RawEvent;
use crate::event::upcaster::NEWER;
use crate::key::StreamKey;
use crate::metadata::Metadata;
use crate::panic::caught;
use crate::process::{Instance, Process, Step, StepCause, StepOutcome, Take, What};
use crate::runtime::Runtime;
use crate::store::{DeadLetter, LetterId};
use crate::timestamp::Timestamp;
use crate::version::Version;

type Stepping<'a, T> = Pin<Box<dyn Future<Output = Result<T, StepError>> + Send + 'a>>;

/// What the delivery and the sweeper need from any process.
pub(crate) trait ProcessDriver: fmt::Debug + Send + Sync {
    /// Whether it listens to an event.
    fn listens_to(&self, raw: &RawEvent<'_>) -> bool;

    /// Lets the instance of an event take its step.
    fn take<'a>(&'a self, runtime: &'a Runtime, raw: RawEvent<'a>) -> Stepping<'a, ()>;

    /// Whether a stream is an instance of this process.
    fn has_stream(&self, stream: &StreamKey) -> bool;

    /// Whether a commit is a step of a process of this type.
    fn is_step(&self, commit: &Commit) -> bool;

    /// Lets an instance that was held up at a step continue.
    fn resume<'a>(&'a self, runtime: &'a Runtime, commit: &'a Commit) -> Stepping<'a, ()>;

    /// Skips the step that an instance is held up at.
    fn skip<'a>(&'a self, runtime: &'a Runtime, stream: &'a StreamKey, of: Version) -> Stepping<'a, ()>;
}

/// The driver of `P`. `find` finds how a stored command is executed.
pub(crate) fn process_driver<P: Process>(find: Find) -> Box<dyn ProcessDriver> {
    Box::new(Driver::<P> { find, process: PhantomData })
}

pub(super) struct Driver<P> {
    pub(super) find: Find,
    process: PhantomData<fn() -> P>,
}

/// Fires a deadline of `P`.
pub(crate) async fn fire_deadline<P: Process>(
    runtime: &Runtime,
    find: Find,
    setting: Intent,
    deadline: &StoredEvent,
) -> Result<Fired, FireError> {
    let Some(timer) = &setting.timer else {
        return Err(FireError::Final("a deadline is fired by its timer".into()));
    };
    let driver = Driver::<P> { find, process: PhantomData };
    let StoredEvent { name, .. } = deadline;
    let cause = StepCause::of_timer(deadline, timer.due());
    let is_known = P::DEADLINES.iter().any(|arm| arm.name == name);
    // A newer program may know the deadline, so this one does not hold the instance up. A deadline that is not awaited
    // belongs to nobody, or was taken before.
    if !is_known && driver.load(runtime, &setting.stream).await?.aggregate.is_awaited(&cause) {
        return Err(FireError::Unreadable(format!(
            "`{}` has no `#[deadline]` method `{name}`{NEWER}",
            P::NAME
        )));
    }
    let key = P::Key::parse(&setting.stream).map_err(StepError::from)?;
    // The id also names the step that set it: the same deadline may be set for the same time again.
    let id = format!("{name}\n{}\n{}", timer.due(), setting.metadata.command_id);
    let take = Take { key, what: What::Step(cause), id };
    Ok(driver.step_or_hold(runtime, &setting.stream, &take, &setting.metadata).await?)
}

impl<P: Process> Driver<P> {
    async fn take_event(&self, runtime: &Runtime, raw: RawEvent<'_>) -> Result<(), StepError> {
        let Some(arm) = P::ARMS.iter().find(|arm| arm.event.is_stored_as(&raw.stored().name)) else {
            return Ok(());
        };
        let commit = raw.commit();
        let tenant = runtime.index.tenant_of(commit)?;
        let key = caught(|| (arm.key)(&raw, tenant));
        let key = key.map_err(|text| StepError::permanent(format!("the key panicked: {text}")))?;
        let key = key.map_err(StepError::permanent)?;
        let name =
            format!("{}\n{}\n{}", commit.stream.pk(), commit.stream.commit_sk(commit.version), raw.index());
        let stream = key.stream()?;
        let take = Take { key, what: What::Step(StepCause::of(&raw)), id: name };
        self.step_or_hold(runtime, &stream, &take, &commit.metadata).await.map(drop)
    }

    /// Takes a step; one that cannot be stored holds up its own instance only.
    async fn step_or_hold(
        &self,
        runtime: &Runtime,
        stream: &StreamKey,
        take: &Take<P>,
        because: &Metadata,
    ) -> Result<Fired, StepError> {
        let error = match self.step(runtime, stream, take, because).await {
            Ok(fired) => return Ok(fired),
            Err(error) => error,
        };
        let (Some(reason), What::Step(cause)) = (error.of_the_step(), &take.what) else { return Err(error) };
        let what = What::Refused { cause: cause.clone(), reason };
        let refused = Take { key: take.key.clone(), what, id: take.id.clone() };
        match self.step(runtime, stream, &refused, because).await {
            // Even the cause alone does not fit into a step.
            Err(again) if again.of_the_step().is_some() => Err(error),
            done => done,
        }
    }

    /// Takes a step, and does what follows from it. `because` is the metadata of what caused it.
    pub(super) async fn step(
        &self,
        runtime: &Runtime,
        stream: &StreamKey,
        take: &Take<P>,
        because: &Metadata,
    ) -> Result<Fired, StepError> {
        let done = self.commit(runtime, stream, take, because).await?;
        let outcome = done.outcome;
        let fired = Fired { outcome, version: done.version };
        let Some(step) = done.events.first() else { return Ok(fired) };
        match &step.outcome {
            StepOutcome::Reacted(effects) => {
                let origin = Origin { stream, version: done.version, metadata: &done.metadata };
                let left_out = match outcome {
                    Outcome::Duplicate => Some(self.load(runtime, stream).await?),
                    _ => None,
                };
                let left_out = left_out.as_ref().map(|state| &state.aggregate);
                if let Err(failed) = self.run_effects(runtime, &origin, effects, left_out, None).await? {
                    self.hold_up(runtime, &origin, &take.key, failed).await?;
                }
            }
            StepOutcome::Failed(reason) => {
                // If it is delivered again after a redrive has repaired it, it is no longer held up.
                let is_held = match outcome {
                    Outcome::Duplicate => self.load(runtime, stream).await?.aggregate.is_held(done.version),
                    _ => true,
                };
                if is_held {
                    put_letter::<P>(runtime, &done, step, reason).await?;
                }
            }
            StepOutcome::Waits | StepOutcome::Skipped => {}
        }
        Ok(fired)
    }

    pub(super) async fn commit(
        &self,
        runtime: &Runtime,
        stream: &StreamKey,
        take: &Take<P>,
        because: &Metadata,
    ) -> Result<Committed<Instance<P>>, StepError> {
        let id = named(P::ENTITY, stream, &take.id);
        let intent = Intent::placed(stream.clone(), id, because, runtime.clock.now());
        let caller = Caller { runtime, cause: None };
        let mut execution = Execution::new::<Instance<P>, Take<P>>(caller, intent, take);
        Ok(execution.execute(take).await?)
    }

    pub(super) async fn load(
        &self,
        runtime: &Runtime,
        stream: &StreamKey,
    ) -> Result<State<Instance<P>>, StepError> {
        Ok(runtime.load_now(stream).await?)
    }

    /// Stores that a command of a step failed, so that later causes wait behind it.
    async fn hold_up(
        &self,
        runtime: &Runtime,
        origin: &Origin<'_>,
        key: &P::Key,
        failed: Failed,
    ) -> Result<(), StepError> {
        let Failed { index, reason } = failed;
        let what = What::Failed { of: origin.version, index, reason };
        let take = Take { key: key.clone(), what, id: format!("failed\n{}\n{index}", origin.version) };
        let done = self.commit(runtime, origin.stream, &take, origin.metadata).await?;
        // The stored step has the reason of the first failure.
        let Some(step @ Step { outcome: StepOutcome::Failed(reason), .. }) = done.events.first() else {
            return Ok(());
        };
        match self.load(runtime, origin.stream).await?.aggregate.is_held(done.version) {
            true => put_letter::<P>(runtime, &done, step, reason).await,
            false => Ok(()),
        }
    }

    async fn resume(&self, runtime: &Runtime, commit: &Commit) -> Result<(), StepError> {
        let stream = &commit.stream;
        let key = P::Key::parse(stream)?;
        let mut is_first = true;
        loop {
            let state = self.load(runtime, stream).await?;
            // Only after a crash that came after the step that took it up: otherwise commands that left no commit would
            // be decided again.
            let was_taken_up = is_first && !state.aggregate.is_held(commit.version);
            if let Some(version) = state.aggregate.resumed().filter(|_| was_taken_up)
                && let Err(failed) = self.run_again(runtime, &state.aggregate, stream, version, None).await?
            {
                let metadata = &commit.metadata;
                self.hold_up(runtime, &Origin { stream, version, metadata }, &key, failed).await?;
            }
            is_first = false;
            let Some(held) = state.aggregate.held() else { return Ok(()) };
            let of = held.of;
            let failed = match held.cause {
                StepCause::Command { of, index } => {
                    let ran = self.run_again(runtime, &state.aggregate, stream, of, Some(index)).await?;
                    ran.err().map(|failed| failed.reason)
                }
                _ => None,
            };
            let failed = match failed {
                Some(reason) => Some(reason),
                None => {
                    let take =
                        Take { key: key.clone(), what: What::Again { of }, id: format!("again\n{of}") };
                    match self.step(runtime, stream, &take, &commit.metadata).await {
                        Ok(_) => None,
                        Err(error) => Some(error.of_the_step().ok_or(error)?),
                    }
                }
            };
            match failed {
                None => {}
                Some(reason) if of == commit.version => return Err(StepError::permanent(reason)),
                // That step has its own letter.
                Some(reason) => {
                    self.put_letter_of(runtime, stream, of, &reason).await?;
                    let waits = self.load(runtime, stream).await?.aggregate.is_held(commit.version);
                    let reason = format!("it waits behind version {of}, which failed: {reason}");
                    return if waits { Err(StepError::permanent(reason)) } else { Ok(()) };
                }
            }
        }
    }

    async fn put_letter_of(
        &self,
        runtime: &Runtime,
        stream: &StreamKey,
        of: Version,
        reason: &str,
    ) -> Result<(), StepError> {
        let page = runtime.event_store().read(stream, of.previous(), of).await?;
        match page.commits.into_iter().next() {
            Some(commit) => put::<P>(runtime, &commit, reason).await,
            None => Ok(()),
        }
    }
}

/// The id of a command of a step: its place among the effects is `index`.
pub(crate) fn command_id(entity: &str, stream: &StreamKey, version: Version, index: usize) -> String {
    named(entity, stream, &format!("command\n{version}\n{index}"))
}

/// A name-based UUID (RFC 9562, version 5).
fn named(entity: &str, stream: &StreamKey, what: &str) -> String {
    let name = format!("process {entity}\n{}\n{}\n{what}", stream.pk(), stream.sk());
    Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()).to_string()
}

async fn put_letter<P: Process>(
    runtime: &Runtime,
    done: &Committed<Instance<P>>,
    step: &Step,
    reason: &str,
) -> Result<(), StepError> {
    let stored: StoredEvent =
        Instance::<P>::encode(step).map_err(|error| StepError::permanent(error.to_string()))?;
    let commit = Commit::new(done.stream.clone(), done.version, vec![stored], done.metadata.clone());
    put::<P>(runtime, &commit, reason).await
}

async fn put<P: Process>(runtime: &Runtime, commit: &Commit, reason: &str) -> Result<(), StepError> {
    let (stream, version) = (&commit.stream, commit.version);
    tracing::error!(process = P::NAME, %stream, %version, reason, "an instance is held up");
    let id = LetterId::of(P::NAME, stream, version);
    let letter =
        DeadLetter::new(id, reason, Timestamp::now(), record::encode(commit).into()).with_attempts(1);
    Ok(runtime.delivery_store().put_letter(&letter).await?)
}

impl<P: Process> ProcessDriver for Driver<P> {
    fn listens_to(&self, raw: &RawEvent<'_>) -> bool {
        P::ARMS.iter().any(|arm| arm.event.is_stored_as(&raw.stored().name))
    }

    fn take<'a>(&'a self, runtime: &'a Runtime, raw: RawEvent<'a>) -> Stepping<'a, ()> {
        Box::pin(self.take_event(runtime, raw))
    }

    fn has_stream(&self, stream: &StreamKey) -> bool {
        caught(|| P::Key::parse(stream).is_ok()).unwrap_or(false)
    }

    fn is_step(&self, commit: &Commit) -> bool {
        commit.events.iter().any(|event| event.name == P::STEP)
    }

    fn resume<'a>(&'a self, runtime: &'a Runtime, commit: &'a Commit) -> Stepping<'a, ()> {
        Box::pin(Driver::resume(self, runtime, commit))
    }

    fn skip<'a>(&'a self, runtime: &'a Runtime, stream: &'a StreamKey, of: Version) -> Stepping<'a, ()> {
        Box::pin(async move {
            let key = P::Key::parse(stream)?;
            let page = runtime.event_store().read(stream, of.previous(), of).await?;
            let Some(commit) = page.commits.into_iter().next() else { return Ok(()) };
            let take = Take { key, what: What::Skip { of }, id: format!("again\n{of}") };
            self.commit(runtime, stream, &take, &commit.metadata).await?;
            Driver::resume(self, runtime, &commit).await
        })
    }
}

impl<P: Process> fmt::Debug for Driver<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Driver").field(&P::NAME).finish()
    }
}
