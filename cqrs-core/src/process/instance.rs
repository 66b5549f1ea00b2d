use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::snapshot::fold;
use super::{Effect, Process, ProcessArm, ProcessState, Reaction, Step, StepCause, StepOutcome, Unknown};
use crate::aggregate::{Aggregate, Entity, EventRow, Snapshots, unapplied};
use crate::commit::{Commit, EncodeError, StoredEvent};
use crate::event::upcaster::NEWER;
use crate::event::{DecodeError, RawEvent};
use crate::panic::caught;
use crate::schema::SchemaNumber;
use crate::store::{Timer, TimerId};
use crate::timestamp::Timestamp;
use crate::version::Version;

/// The state of one instance of a process: the fold of its steps. [`App::load`](crate::App::load) with the key of the
/// process returns it.
///
/// It serializes if the process does, in the form in which snapshots keep it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Instance<P> {
    process: P,
    /// The version of the last step.
    version: Version,
    started: bool,
    ended: bool,
    deadlines: BTreeMap<String, Setting>,
    held: VecDeque<Held>,
    /// The step whose commands are executed next, after something that was held up has continued.
    resumed: Option<Version>,
    /// Commands that are skipped: the step, and the place among its effects.
    skipped: BTreeSet<(Version, usize)>,
}

/// When a deadline comes, and the version of the step that set it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Setting {
    due: Timestamp,
    of: Version,
}

/// A cause that waits until the earlier failure is resolved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Held {
    /// The version of the step that records it.
    pub(crate) of: Version,
    pub(crate) cause: StepCause,
}

impl<P: ProcessState> Instance<P> {
    /// The folded state of the process.
    pub fn process(&self) -> &P {
        &self.process
    }

    /// Whether an event has started it. An instance that is not started may have steps: events that were skipped.
    pub fn is_started(&self) -> bool {
        self.started
    }

    /// Whether it has ended.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// The deadlines that are set, by name.
    pub fn deadlines(&self) -> impl Iterator<Item = (&str, Timestamp)> {
        self.deadlines.iter().map(|(name, set)| (name.as_str(), set.due))
    }

    /// The version of the step that failed, if one has; later causes wait behind it. It is a dead letter of the
    /// process.
    pub fn held_up_at(&self) -> Option<Version> {
        self.held.front().map(|held| held.of)
    }

    pub(crate) fn held(&self) -> Option<&Held> {
        self.held.front()
    }

    pub(crate) fn is_held(&self, of: Version) -> bool {
        self.held.iter().any(|held| held.of == of)
    }

    pub(crate) fn resumed(&self) -> Option<Version> {
        self.resumed
    }

    /// Whether a command of a step has failed, and waits to be redriven.
    pub(crate) fn is_held_at(&self, of: Version, index: usize) -> bool {
        let cause = StepCause::Command { of, index };
        self.held.iter().any(|held| held.cause == cause)
    }

    /// Whether a command of a step is skipped.
    pub(crate) fn is_skipped(&self, of: Version, index: usize) -> bool {
        self.skipped.contains(&(of, index))
    }

    /// A timer whose deadline was moved or cancelled belongs to no deadline, even if the deadline was moved back to its
    /// time: from then on it is another one.
    pub(crate) fn is_awaited(&self, cause: &StepCause) -> bool {
        let StepCause::Deadline { deadline, due, of } = cause else { return true };
        let is_it = |set: &Setting| set.due == *due && of.is_none_or(|of| of == set.of);
        self.deadlines.get(deadline).is_some_and(is_it)
    }

    fn take_effects(&mut self, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::Set { deadline, due } => {
                    let setting = Setting { due: *due, of: self.version };
                    self.deadlines.insert(deadline.clone(), setting);
                }
                Effect::Cancel { deadline } => {
                    self.deadlines.remove(deadline);
                }
                Effect::End => {
                    self.ended = true;
                    self.deadlines.clear();
                }
                Effect::Execute { .. } => {}
            }
        }
    }
}

impl<P: Process> Instance<P> {
    /// The step that a cause leads to; `None` if nothing has to be recorded.
    pub(crate) fn step(&self, key: &P::Key, cause: &StepCause) -> Option<Step> {
        self.step_by(cause, || self.reaction(key, cause))
    }

    /// The step for a cause whose reaction cannot be stored.
    pub(crate) fn refused(&self, cause: &StepCause, reason: &str) -> Option<Step> {
        self.step_by(cause, || Err(reason.to_owned()))
    }

