//! Finds what caused a commit, and who sent its command.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::Value;

use super::Inspect;
use super::linked::{name, process};
use super::related::Related;
use super::stream::Place;
use crate::app::SubscriberKind;
use crate::commit::{Commit, record};
use crate::digest::CommandDigest;
use crate::runtime::{Cause as Sender, Naming, Runtime};

/// What caused a commit.
///
/// A commit has the command id of the commit that caused it, but does not say who sent its command. This follows from
/// the ids: the steps of a process and the commands of its steps can only be its own, and the id of a command that a
/// handler sends is made of the handler, the event, the stream and the command. A handler may give its commands ids of
/// its own, or send a command that is not a stored command. Then it is named if it is the only handler that listens to
/// the event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Cause {
    /// The command id of the commit whose event was the cause.
    pub command_id: String,
    /// The place of that commit; `None` if it is not among those that were found, or if several have this command id.
    pub place: Option<Place>,
    /// The handler or process that sent the command; `None` if this cannot be seen.
    pub subscriber: Option<&'static str>,
}

impl Cause {
    pub(super) fn of_command(command_id: String) -> Self {
        Self { command_id, place: None, subscriber: None }
    }
}

impl Inspect<'_> {
    /// Finds the cause of each of these commits among them, and who sent its command. Use it for the commits of several
    /// pages of [`Inspect::related`], each of which knows only its own commits.
    pub fn link(&self, commits: &mut [Related]) {
        let mut by_command: HashMap<String, Vec<(usize, Commit)>> = HashMap::new();
        for (index, related) in commits.iter().enumerate() {
            // It was written by the same function that reads it back.
            let Some(commit) = commit_of(&related.commit) else { continue };
            by_command.entry(commit.metadata.command_id.clone()).or_default().push((index, commit));
        }
        for index in 0..commits.len() {
            let Some(of) = commits.get(index) else { continue };
            let (Some(cause), Some(commit)) = (&of.cause, commit_of(&of.commit)) else { continue };
            let candidates = by_command.get(&cause.command_id).map_or(&[][..], Vec::as_slice);
            let candidates = || candidates.iter().filter(|(other, _)| *other != index);
            let place_of = |at: usize| commits.get(at).map(|related| &related.place);
            // The commits of a transaction have one command id. The id that the command was given tells which of them
            // it was.
            let sent = candidates().find_map(|(at, cause)| {
                let entity = place_of(*at)?.entity;
                Some((*at, sender(self.runtime(), entity, cause, of.place.entity, &commit)?))
            });
            let only = || {
                let mut all = candidates();
                let (at, cause) = all.next()?;
                all.next().is_none().then(|| (*at, only_handler(self.runtime(), cause)))
            };
            let found = sent.map(|(at, sender)| (at, Some(sender))).or_else(only);
            let place = found.and_then(|(at, _)| place_of(at).cloned());
            // A step of a process is its own, even if its cause is not among the commits.
            let own = of.place.entity.and_then(process);
            let subscriber = own.or(found.and_then(|(_, sender)| sender));
            let Some(cause) = commits.get_mut(index).and_then(|of| of.cause.as_mut()) else { continue };
            if place.is_some() || subscriber.is_some() {
                (cause.place, cause.subscriber) = (place, subscriber);
            }
        }
    }
}

fn commit_of(shown: &Value) -> Option<Commit> {
    record::decode(shown.as_object()?.clone()).ok()
}

/// The sender of a commit's command, if the command was sent because of another commit and its id proves it.
fn sender(
    runtime: &Runtime,
    entity: Option<&'static str>,
    cause: &Commit,
    target: Option<&'static str>,
    commit: &Commit,
) -> Option<&'static str> {
    // Only the process itself continues from its steps.
    if let Some(process) = entity.and_then(process) {
        return Some(process);
    }
    let wiring = &runtime.wiring;
    let target = target.and_then(name);
    let commands = wiring.commands.iter().filter(|command| Some(command.aggregate) == target);
    let digest = commit.metadata.command_digest.as_deref().and_then(CommandDigest::parse);
    let namings: Vec<_> =
        commands.map(|command| Naming::Content { command: command.name, digest: digest.clone() }).collect();
    handlers(runtime, cause).find(|handler| {
        (0..cause.events.len()).any(|index| {
            let sender = Sender::new(handler, cause, index);
            let ids = namings.iter().flat_map(|naming| {
                (1..=ORDINALS).map(|ordinal| sender.command_id(&commit.stream, naming, ordinal))
            });
            ids.into_iter().any(|id| id == commit.metadata.command_id)
        })
    })
}

/// How many equal commands of one event to one stream are tried.
const ORDINALS: u32 = 8;

fn only_handler(runtime: &Runtime, cause: &Commit) -> Option<&'static str> {
    let mut handlers = handlers(runtime, cause);
    let handler = handlers.next()?;
    handlers.next().is_none().then_some(handler)
}

/// The handlers that listen to the events of a commit.
fn handlers(runtime: &Runtime, commit: &Commit) -> impl Iterator<Item = &'static str> {
    let events = &commit.events;
    let listens = move |listened: &[&str]| events.iter().any(|event| listened.contains(&event.name.as_str()));
    let wired = runtime.wiring.subscribers.iter();
    wired
        .filter(move |one| matches!(one.kind, SubscriberKind::Handler { .. }) && listens(&one.events))
        .map(|one| one.name)
}
