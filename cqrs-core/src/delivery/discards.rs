use std::collections::BTreeSet;

use serde_json::json;

use super::queue::{letter_id, place_of};
use crate::app::App;
use crate::delivery_store::{DeadLetter, LetterId};
use crate::key::StreamKey;
use crate::store::StoreError;
use crate::timestamp::Timestamp;
use crate::version::Version;

/// The commits of a stream that a projection goes on without.
pub(crate) type LeftOut = BTreeSet<Version>;

/// Where the ledger keeps them, as letters without their records. No subscriber has an `@` in its name.
pub(super) fn pile(projection: &str) -> String {
    format!("{projection}@discarded")
}

/// Remembers that a projection is to go on without a commit where it cannot apply it.
pub(crate) async fn keep(
    app: &App,
    projection: &str,
    stream: &StreamKey,
    version: Version,
    reason: &str,
) -> Result<(), StoreError> {
    let id = letter_id(&pile(projection), stream, version);
    let record = json!({ "pk": id.pk, "sk": id.sk });
    let letter = DeadLetter { id, reason: reason.to_owned(), attempts: 0, since: Timestamp::now(), record };
    app.ledger().put_letter(&letter).await
}

/// What a projection has to go on without in one stream. This is asked only when something of it cannot be applied, so
/// that a projection that works costs nothing more.
pub(crate) async fn of_stream(
    app: &App,
    projection: &str,
    stream: &StreamKey,
) -> Result<LeftOut, StoreError> {
    let mut found = LeftOut::new();
    let mut after = letter_id(&pile(projection), stream, Version::NONE);
    loop {
        let page = app.ledger().letters(&after.subscriber, Some(&after)).await?;
        let places = page.iter().filter_map(place_of);
        let before = found.len();
        found.extend(places.take_while(|(of, _)| of == stream).map(|(_, version)| version));
        match page.last() {
            Some(last) if found.len() == before + page.len() => after = last.id.clone(),
            _ => return Ok(found),
        }
    }
}

/// Everything that a projection has to go on without.
pub(crate) async fn all(app: &App, projection: &str) -> Result<Vec<DeadLetter>, StoreError> {
    let pile = pile(projection);
    let mut found: Vec<DeadLetter> = Vec::new();
    let mut after: Option<LetterId> = None;
    loop {
        let page = app.ledger().letters(&pile, after.as_ref()).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id.clone());
        found.extend(page);
    }
    for letter in &mut found {
        projection.clone_into(&mut letter.id.subscriber);
    }
    Ok(found)
}
