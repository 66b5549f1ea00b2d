use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use cqrs_core::commit::record;
use cqrs_core::delivery::{DeadLetter, DeliveryError, LetterId, Redriven};
use cqrs_core::inspect::Place;
use cqrs_core::{App, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Answer, Shared, json as answer};
use crate::context::Context;
use crate::problem::Problem;
use crate::request::{Params, body};

/// The prefix of the names of groups that belong to no subscriber.
const PILE: char = '@';

/// Where a page ends, and the next one begins: the subscriber, and its last letter; `None` if the next page begins with
/// that subscriber.
#[derive(Debug, Serialize, Deserialize)]
struct Cursor(String, Option<(String, String)>);

/// A dead letter, as it is shown.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    subscriber: &'a str,
    pk: &'a str,
    sk: &'a str,
    reason: &'a str,
    since: Timestamp,
    attempts: u32,
    types: Vec<&'a str>,
    waits: bool,
    newer: bool,
    place: Option<Place>,
    record: &'a Value,
}

impl<'a> Shown<'a> {
    fn of(app: &App, letter: &'a DeadLetter) -> Self {
        let record = letter.record.as_object();
        let commit = record.and_then(|record| record::decode(record.clone()).ok());
        Self {
            subscriber: &letter.id.subscriber,
            pk: &letter.id.pk,
            sk: &letter.id.sk,
            reason: &letter.reason,
            since: letter.since,
            attempts: letter.attempts,
            types: letter.types(),
            waits: letter.attempts == 0,
            newer: letter.is_newer(),
            place: commit.map(|commit| app.inspect().place(&commit)),
            record: &letter.record,
        }
    }
}

/// `GET /api/dead-letters`: of one subscriber, or of all, one after another.
pub(super) async fn dead_letters(State(context): Shared, params: Params) -> Answer {
    let params = params.only(&["subscriber", "after"])?;
    let names = context.app.dead_letters().names();
    let only = params.one("subscriber")?;
    let cursor = params.one("after")?.map(|text| read_cursor(text, only)).transpose()?;
    let first = cursor.as_ref().map(|Cursor(name, _)| name.as_str()).or(only);
    let Some(name) = first.or_else(|| names.first().map(String::as_str)) else {
        return Ok(page(&context.app, &[], None));
    };
    let place = cursor.as_ref().and_then(|Cursor(_, place)| place.as_ref());
    let after = place.map(|(pk, sk)| LetterId::new(name, pk, sk));
    let letters = context.app.dead_letters().page(name, after.as_ref()).await?;
    let next = match letters.last() {
        Some(last) => Some(Cursor(name.to_owned(), Some((last.id.pk.clone(), last.id.sk.clone())))),
        None if only.is_some() => None,
        None => {
            let at = names.iter().position(|is| is == name);
            at.and_then(|at| names.get(at + 1)).map(|next| Cursor(next.clone(), None))
        }
    };
    Ok(page(&context.app, &letters, next))
}

fn page(app: &App, letters: &[DeadLetter], next: Option<Cursor>) -> axum::response::Response {
    let items: Vec<_> = letters.iter().map(|letter| Shown::of(app, letter)).collect();
    let next = next.map(|next| serde_json::to_string(&next).unwrap_or_default());
    answer(json!({ "items": items, "next": next, "readCommits": letters.len() }))
}

fn read_cursor(text: &str, only: Option<&str>) -> Answer<Cursor> {
    let cursor = serde_json::from_str(text).ok();
    let cursor = cursor.filter(|Cursor(name, _)| only.is_none_or(|only| only == name));
    let detail = || format!("`{text}` is not a cursor of this list");
    cursor.ok_or_else(|| Problem::new(StatusCode::BAD_REQUEST, "cursor", detail()))
}

/// The letters to redrive.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Redrive {
    subscriber: String,
    #[serde(default)]
    all: bool,
    pk: Option<String>,
    sk: Option<String>,
}