    fn step_by(
        &self,
        cause: &StepCause,
        react: impl FnOnce() -> Result<Vec<Effect>, String>,
    ) -> Option<Step> {
        if self.ended || !self.is_awaited(cause) {
            return None;
        }
        let outcome = if !self.held.is_empty() && !self.begins(cause) {
            StepOutcome::Waits
        } else if self.is_known(cause) {
            match react() {
                Ok(effects) => StepOutcome::Reacted(effects),
                Err(reason) => StepOutcome::Failed(reason),
            }
        } else if P::UNKNOWN == Unknown::Fail {
            StepOutcome::Failed(not_started::<P>())
        } else if reacts::<P>(cause) {
            // This is stored so that the event is skipped for good. Another program may hold the same event, and take
            // it once something has started the instance. After a crash, no program would execute the commands of that
            // step, because this program is done with the event.
            return Some(Step { cause: cause.without_data(), outcome: StepOutcome::Skipped });
        } else {
            // A step that only folds has nothing left to do once it is stored.
            return None;
        };
        Some(Step { cause: cause.clone(), outcome })
    }

    /// Whether the cause starts an instance all of whose earlier causes came too early. The cause is then taken before
    /// them.
    fn begins(&self, cause: &StepCause) -> bool {
        !self.started && starts::<P>(cause) && !self.held.iter().any(|held| starts::<P>(&held.cause))
    }

    /// The step that takes the first held cause again; `None` if none is held.
    ///
    /// # Errors
    /// The fold or the reaction still fails.
    pub(crate) fn again(&self, key: &P::Key) -> Result<Option<Step>, String> {
        let Some(Held { of, cause }) = self.held.front() else { return Ok(None) };
        let outcome = match cause {
            // It is executed before.
            StepCause::Command { .. } => StepOutcome::Reacted(Vec::new()),
            // It was cancelled, moved or ended by a cause that was held before it.
            cause if self.ended || !self.is_awaited(cause) => StepOutcome::Skipped,
            cause if self.is_known(cause) => StepOutcome::Reacted(self.reaction(key, cause)?),
            _ if P::UNKNOWN == Unknown::Fail => return Err(not_started::<P>()),
            // The cause that would have started the instance was skipped.
            _ => StepOutcome::Skipped,
        };
        Ok(Some(Step { cause: StepCause::Again { of: *of }, outcome }))
    }

    /// Whether the instance was started, or the cause starts it.
    fn is_known(&self, cause: &StepCause) -> bool {
        self.started || starts::<P>(cause)
    }

    /// Folds the cause into a copy, and lets the copy react.
    fn reaction(&self, key: &P::Key, cause: &StepCause) -> Result<Vec<Effect>, String> {
        let Some(at) = cause.at() else { return Ok(Vec::new()) };
        let mut process = self.process.clone();
        let reaction = caught(|| {
            apply(&mut process, cause)?;
            react(&process, key, cause)
        });
        let reaction = reaction.unwrap_or_else(|text| Err(format!("it panicked: {text}")))?;
        match reaction {
            Some(reaction) => reaction.effects::<P>(at),
            None => Ok(Vec::new()),
        }
    }

    /// Folds a step. It fails if today's code can no longer read or fold the event.
    fn fold_step(&mut self, step: &Step) -> Result<(), String> {
        self.version = self.version.next();
        let of = self.version;
        let Step { cause, outcome } = step;
        match (cause, outcome) {
            (StepCause::Again { of: again }, outcome) => {
                let place = self.held.iter().position(|held| held.of == *again);
                let Some(held) = place.and_then(|place| self.held.remove(place)) else { return Ok(()) };
                if let StepOutcome::Reacted(effects) = outcome {
                    self.started = true;
                    self.resumed = Some(of);
                    self.fold_cause(&held.cause)?;
                    self.take_effects(effects);
                } else if let StepCause::Command { of, index } = held.cause {
                    self.skipped.insert((of, index));
                    // The steps after it continue.
                    self.resumed = Some(of);
                } else {
                    self.forget(&held.cause);
                }
            }
            // The failure is older than everything that has come since.
            (StepCause::Command { .. }, _) => self.held.push_front(Held { of, cause: cause.clone() }),
            (_, StepOutcome::Reacted(effects)) => {
                self.started = true;
                self.fold_cause(cause)?;
                self.take_effects(effects);
            }
            (_, StepOutcome::Failed(_) | StepOutcome::Waits) => {
                self.held.push_back(Held { of, cause: cause.clone() });
            }
            (_, StepOutcome::Skipped) => {}
        }
        Ok(())
    }

    fn fold_cause(&mut self, cause: &StepCause) -> Result<(), String> {
        self.forget(cause);
        apply(&mut self.process, cause)
    }

    /// A deadline that has come is no longer set.
    fn forget(&mut self, cause: &StepCause) {
        if let StepCause::Deadline { deadline, .. } = cause
            && self.is_awaited(cause)
        {
            self.deadlines.remove(deadline);
        }
    }
}

fn not_started<P: Process>() -> String {
    format!("no event has started this instance of `{}`", P::NAME)
}

fn arm_of<P: Process>(name: &str) -> Option<&'static ProcessArm<P>> {
    P::ARMS.iter().find(|arm| arm.event.is_stored_as(name))
}

