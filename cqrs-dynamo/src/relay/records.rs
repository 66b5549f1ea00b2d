use cqrs_core::App;
use cqrs_core::delivery::{DeliveryError, Publisher};
use serde_json::Value;

/// A record that was not published, like all after it.
#[derive(Debug, thiserror::Error)]
#[error("the record with sequence number `{sequence_number}` was not published: {error}")]
pub struct NotRelayed {
    /// The record's sequence number for `batchItemFailures`, so that Lambda sends it and all later ones again.
    pub sequence_number: String,
    /// Why.
    pub error: DeliveryError,
}

/// Publishes records that Lambda has read from the events table's stream. Each record is its sequence number and its new image,
/// as JSON; they are published in order.
///
/// # Errors
/// [`NotRelayed`] names the first record that is still to be published. All records before it are published, and some after it
/// may be: sending them again is safe.
pub async fn relay_records(
    app: &App,
    publisher: &impl Publisher,
    records: Vec<(String, Value)>,
) -> Result<(), NotRelayed> {
    let (numbers, images): (Vec<String>, Vec<Value>) = records.into_iter().unzip();
    app.publish(publisher, &images).await.map_err(|interrupted| NotRelayed {
        sequence_number: numbers.into_iter().nth(interrupted.accepted).unwrap_or_default(),
        error: interrupted.error,
    })
}
