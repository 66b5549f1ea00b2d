//! What comes out of the change feed: a commit, or a dead letter of the relay.

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

/// The name under which the relay keeps records that no subscriber could be given.
pub(crate) const RELAY: &str = "@relay";

/// Decodes a record. One that is no commit is kept as a dead letter: never passed over in silence.
pub(crate) async fn take_in(runtime: &Runtime, record: &Value) -> Result<Option<Commit>, DeliveryError> {
    match decode(record) {
        Ok(commit) => Ok(Some(commit)),
        Err(reason) => {
            match Altered::of(record) {
                Some(altered) => raise(runtime, record, &altered).await?,
                None => keep(runtime, record.clone(), reason).await?,
            }
            Ok(None)
        }
    }
}

/// The same for a commit that goes to the subscribers of this program and to nobody else: one with an event that no aggregate
/// of the program applies is kept as well, because a newer program may have somebody for it.
pub(crate) async fn take_in_known(
    runtime: &Runtime,
    record: &Value,
) -> Result<Option<Commit>, DeliveryError> {
    let Some(commit) = take_in(runtime, record).await? else { return Ok(None) };
    if let Some(event) = commit.events.iter().find(|event| !runtime.index.knows(&event.name)) {
        let reason = format!(
            "unknown event type `{}` (schema {}): no aggregate of this program applies it{NEWER}",
            event.name, event.schema
        );
        keep(runtime, record.clone(), reason).instrument(span_of(&commit)).await?;
    }
    Ok(Some(commit))
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

/// Tells that a commit was altered. The letter stands beside one that the commit itself may have: that is redriven still.
async fn raise(runtime: &Runtime, record: &Value, altered: &Altered<'_>) -> Result<(), DeliveryError> {
    let Altered { pk, sk, version, what } = altered;
    let what = what.word();
    tracing::error!(pk, sk, version = version.get(), what, "a stored commit was altered");
    let id = LetterId { subscriber: RELAY.to_owned(), pk: (*pk).to_owned(), sk: format!("{sk}!{what}") };
    put(runtime, id, record.clone(), altered.reason()).await
}

/// Keeps a record as a dead letter of the relay.
pub(crate) async fn keep(runtime: &Runtime, record: Value, reason: String) -> Result<(), DeliveryError> {
    let text = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or("missing").to_owned();
    let id = LetterId { subscriber: RELAY.to_owned(), pk: text("pk"), sk: text("sk") };
    tracing::error!(pk = id.pk, sk = id.sk, reason, "dead letter of the relay");
    put(runtime, id, record, reason).await
}

async fn put(runtime: &Runtime, id: LetterId, record: Value, reason: String) -> Result<(), DeliveryError> {
    let letter = DeadLetter { id, reason, attempts: 1, since: Timestamp::now(), record };
    runtime.delivery_store().put_letter(&letter).await.map_err(|source| failed(RELAY, source))
}

pub(crate) fn decode(record: &Value) -> Result<Commit, String> {
    match record {
        Value::Object(fields) => record::decode(fields.clone()).map_err(|corrupt| corrupt.to_string()),
        _ => Err("the record is not an object".to_owned()),
    }
}
