use axum::Json;
use axum::extract::State;
use cqrs_core::App;
use cqrs_core::delivery::LetterId;
use serde::Serialize;
use serde_json::{Value, json};

use super::{Answer, Shared};
use crate::request::Params;

/// How many requests the first paint may take.
const MOST_REQUESTS: usize = 10;
/// The shards that timers are in: one request each.
const TIMER_REQUESTS: u8 = cqrs_core::store::TIMER_SHARDS;

/// The dead letters of one subscriber, as far as a few requests can count them.
#[derive(Debug, Serialize)]
struct Letters {
    subscriber: String,
    /// `None`: not read.
    count: Option<usize>,
    /// Whether there may be more.
    more: bool,
    #[serde(skip)]
    last: Option<LetterId>,
}

/// `GET /api/overview`: what the first paint shows.
pub(super) async fn overview(State(context): Shared, params: Params) -> Answer<Json<Value>> {
    params.only(&[])?;
    let inspect = context.app.inspect();
    let commits = inspect.count().await?;
    // One request was used for the count.
    let letters = letters(&context.app, MOST_REQUESTS - 1).await?;
    let (projections, projections_at) = context.projections.last();
    let (timers, timers_at) = context.timers.last();
    let linked = inspect.projections().len();
    Ok(Json(json!({
        "program": {
            "name": context.program,
            "version": env!("CARGO_PKG_VERSION"),
            "writable": context.writable,
        },
        "commits": commits,
        "deadLetters": letters,
        "streams": inspect.streams(),
        "projections": projections,
        "timers": timers,
        "readAt": { "projections": projections_at, "timers": timers_at },
        "costs": {
            // See `App::projections`.
            "projections": { "requests": 2 + 4 * linked, "stream": true },
            "timers": { "requests": TIMER_REQUESTS, "stream": false },
        },
        "replays": context.replays.all(),
    })))
}

/// The dead letters of all subscribers, with no more than this number of requests.
async fn letters(app: &App, mut requests: usize) -> Answer<Vec<Letters>> {
    let mut all = Vec::new();
    for subscriber in app.dead_letters().names() {
        let mut letters = Letters { subscriber, count: None, more: true, last: None };
        if requests > 0 {
            requests -= 1;
            letters.read(app).await?;
        }
        all.push(letters);
    }
    // For some of them, the remaining requests show whether that was all.
    let unsure = all.iter_mut().filter(|letters| letters.last.is_some());
    for letters in unsure.take(requests) {
        letters.read(app).await?;
    }
    Ok(all)
}

impl Letters {
    /// Counts one more page. Only an empty one is the end.
    async fn read(&mut self, app: &App) -> Answer<()> {
        let page = app.dead_letters().page(&self.subscriber, self.last.as_ref()).await?;
        self.count = Some(self.count.unwrap_or(0) + page.len());
        self.more = !page.is_empty();
        self.last = page.into_iter().next_back().map(|letter| letter.id);
        Ok(())
    }
}
