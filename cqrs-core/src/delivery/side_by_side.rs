use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use futures_util::stream::{FuturesUnordered, StreamExt};

use super::failure::Failure;
use super::run::{Begun, Run};
use super::{Delivery, Subscriber, Terms};
use crate::commit::Commit;
use crate::event::RawEvent;
use crate::trace;

/// A subscriber, and how many of the commits that it wants it has done.
pub(super) type Progress<'a> = (&'a Subscriber, AtomicUsize);

/// Gives commits of one stream to subscribers side by side; returns the places of those that could not take all of
/// them, and why.
///
/// Usually it is one event, and most of its handlers do not wait and do not fail. Those are only called, one after the
/// other; only the others get futures of their own.
pub(super) async fn side_by_side(
    delivery: &Arc<Delivery>,
    subscribers: &[Progress<'_>],
    commits: &[Commit],
    terms: Terms<'_>,
) -> Vec<(usize, Failure)> {
    let event = only_event(commits);
    let runs: Vec<Option<Run<'_>>> =
        subscribers.iter().map(|(subscriber, _)| subscriber.only_run(delivery, event?)).collect();
    let mut others = FuturesUnordered::new();
    poll_fn(|context| {
        for (place, (run, (subscriber, done))) in runs.iter().zip(subscribers).enumerate() {
            let begun = run.as_ref().map(|run| (run, run.begin(context)));
            if let Some((_, Begun::Ended(Ok(())))) = begun {
                done.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            if begun.is_none() && !commits.iter().any(|commit| subscriber.wants(commit)) {
                continue;
            }
            others.extend([async move {
                let failure = match begun {
                    Some((run, begun)) => subscriber.finish(run, begun, terms, done).await,
                    None => subscriber.deliver(delivery, commits, terms, done).await,
                };
                Some((place, failure?))
            }]);
        }
        Poll::Ready(())
    })
    .await;
    let mut failures = Vec::new();
    while let Some(failure) = others.next().await {
        failures.extend(failure);
    }
    failures.sort_by_key(|(place, _)| *place);
    failures
}

/// The event of the commits, if there is only one and nobody watches the spans of its handlers.
fn only_event(commits: &[Commit]) -> Option<RawEvent<'_>> {
    let [commit] = commits else { return None };
    let mut events = RawEvent::all(commit);
    events.next().filter(|_| events.next().is_none() && !trace::is_watched())
}
