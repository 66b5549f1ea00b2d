use super::StepError;
use super::driver::{Driver, command_id};
use crate::commit::StoredEvent;
use crate::engine::fire::FireError;
use crate::engine::intent::Intent;
use crate::engine::state::decode;
use crate::engine::{Caller, Outcome};
use crate::event::upcaster::NEWER;
use crate::key::StreamKey;
use crate::metadata::Metadata;
use crate::process::{Effect, Instance, Process, Step};
use crate::runtime::Runtime;
use crate::version::Version;

/// The step that commands belong to.
pub(super) struct Origin<'a> {
    pub(super) stream: &'a StreamKey,
    pub(super) version: Version,
    pub(super) metadata: &'a Metadata,
}

/// A command of a step that has failed for good.
pub(super) struct Failed {
    /// Its place among the effects.
    pub(super) index: usize,
    /// Empty if the instance already has it.
    pub(super) reason: String,
}

impl<P: Process> Driver<P> {
    /// Executes the commands of a step one after another, except those that the instance leaves out. It starts at the
    /// first one, or at the failed one that is redriven.
    pub(super) async fn run_effects(
        &self,
        runtime: &Runtime,
        origin: &Origin<'_>,
        effects: &[Effect],
        instance: Option<&Instance<P>>,
        redriven: Option<usize>,
    ) -> Result<Result<(), Failed>, StepError> {
        for (index, effect) in effects.iter().enumerate().skip(redriven.unwrap_or(0)) {
            let Effect::Execute { entity, pk, sk, r#type, schema, widened, data, by } = effect else {
                continue;
            };
            if let Some(instance) = instance {
                if instance.is_skipped(origin.version, index) {
                    continue;
                }
                // A failed command is redriven, with those after it; a delivery does not execute it. After a crash its
                // letter may be missing.
                if redriven != Some(index) && instance.is_held_at(origin.version, index) {
                    return Ok(Err(Failed { index, reason: String::new() }));
                }
            }
            let stream = StreamKey::new(pk.as_str(), sk.as_str())?;
            let command = StoredEvent::new(r#type.as_str(), *schema, data.clone()).widened(*widened);
            let failed = match (self.find)(entity, r#type) {
                Some(fire) => {
                    let caller = Caller { runtime, cause: None };
                    let id = command_id(P::ENTITY, origin.stream, origin.version, index);
                    let now = runtime.clock.now();
                    let mut intent = Intent::placed(stream.clone(), id.clone(), origin.metadata, now);
                    intent.metadata.created_by.clone_from(by);
                    match fire(caller, intent, &command).await {
                        Ok(fired) => {
                            if let Some(probe) = &runtime.probe {
                                probe.note_executed(&id, fired.outcome != Outcome::Unchanged);
                            }
                            continue;
                        }
                        Err(FireError::Contended(error)) => return Err(StepError::Contended(error)),
                        Err(FireError::Passing(error)) => return Err(StepError::Passing(error)),
                        Err(FireError::Rejected(reason)) => format!("it was rejected: {reason}"),
                        Err(FireError::Unreadable(reason)) => format!("it cannot be read: {reason}"),
                        Err(FireError::Final(error)) => error.to_string(),
                    }
                }
                None => format!("no aggregate `{entity}` decides on it{NEWER}"),
            };
            let reason = format!("command `{}` to stream {stream}: {failed}", command.name);
            return Ok(Err(Failed { index, reason }));
        }
        Ok(Ok(()))
    }

    /// Does the same for a step that is in the store.
    pub(super) async fn run_again(
        &self,
        runtime: &Runtime,
        instance: &Instance<P>,
        stream: &StreamKey,
        version: Version,
        redriven: Option<usize>,
    ) -> Result<Result<(), Failed>, StepError> {
        let page = runtime.event_store().read(stream, version.previous(), version).await?;
        let Some(mut commit) = page.commits.into_iter().next() else { return Ok(Ok(())) };
        let metadata = commit.metadata.clone();
        let steps: Vec<Step> = decode::<Instance<P>>(&mut commit)?;
        let effects = steps.first().map(Step::effects).unwrap_or_default();
        let origin = Origin { stream, version, metadata: &metadata };
        self.run_effects(runtime, &origin, effects, Some(instance), redriven).await
    }
}
