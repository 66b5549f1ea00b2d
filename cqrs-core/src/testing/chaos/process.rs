//! What must hold for processes and for commands that were due.

use std::collections::{HashMap, HashSet};

use crate::aggregate::AggregateRow;
use crate::app::App;
use crate::commit::Commit;
use crate::delivery::TIMERS;
use crate::engine::command_id;
use crate::process::{Effect, Step, StepCause};
use crate::registry::{ProcessRow, process_of};
use crate::runtime::Probe;
use crate::store::CommitKey;

/// No instance is held up, and no command that was due has failed.
///
/// # Errors
/// The first that is or has, with its reason.
pub(super) async fn check_letters(app: &App) -> Result<(), String> {
    let letters = app.dead_letters().list().await.map_err(|error| error.to_string())?;
    for letter in letters {
        let (subscriber, reason) = (&letter.id.subscriber, &letter.reason);
        if subscriber == TIMERS {
            return Err(format!("a command that was due became a dead letter: {reason}"));
        }
        if inventory::iter::<ProcessRow>().any(|row| row.name == *subscriber) {
            let place = letter.id.place();
            let place = place.map(|(stream, version)| format!(" {stream} at version {version}"));
            return Err(format!(
                "the instance{} of process `{subscriber}` is held up: {reason}",
                place.unwrap_or_default()
            ));
        }
    }
    Ok(())
}

/// Every instance has taken each cause once, and each command of its steps has taken effect once. `known` are the
/// commits from before the chaos.
///
/// # Errors
/// The first for which that is not so.
pub(super) fn check_steps(
    commits: &[Commit],
    known: &HashSet<CommitKey>,
    probe: &Probe,
) -> Result<(), String> {
    let mut made: HashMap<&str, usize> = HashMap::new();
    for commit in commits {
        *made.entry(&commit.metadata.command_id).or_default() += 1;
    }
    let seen = probe.seen();
    let (mut implied, mut origins) = (HashSet::new(), HashMap::new());
    let mut causes = HashSet::new();
    for Taken { process: row, commit, step } in steps(commits)? {
        let process = row.name;
        origins.insert(commit.metadata.command_id.as_str(), (process, commit));
        if let Some(cause) = name_of(&step.cause)
            && !causes.insert((&commit.stream, cause.clone()))
        {
            return Err(format!("the instance {} of process `{process}` took {cause} twice", commit.stream));
        }
        for (index, effect) in step.effects().iter().enumerate() {
            let Effect::Execute { pk, sk, r#type, .. } = effect else { continue };
            let id = command_id(row.entity, &commit.stream, commit.version, index);
            let found = made.get(id.as_str()).copied().unwrap_or_default();
            let executed = seen.executed.get(&id).copied();
            let is_lost = match executed {
                Some(is_committed) => is_committed && found == 0,
                None => found == 0 && !known.contains(&CommitKey::of(commit)),
            };
            if is_lost || found > 1 {
                let what = if is_lost { "lost" } else { "doubled" };
                return Err(format!(
                    "`{type}` to stream {pk} {sk} was {what}: version {} of the instance {} of process `{process}` sends it \
                     once, and there are {found} commits of it",
                    commit.version, commit.stream
                ));
            }
            implied.insert(id);
        }
    }
    // A step that a deadline has caused names the step that set it.
    let commands = commits.iter().filter(|commit| !origins.contains_key(commit.metadata.command_id.as_str()));
    for commit in commands {
        let cause = commit.metadata.causation_id.as_deref().and_then(|cause| origins.get(cause));
        if let Some((process, origin)) = cause
            && !implied.contains(&commit.metadata.command_id)
        {
            return Err(format!(
                "version {} of stream {} was made by a command that no step implies: its cause is version {} of the instance {} \
                 of process `{process}`",
                commit.version, commit.stream, origin.version, origin.stream
            ));
        }
    }
    check_executed(&made, &seen.executed)
}

/// Each command that was due has only one commit as well, if it has any.
fn check_executed(made: &HashMap<&str, usize>, executed: &HashMap<String, bool>) -> Result<(), String> {
    let mut wrong: Vec<_> = executed
        .iter()
        .map(|(id, is_committed)| (id, *is_committed, made.get(id.as_str()).copied().unwrap_or_default()))
        .filter(|(_, is_committed, found)| *found > 1 || *is_committed && *found == 0)
        .collect();
    wrong.sort();
    match wrong.first() {
        Some((id, _, found)) => {
            Err(format!("command `{id}` was executed, and there are {found} commits of it"))
        }
        None => Ok(()),
    }
}

struct Taken<'a> {
    process: &'static ProcessRow,
    commit: &'a Commit,
    step: Step,
}

fn steps(commits: &[Commit]) -> Result<Vec<Taken<'_>>, String> {
    let names: HashMap<&str, &'static ProcessRow> = inventory::iter::<AggregateRow>()
        .filter_map(|row| Some((row, process_of(row)?)))
        .flat_map(|(row, process)| (row.events)().into_iter().map(move |id| (id.name, process)))
        .collect();
    let mut taken = Vec::new();
    for commit in commits {
        for event in &commit.events {
            let Some(process) = names.get(event.name.as_str()).copied() else { continue };
            let step = serde_json::from_value(event.data.clone());
            let step =
                step.map_err(|error| format!("a step of {} cannot be read: {error}", commit.stream))?;
            taken.push(Taken { process, commit, step });
        }
    }
    Ok(taken)
}

/// What distinguishes a cause from others; `None` for causes that follow from a step.
fn name_of(cause: &StepCause) -> Option<String> {
    match cause {
        StepCause::Event { pk, sk, index, r#type, .. } => {
            Some(format!("`{type}`, event {index} of {pk} {sk},"))
        }
        StepCause::Deadline { deadline, due, of } => {
            let of = of.map(|of| format!(", set by version {of},")).unwrap_or_default();
            Some(format!("the deadline `{deadline}` at {due}{of}"))
        }
        StepCause::Command { .. } | StepCause::Again { .. } => None,
    }
}
