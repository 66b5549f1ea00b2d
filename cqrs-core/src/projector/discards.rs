use std::collections::BTreeSet;

use serde_json::json;

use crate::key::StreamKey;
use crate::runtime::Runtime;
use crate::store::StoreError;
use crate::store::{DeadLetter, LetterId};
use crate::timestamp::Timestamp;
use crate::version::Version;

/// The commits of a stream that a projection continues without.
pub(crate) type LeftOut = BTreeSet<Version>;

/// Where the delivery store keeps them, as letters without their records. No subscriber has an `@` in its name.
pub(crate) fn pile(projection: &str) -> String {
    format!("{projection}@discarded")
}

/// Stores that a projection is to continue without a commit if it cannot apply it.
pub(crate) async fn keep(
    runtime: &Runtime,
    projection: &str,
    stream: &StreamKey,
    version: Version,
    reason: &str,
) -> Result<(), StoreError> {
    let id = LetterId::of(&pile(projection), stream, version);
    let record = json!({ "pk": id.pk, "sk": id.sk });
    let letter = DeadLetter { id, reason: reason.to_owned(), attempts: 0, since: Timestamp::now(), record };
    runtime.delivery_store().put_letter(&letter).await
}

/// What a projection has to continue without in one stream. This is read only if a commit of the stream cannot be applied, so it
/// costs a healthy projection nothing.
pub(crate) async fn of_stream(
    runtime: &Runtime,
    projection: &str,
    stream: &StreamKey,
) -> Result<LeftOut, StoreError> {
    let mut found = LeftOut::new();
    let mut after = LetterId::of(&pile(projection), stream, Version::NONE);
    loop {
        let page = runtime.delivery_store().letters(&after.subscriber, Some(&after)).await?;
        let places = page.iter().filter_map(|letter| letter.id.place());
        let before = found.len();
        found.extend(places.take_while(|(of, _)| of == stream).map(|(_, version)| version));
        match page.last() {
            Some(last) if found.len() == before + page.len() => after = last.id.clone(),
            _ => return Ok(found),
        }
    }
}

/// Everything that a projection has to continue without.
pub(crate) async fn all(runtime: &Runtime, projection: &str) -> Result<Vec<DeadLetter>, StoreError> {
    let pile = pile(projection);
    let mut found: Vec<DeadLetter> = Vec::new();
    let mut after: Option<LetterId> = None;
    loop {
        let page = runtime.delivery_store().letters(&pile, after.as_ref()).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id.clone());
        found.extend(page);
    }
    for letter in &mut found {
        projection.clone_into(&mut letter.id.subscriber);
    }
    Ok(found)
}
