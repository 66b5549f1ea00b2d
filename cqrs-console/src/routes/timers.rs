use axum::extract::State;
use cqrs_core::Timestamp;
use cqrs_core::inspect::{UnreadableTimer, WaitingTimer, WaitingTimers};
use serde::Serialize;

use super::{Answer, Shared, json};
use crate::request::Params;

const USUAL: usize = 100;
const MOST: usize = 500;
/// How many timers the overview shows.
const OVERVIEW: usize = 5;

/// `GET /api/timers`
pub(super) async fn timers(State(context): Shared, params: Params) -> Answer {
    let limit = params.only(&["limit"])?.limit(USUAL, 1..=MOST)?;
    let WaitingTimers { items: timers, unreadable, .. } = context.app.inspect().timers(limit).await?;
    let now = Timestamp::now();
    let due = timers.iter().filter(|timer| timer.due <= now).count();
    let next = timers.iter().map(|timer| timer.due).find(|due| *due > now);
    let sums = Sums { due, waiting: timers.len() - due, more: timers.len() == limit, next, now };
    let items = timers.into_iter().map(|timer| Shown { is_due: timer.due <= now, timer }).collect();
    let mut waiting = Waiting { sums, items, unreadable };
    let answer = json(&waiting);
    // A shorter list has less than the overview should show.
    if limit >= USUAL {
        waiting.items.truncate(OVERVIEW);
        context.timers.keep(serde_json::to_value(&waiting).unwrap_or_default());
    }
    Ok(answer)
}

/// A timer, and whether its time has come.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    #[serde(flatten)]
    timer: WaitingTimer,
    is_due: bool,
}

/// The timers that wait, and a summary of them.
#[derive(Debug, Serialize)]
struct Waiting {
    #[serde(flatten)]
    sums: Sums,
    items: Vec<Shown>,
    unreadable: Vec<UnreadableTimer>,
}

/// How many wait.
#[derive(Debug, Serialize)]
struct Sums {
    due: usize,
    waiting: usize,
    more: bool,
    next: Option<Timestamp>,
    now: Timestamp,
}
