use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::header::{ACCEPT, CACHE_CONTROL, HeaderMap, HeaderValue};
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::{Answer, Shared, json as answer};
use crate::request::Params;
use crate::tail::{Client, Entry, Kind};

/// How often a quiet stream sends a sign of life.
const ALIVE: Duration = Duration::from_secs(15);

/// `GET /api/tail`: a stream for a browser, a page for one that polls.
pub(super) async fn tail(State(context): Shared, params: Params, headers: HeaderMap) -> Answer {
    let params = params.only(&["after"])?;
    let after = params.parsed::<u64>("after")?;
    let mut client = context.tailing.follow()?;
    let accepted = headers.get(ACCEPT).and_then(|accepted| accepted.to_str().ok()).unwrap_or_default();
    if accepted.contains("text/event-stream") {
        let resumed = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
        let after = resumed.or(after).unwrap_or(0);
        let events = events(client, after, context.ended.subscribe());
        let events = Sse::new(events).keep_alive(KeepAlive::new().interval(ALIVE));
        // Axum would set `no-cache`, which allows the answer to be kept.
        let mut response = events.into_response();
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        return Ok(response);
    }
    let after = after.unwrap_or(0);
    // If nothing comes in time, the answer is empty.
    let seen = tokio::time::timeout(context.limits.poll_time, client.after(after)).await;
    let seen = seen.unwrap_or_else(|_| client.seen(after));
    let next = seen.entries.last().map_or(after, |entry| entry.number);
    let commits = seen.entries.into_iter().filter(|entry| entry.kind == Kind::Commit);
    let items: Vec<_> = commits.map(numbered).collect();
    Ok(answer(json!({ "items": items, "next": next.to_string(), "missed": seen.missed.is_some() })))
}

fn numbered(entry: Entry) -> Value {
    let mut value = entry.value;
    if let Value::Object(members) = &mut value {
        members.insert("number".to_owned(), entry.number.into());
    }
    value
}

/// One client of the feed.
struct Following {
    client: Client,
    after: u64,
    waiting: VecDeque<Event>,
    ended: watch::Receiver<bool>,
}

fn events(
    client: Client,
    after: u64,
    ended: watch::Receiver<bool>,
) -> impl Stream<Item = Result<Event, Infallible>> {
    let following = Following { client, after, waiting: VecDeque::new(), ended };
    stream::unfold(following, |mut following| async move {
        let event = following.next().await?;
        Some((Ok(event), following))
    })
}

impl Following {
    /// The next event; `None` after the shutdown.
    async fn next(&mut self) -> Option<Event> {
        while self.waiting.is_empty() {
            let seen = tokio::select! {
                seen = self.client.after(self.after) => seen,
                _ = self.ended.wait_for(|ended| *ended) => return None,
            };
            self.waiting.extend(seen.missed.map(|before| {
                Event::default().event("missed").data(json!({ "before": before }).to_string())
            }));
            self.after = seen.entries.last().map_or(self.after, |entry| entry.number);
            self.waiting.extend(seen.entries.into_iter().map(event));
        }
        self.waiting.pop_front()
    }
}

fn event(entry: Entry) -> Event {
    let name = match entry.kind {
        Kind::Commit => "commit",
        Kind::Failed => "failed",
        Kind::Restored => "restored",
    };
    Event::default().id(entry.number.to_string()).event(name).data(entry.value.to_string())
}
