//! Sizes of items as they are sent (DynamoDB Developer Guide, "DynamoDB item sizes and formats").

use serde_json::Value;

/// DynamoDB's charge for a write whose condition failed: one unit per KB of each of its items.
pub fn units_of_failed_write(request: &Value) -> f64 {
    match request["TransactItems"].as_array() {
        Some(actions) => actions
            .iter()
            .flat_map(|action| action.as_object().into_iter().flat_map(|action| action.values()))
            .map(units)
            .sum(),
        None => units(request),
    }
}

fn units(write: &Value) -> f64 {
    // An update does not contain the whole item, but its key and its values are nearly all of it.
    let parts = ["Item", "Key", "ExpressionAttributeValues"];
    let bytes: usize = parts.iter().map(|part| attributes(&write[part])).sum();
    (bytes as f64 / 1024.0).ceil().max(1.0)
}

fn attributes(item: &Value) -> usize {
    item.as_object().map_or(0, |item| item.iter().map(|(name, value)| name.len() + size(value)).sum())
}

fn size(value: &Value) -> usize {
    let Some((kind, value)) = value.as_object().and_then(|typed| typed.iter().next()) else { return 0 };
    let text = || value.as_str().map_or(0, str::len);
    match kind.as_str() {
        "S" => text(),
        "N" => text() / 2 + 1,
        "B" => text() * 3 / 4,
        "M" => 3 + attributes(value),
        "L" => 3 + value.as_array().map_or(0, |list| list.iter().map(|each| 1 + size(each)).sum()),
        _ => 1,
    }
}