fn starts<P: Process>(cause: &StepCause) -> bool {
    match cause {
        StepCause::Event { r#type, .. } => arm_of::<P>(r#type).is_some_and(|arm| arm.starts),
        _ => false,
    }
}

/// Whether the cause may lead to commands.
fn reacts<P: Process>(cause: &StepCause) -> bool {
    match cause {
        StepCause::Event { r#type, .. } => arm_of::<P>(r#type).is_some_and(|arm| arm.react.is_some()),
        _ => false,
    }
}

/// Shows the event of a cause to the process, if the cause is an event and the process handles it.
fn with_event<P: Process, T>(
    cause: &StepCause,
    work: impl FnOnce(&ProcessArm<P>, &RawEvent<'_>) -> Result<T, DecodeError>,
) -> Result<Option<T>, String> {
    let StepCause::Event { r#type, index, .. } = cause else { return Ok(None) };
    let Some(arm) = arm_of::<P>(r#type) else { return Ok(None) };
    let Some(commit) = cause.commit() else { return Ok(None) };
    let commit = commit.map_err(|error| error.to_string())?;
    let Some(raw) = RawEvent::only(&commit, *index) else { return Ok(None) };
    work(arm, &raw).map(Some).map_err(|error| error.to_string())
}

fn apply<P: Process>(process: &mut P, cause: &StepCause) -> Result<(), String> {
    let applied = with_event::<P, _>(cause, |arm, raw| match arm.apply {
        Some(apply) => apply(process, raw),
        None => Ok(()),
    });
    applied.map(drop)
}

fn react<P: Process>(process: &P, key: &P::Key, cause: &StepCause) -> Result<Option<Reaction>, String> {
    if let StepCause::Deadline { deadline, .. } = cause {
        let arm = P::DEADLINES.iter().find(|arm| arm.name == deadline);
        let arm =
            arm.ok_or_else(|| format!("`{}` has no `#[deadline]` method `{deadline}`{NEWER}", P::NAME))?;
        return Ok(Some((arm.react)(process, key)));
    }
    let reaction = with_event::<P, _>(cause, |arm, raw| match arm.react {
        Some(react) => react(process, raw, key).map(Some),
        None => Ok(None),
    });
    reaction.map(Option::flatten)
}

impl<P: ProcessState> Entity for Instance<P> {
    const ENTITY: &'static str = P::ENTITY;
    const NAME: &'static str = P::NAME;
    type Key = P::Key;
    const SNAPSHOTS: Option<Snapshots<Self>> = P::SNAPSHOTS;

    fn initial() -> Self {
        Self {
            process: P::initial(),
            version: Version::NONE,
            started: false,
            ended: false,
            deadlines: BTreeMap::new(),
            held: VecDeque::new(),
            resumed: None,
            skipped: BTreeSet::new(),
        }
    }

    fn copy(&self) -> Option<Self> {
        Some(self.clone())
    }

    #[cfg(feature = "inspect")]
    fn shown(&self) -> Value {
        serde_json::json!({
            "process": self.process.shown(),
            "started": self.started,
            "ended": self.ended,
            "deadlines": self.deadlines().collect::<BTreeMap<_, _>>(),
            "heldUpAt": self.held_up_at(),
        })
    }
}

impl<P: Process> Aggregate for Instance<P> {
    type Event = Step;
    const EVENTS: &'static [EventRow<Step>] =
        &[EventRow::internal(P::STEP, "the steps of a process are its own", |_, data| {
            serde_json::from_value(data).map_err(|error| error.to_string())
        })];
    const FOLD: u64 = fold::<P>();

    fn apply(&mut self, event: &Step) {
        // It was folded when it was decided.
        let _ = self.fold_step(event);
    }

    fn fold(&mut self, name: &str, _: SchemaNumber, data: Value) -> Result<(), String> {
        if name != P::STEP {
            return Err(unapplied::<Self>());
        }
        let step: Step = serde_json::from_value(data).map_err(|error| error.to_string())?;
        self.fold_step(&step)
    }

    fn encode(event: &Step) -> Result<StoredEvent, EncodeError> {
        let data = serde_json::to_value(event)
            .map_err(|error| EncodeError { name: P::STEP, reason: error.to_string() })?;
        Ok(StoredEvent::new(P::STEP, 1, data))
    }

    fn timers(commit: &Commit, events: &[Step]) -> Vec<Timer> {
        let mut set = BTreeMap::new();
        for effect in events.iter().flat_map(Step::effects) {
            match effect {
                Effect::Set { deadline, due } => {
                    set.insert(deadline.as_str(), *due);
                }
                Effect::Cancel { deadline } => {
                    set.remove(deadline.as_str());
                }
                Effect::End => set.clear(),
                Effect::Execute { .. } => {}
            }
        }
        let timer = |(deadline, due): (&str, Timestamp)| {
            // A program that removes an earlier timer does not remove this one.
            let id = TimerId::of_command(due, &commit.stream, &format!("{deadline} {}", commit.version));
            let setting = StepCause::setting(deadline, commit.version);
            Timer::new(id, commit.stream.clone(), P::ENTITY, setting, commit.metadata.as_ref().clone())
        };
        set.into_iter().map(timer).collect()
    }
}
