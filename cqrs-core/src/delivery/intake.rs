//! What comes out of the change feed: a commit, or a dead letter of its reader.

use serde_json::Value;
use tracing::{Instrument, Span};

use super::DeliveryError;
use super::alteration::Altered;
use super::queue::failed;
use crate::commit::{Commit, record};
use crate::event::upcaster::NEWER;
use crate::metadata::Metadata;
use crate::runtime::Runtime;
use crate::store::{DeadLetter, LetterId};
use crate::timestamp::Timestamp;
use crate::trace;

/// The names under which records are kept that could not be given to any subscriber: by a relay, and by the program
/// that feeds the projections from the stream. Both read every record, and each has its own subscribers, so neither may
/// remove what the other still needs.
pub(crate) const RELAY: &str = "@relay";
pub(crate) const PROJECTIONS: &str = "@projections";

/// What a record was.
pub(crate) struct TakenIn {
    /// `None` if it was not a commit.
    pub(crate) commit: Option<Commit>,
    /// Whether it was kept as a dead letter.
    pub(crate) is_kept: bool,
}

/// Decodes a record. A record that is not a commit is kept as a dead letter of this pile: it is never ignored silently.
pub(crate) async fn take_in(
    runtime: &Runtime,
    record: &Value,
    pile: &str,
) -> Result<Option<Commit>, DeliveryError> {
    match decode(record) {
        Ok(commit) => Ok(Some(commit)),
        Err(reason) => {
            match Altered::of(record) {
                Some(altered) => raise(runtime, record, &altered, pile).await?,
                None => keep(runtime, record.clone(), reason, pile).await?,
            }
            Ok(None)
        }
    }
}

/// The same for a commit that goes only to the subscribers of this program: one with an event that no aggregate
/// of the program applies is kept as well, because a newer program may have a subscriber for it.
pub(crate) async fn take_in_known(
    runtime: &Runtime,
    record: &Value,
    pile: &str,
) -> Result<TakenIn, DeliveryError> {
    let Some(commit) = take_in(runtime, record, pile).await? else {
        return Ok(TakenIn { commit: None, is_kept: true });
    };
    // Also made if nothing is kept: it is the step of the trace between the command and the subscribers.
    let span = span_of(&commit);
    let unknown = commit.events.iter().find(|event| !runtime.index.knows(&event.name));
    let is_kept = unknown.is_some();
    if let Some(event) = unknown {
        let reason = format!(
            "unknown event type `{}` (schema {}): no aggregate of this program applies it{NEWER}",
            event.name, event.schema
        );
        keep(runtime, record.clone(), reason, pile).instrument(span).await?;
    }
    Ok(TakenIn { commit: Some(commit), is_kept })
}

/// The span of the relay's work on one commit.
pub(crate) fn span_of(commit: &Commit) -> Span {
    let Metadata { command_id, correlation_id, causation_id, trace_context, .. } = &*commit.metadata;
    let span = tracing::info_span!(
        "relay",
        pk = commit.stream.pk(),
        sk = commit.stream.sk(),
        version = commit.version.get(),
        r#type = commit.first_type(),
        command_id,
        correlation_id,
        causation_id,
        trace_context,
    );
    trace::take(&span, [trace_context.as_deref()]);
    span
}

/// Reports that a commit was altered. The letter is kept beside one that the commit itself may have, which is still
/// redriven.
async fn raise(
    runtime: &Runtime,
    record: &Value,
    altered: &Altered<'_>,
    pile: &str,
) -> Result<(), DeliveryError> {
    let Altered { pk, sk, version, what } = altered;
    let what = what.word();
    tracing::error!(pk, sk, version = version.get(), what, "a stored commit was altered");
    let id = LetterId { subscriber: pile.to_owned(), pk: (*pk).to_owned(), sk: format!("{sk}!{what}") };
    put(runtime, id, record.clone(), altered.reason()).await
}

/// Keeps a record as a dead letter of the pile.
async fn keep(runtime: &Runtime, record: Value, reason: String, pile: &str) -> Result<(), DeliveryError> {
    let text = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or("missing").to_owned();
    let id = LetterId { subscriber: pile.to_owned(), pk: text("pk"), sk: text("sk") };
    tracing::error!(subscriber = pile, pk = id.pk, sk = id.sk, reason, "dead letter of the relay");
    put(runtime, id, record, reason).await
}

async fn put(runtime: &Runtime, id: LetterId, record: Value, reason: String) -> Result<(), DeliveryError> {
    let letter = DeadLetter { id, reason, attempts: 1, since: Timestamp::now(), record };
    let put = runtime.delivery_store().put_letter(&letter).await;
    put.map_err(|source| failed(&letter.id.subscriber, source))
}

pub(crate) fn decode(record: &Value) -> Result<Commit, String> {
    match record {
        Value::Object(fields) => record::decode(fields.clone()).map_err(|corrupt| corrupt.to_string()),
        _ => Err("the record is not an object".to_owned()),
    }
}