/// `POST /api/dead-letters/redrive`
pub(super) async fn redrive(State(context): Shared, request: Request) -> Answer {
    let asked: Redrive = body(request, &context.limits).await?;
    let name = known(&context, asked.subscriber)?;
    let redriven = match (asked.all, asked.pk, asked.sk) {
        (true, None, None) => {
            to_its_end(&context, async move |context| context.app.dead_letters().redrive(&name).await).await?
        }
        (false, Some(pk), Some(sk)) if !name.starts_with(PILE) => {
            let id = LetterId::new(&name, pk, sk);
            let (stream, _) =
                id.place().ok_or_else(|| Problem::query("`pk` and `sk` are not the place of a commit"))?;
            let redrive = async move |context: Arc<Context>| {
                context.app.dead_letters().redrive_stream(&name, &stream).await
            };
            to_its_end(&context, redrive).await?
        }
        (false, Some(_), Some(_)) => {
            return Err(Problem::query(format!("`{name}` is redriven as a whole: `\"all\": true`")));
        }
        _ => return Err(Problem::query("either `\"all\": true`, or `pk` and `sk` of a letter")),
    };
    let Redriven { done, left, .. } = redriven;
    Ok(answer(json!({ "done": done, "left": left })))
}

/// It completes even if the client goes away in the meantime.
async fn to_its_end<F>(context: &Arc<Context>, work: impl FnOnce(Arc<Context>) -> F) -> Answer<Redriven>
where
    F: Future<Output = Result<Redriven, DeliveryError>> + Send + 'static,
{
    let done = tokio::spawn(work(Arc::clone(context))).await;
    let failed = |_| Problem::new(StatusCode::BAD_GATEWAY, "store", "the redrive ended early");
    Ok(done.map_err(failed)??)
}

/// The letter to remove.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Discard {
    subscriber: String,
    pk: String,
    sk: String,
    reason: Option<String>,
}

/// `POST /api/dead-letters/discard`
pub(super) async fn discard(State(context): Shared, request: Request) -> Answer<Json<Value>> {
    let Discard { subscriber, pk, sk, reason } = body(request, &context.limits).await?;
    let name = known(&context, subscriber)?;
    let id = LetterId::new(name, pk, sk);
    if !is_there(&context, &id).await? {
        return Err(Problem::not_found(
            "there is no such dead letter; it may have been redriven in the meantime",
        ));
    }
    let reason = reason.unwrap_or_else(|| "discarded in the console".to_owned());
    context.app.dead_letters().discard(&id, &reason).await?;
    Ok(Json(json!({ "discarded": 1 })))
}

/// The name of an existing group.
fn known(context: &Context, name: String) -> Answer<String> {
    let names = context.app.dead_letters().names();
    if names.contains(&name) {
        return Ok(name);
    }
    let detail = format!("no subscriber is called `{name}`; there are: {}", names.join(", "));
    Err(Problem::new(StatusCode::NOT_FOUND, "unknown-subscriber", detail))
}

async fn is_there(context: &Context, id: &LetterId) -> Answer<bool> {
    let letters = context.app.dead_letters();
    let (letters, subscriber) = (&letters, id.subscriber.as_str());
    is_among(id, move |after| async move {
        let page = letters.page(subscriber, after.as_ref()).await?;
        Ok::<Vec<_>, Problem>(page.into_iter().map(|letter| letter.id).collect())
    })
    .await
}

/// Whether a letter is on one of the pages. They are in the order of the store, which need not be that of the
/// identities, so only an empty page is the end.
async fn is_among<F>(id: &LetterId, mut page: impl FnMut(Option<LetterId>) -> F) -> Answer<bool>
where
    F: Future<Output = Answer<Vec<LetterId>>>,
{
    let mut after = None;
    loop {
        let ids = page(after).await?;
        if ids.contains(id) {
            return Ok(true);
        }
        let Some(last) = ids.into_iter().next_back() else { return Ok(false) };
        after = Some(last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_letter_is_found_in_whatever_order_the_store_has() {
        let id = |pk: &str| LetterId::new("bill", pk, "ORDER#1");
        // As on DynamoDB, which orders them by a digest of the stream.
        let order = [id("M"), id("Z"), id("A")];
        let page = |after: Option<LetterId>| {
            let at = after.and_then(|after| order.iter().position(|id| *id == after)).map_or(0, |at| at + 1);
            let page = order.get(at).cloned().into_iter().collect();
            async move { Ok::<Vec<_>, Problem>(page) }
        };
        for sought in &order {
            assert!(is_among(sought, page).await.unwrap(), "{sought:?}");
        }
        assert!(!is_among(&id("B"), page).await.unwrap());
    }
}
