//! All orders in which several workers can send their requests, each of which may crash before any of them.

use std::collections::HashSet;
use std::future::Future;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::gated::{Gated, Shared, Waiting};

/// What a worker does.
pub(crate) type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What is tried in all orders.
pub(crate) trait Scene {
    /// Resets the store, and what the workers remember, to the beginning; returns what each of them does then.
    fn begin(&self, workers: &[Gated]) -> impl Future<Output = Vec<Work>>;

    /// Delivers everything that may not have been delivered, and checks the views.
    fn check(&self, shared: &Arc<Shared>, order: &[String]) -> impl Future<Output = ()>;
}

/// As often as any worker could be left waiting.
pub(crate) const ALL: usize = usize::MAX;

/// How often something was decided, and from how many possibilities.
struct Decision {
    chosen: usize,
    of: usize,
}

/// What may happen in an order.
#[derive(Clone, Copy)]
pub(crate) struct Bounds {
    /// How many of the workers may crash, the first ones.
    pub(crate) crashes: usize,
    /// How often a worker is left waiting that could continue. After a crash or an end, another one continues in any
    /// case.
    pub(crate) switches: usize,
}

/// Tries all orders within the bounds, and returns their number.
pub(crate) async fn all(scene: &impl Scene, workers: usize, bounds: Bounds) -> usize {
    let (mut decisions, mut seen, mut count) = (Vec::<Decision>::new(), HashSet::new(), 0);
    loop {
        run(scene, workers, bounds, &mut decisions, &mut seen).await;
        count += 1;
        while decisions.pop_if(|last| last.chosen + 1 == last.of).is_some() {}
        match decisions.last_mut() {
            Some(last) => last.chosen += 1,
            None => return count,
        }
    }
}

async fn run(
    scene: &impl Scene,
    workers: usize,
    bounds: Bounds,
    decisions: &mut Vec<Decision>,
    seen: &mut HashSet<u64>,
) {
    let (send, mut arrivals) = mpsc::unbounded_channel();
    let shared = Shared::new(send);
    let gated: Vec<Gated> = (0..workers).map(|worker| Gated::new(&shared, worker)).collect();
    let work = scene.begin(&gated).await;
    shared.close(true);
    let mut tasks: Vec<JoinHandle<()>> = work.into_iter().map(tokio::spawn).collect();
    let (mut waiting, mut order, mut left, mut last) = (Vec::<Waiting>::new(), Vec::new(), bounds, None);
    for at in 0.. {
        settle(&mut arrivals, &mut waiting, &tasks).await;
        if waiting.is_empty() {
            break;
        }
        if at >= decisions.len() {
            // A state that was met before has been continued in all ways.
            let mut state = DefaultHasher::new();
            let switches = (bounds.switches < ALL).then_some((left.switches, last));
            (shared.content().await, left.crashes, switches).hash(&mut state);
            for (one, task) in gated.iter().zip(&tasks) {
                // What a finished worker was told is forgotten.
                let told = (!task.is_finished()).then(|| one.told.lock().unwrap().finish());
                told.hash(&mut state);
            }
            if !seen.insert(state.finish()) {
                tasks.iter().for_each(JoinHandle::abort);
                return;
            }
        }
        waiting.sort_by_key(|one| one.worker);
        let next = possible(&waiting, bounds, left, last);
        if at >= decisions.len() {
            decisions.push(Decision { chosen: 0, of: next.len() });
        }
        let Next { place, is_crash, is_switch } = next[decisions[at].chosen];
        let Waiting { worker, request, go } = waiting.remove(place);
        if is_crash {
            order.push(format!("{worker} crashes before {request}"));
            left.crashes -= 1;
            tasks[worker].abort();
            waiting.retain(|one| one.worker != worker);
        } else {
            order.push(format!("{worker} {request}"));
            left.switches -= usize::from(is_switch && left.switches < ALL);
            last = Some(worker);
            go.send(()).unwrap();
        }
    }
    for task in tasks.drain(..) {
        if let Err(error) = task.await {
            assert!(error.is_cancelled(), "{error} in {order:#?}");
        }
    }
    shared.close(false);
    let mut ended = DefaultHasher::new();
    ("the end", shared.content().await).hash(&mut ended);
    if !seen.insert(ended.finish()) {
        return;
    }
    scene.check(&shared, &order).await;
}

/// What may come next.
#[derive(Clone, Copy)]
struct Next {
    place: usize,
    is_crash: bool,
    is_switch: bool,
}

fn possible(waiting: &[Waiting], bounds: Bounds, left: Bounds, last: Option<usize>) -> Vec<Next> {
    let goes_on = waiting.iter().any(|one| Some(one.worker) == last);
    let mut next = Vec::new();
    for (place, one) in waiting.iter().enumerate() {
        let is_switch = goes_on && Some(one.worker) != last;
        if !is_switch || left.switches > 0 {
            next.push(Next { place, is_crash: false, is_switch });
        }
        if one.worker < bounds.crashes && left.crashes > 0 {
            next.push(Next { place, is_crash: true, is_switch: false });
        }
    }
    next
}

/// Waits until every worker waits before a request, or is done.
async fn settle(
    arrivals: &mut mpsc::UnboundedReceiver<Waiting>,
    waiting: &mut Vec<Waiting>,
    tasks: &[JoinHandle<()>],
) {
    for round in 0.. {
        tokio::task::yield_now().await;
        while let Ok(arrived) = arrivals.try_recv() {
            waiting.push(arrived);
        }
        let is_waiting = |worker| waiting.iter().any(|one| one.worker == worker);
        let mut all = tasks.iter().enumerate();
        if round >= QUIET && all.all(|(worker, task)| task.is_finished() || is_waiting(worker)) {
            return;
        }
        if round > 1_000 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    }
}

/// How often the workers that can continue do so, until they wait.
const QUIET: u32 = 5;
