//! The partition keys that a function uses, as patterns of IAM: `*` is any text, `?` any character.

use cqrs_core::app::{SubscriberKind, WiringSubscriber};

use super::projections::Projections;
use super::queue::Queue;
use crate::names::partition::{self, PROJECTIONS, REDRIVE, RELAY, TIMERS};

/// The keys under which the relay keeps records that are not commits, and alterations of commits.
pub(super) fn of_relay() -> Vec<String> {
    vec![partition::letters(RELAY)]
}

/// The keys of commands that could not be executed when they were due, and of process instances that stopped at a
/// deadline.
pub(super) fn of_timers(subscribers: &[WiringSubscriber]) -> Vec<String> {
    let processes = subscribers.iter().filter(|subscriber| subscriber.kind == SubscriberKind::Process);
    let names = processes.map(|process| literal(process.name));
    std::iter::once(TIMERS.to_owned()).chain(names).map(|name| partition::letters(&name)).collect()
}

/// The views of projections: live ones, those of other folds, those that a replay builds, the fences of streams, and
/// the record of editions. `projection/edition.rs`, `projection/editions.rs` and `projector/keyed_view.rs` of
/// `cqrs-core` make these keys. `None` if the wiring does not name them all.
pub(super) fn of_views(subscribers: &[&WiringSubscriber]) -> Option<Vec<String>> {
    let projections = subscribers.iter().filter(|subscriber| subscriber.kind == SubscriberKind::Projection);
    let patterns = projections.map(|projection| {
        let view = literal(projection.view?);
        Some([
            format!("*#{view}"),
            format!("*#{view}~*"),
            format!("*#{view}:*"),
            format!("*@{view}"),
            format!("*@{view}:*"),
        ])
    });
    Some(patterns.collect::<Option<Vec<_>>>()?.into_iter().flatten().collect())
}

/// What a queue's subscribers keep: the streams that the queue holds back, how often a commit has failed, which process
/// may redrive, which events handlers with `once` have finished, which commits projections continue without, and how
/// the projections have begun.
pub(super) fn of_delivery(queue: &Queue<'_>) -> Vec<String> {
    let mut patterns = vec![
        partition::parked(&literal(queue.name)),
        partition::attempts(&literal(queue.name)),
        partition::inbox(REDRIVE, "*"),
    ];
    for subscriber in &queue.subscribers {
        let name = literal(subscriber.name);
        match subscriber.kind {
            SubscriberKind::Handler { once: true } => patterns.push(partition::inbox(&name, "*")),
            SubscriberKind::Handler { once: false } => {}
            SubscriberKind::Process => patterns.push(partition::letters(&name)),
            SubscriberKind::Projection => patterns.extend(of_projection(&name)),
        }
    }
    if queue.projects {
        patterns.push(partition::positions(PROJECTIONS));
    }
    patterns
}

/// The same for projections that are fed from the stream, each with its own attempts, and commits that could be given
/// to none of them.
pub(super) fn of_fed(projections: &Projections<'_>) -> Vec<String> {
    let mut patterns = vec![partition::letters(PROJECTIONS)];
    for projection in &projections.subscribers {
        let name = literal(projection.name);
        patterns.extend([partition::parked(&literal(projection.queue)), partition::attempts(&name)]);
        patterns.extend(of_projection(&name));
    }
    patterns.push(partition::positions(PROJECTIONS));
    patterns
}

/// The commits that one projection could not take, those that it continues without, and the progress of its replay.
fn of_projection(name: &str) -> [String; 3] {
    [
        partition::letters(name),
        partition::letters(&format!("{name}@*")),
        partition::positions(&format!("@replay#{name}*")),
    ]
}

/// A name as a pattern. A character with a meaning in the pattern, or that a policy may not hold, matches any text.
fn literal(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.:/ ".contains(c);
    name.chars().map(|c| if is_plain(c) { c } else { '*' }).collect()
}

#[cfg(test)]
mod tests {
    use super::literal;

    #[test]
    fn what_a_pattern_cannot_say_is_any_text() {
        assert_eq!(literal("send_mail-2"), "send_mail-2");
        assert_eq!(literal("a*b?c${d}注"), "a*b*c**d**");
    }
}
