//! How stored things are shown without their data.

use cqrs_core::inspect::{Change, Place};
use serde::Serialize;
use serde_json::{Map, Value};

/// How a commit is shown: its types and its metadata. The data of its events is left out unless it was requested,
/// including what this program does not know.
pub(super) fn commit(commit: &Value, with_data: bool) -> Value {
    if with_data {
        return commit.clone();
    }
    let Value::Object(fields) = commit else { return Value::Null };
    Value::Object(
        fields.iter().filter_map(|(name, value)| Some((name.clone(), known(name, value)?))).collect(),
    )
}

fn known(name: &str, value: &Value) -> Option<Value> {
    match name {
        "pk" | "sk" | "version" | "type" | "schema" | "widened" | "createdAt" | "recordedAt"
        | "createdBy" | "commandId" | "commandDigest" | "correlationId" | "causationId" | "transaction"
        | "traceContext" => Some(value.clone()),
        "events" | "rest" => {
            let events = value.as_array()?.iter().map(|event| {
                let field = |name: &str| Some((name.to_owned(), event.get(name)?.clone()));
                Value::Object(
                    [field("type"), field("schema"), field("widened")].into_iter().flatten().collect(),
                )
            });
            Some(events.collect())
        }
        _ => None,
    }
}

/// The stored type names of the events of a commit.
pub(super) fn types(commit: &Value) -> String {
    let of = |event: &Value| event.get("type").and_then(Value::as_str).map(str::to_owned);
    let more = ["events", "rest"].into_iter().filter_map(|name| commit.get(name)?.as_array()).flatten();
    of(commit).into_iter().chain(more.filter_map(of)).collect::<Vec<_>>().join(", ")
}

/// A text of the metadata; empty if there is none.
pub(super) fn metadata<'a>(commit: &'a Value, name: &str) -> &'a str {
    commit.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The data of the events, for people.
pub(super) fn data(commit: &Value) -> String {
    let more = ["events", "rest"].into_iter().filter_map(|name| commit.get(name)?.as_array()).flatten();
    let data = std::iter::once(commit).chain(more).filter_map(|event| event.get("data"));
    data.map(Value::to_string).collect::<Vec<_>>().join(" ")
}

/// The names of the fields of a state, which are those of its struct; none if it has no fields.
pub(super) fn fields(value: &Value) -> Vec<String> {
    value.as_object().map(Map::keys).into_iter().flatten().cloned().collect()
}

/// A commit and its changes.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShownStep<'a> {
    #[serde(flatten)]
    pub(super) place: &'a Place,
    pub(super) commit: Value,
    /// The paths of the fields that it has changed.
    pub(super) changed: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) changes: Option<&'a [Change]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) state: Option<&'a Value>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn data_stays_out_wherever_it_is() {
        let stored = json!({
            "type": "GuestNamed", "schema": 1, "data": { "name": "Ada" }, "unheardOf": "Ada",
            "events": [{ "type": "A", "schema": 2, "data": "Ada", "note": "Ada" }],
            "rest": [{ "type": "B", "schema": 3, "data": "Ada" }],
            "createdBy": "teller",
        });
        let shown = commit(&stored, false);
        assert!(!shown.to_string().contains("Ada"), "{shown}");
        assert_eq!(types(&shown), "GuestNamed, A, B");
        assert_eq!(metadata(&shown, "createdBy"), "teller");
        assert_eq!(commit(&stored, true), stored);
    }
}
