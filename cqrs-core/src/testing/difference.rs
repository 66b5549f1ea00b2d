//! The difference between an expected and an actual value, by field.
//!
//! Stored forms are compared: they are what outlives the program, and they need neither `PartialEq` nor `Debug`.

use std::fmt::Write;

use serde_json::Value;

use crate::commit::StoredEvent;
use crate::json::difference::{self, Difference};

const FIELD: &str = "(no such field)";
const ITEM: &str = "(no such item)";

/// The fields in which two values differ, each in three lines; empty if the values are equal.
pub(crate) fn fields(expected: &Value, actual: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    for Difference { path, left, right } in difference::between(expected, actual) {
        let missing = if path.ends_with(']') { ITEM } else { FIELD };
        let text = |side: Option<&Value>| side.map_or_else(|| missing.to_owned(), Value::to_string);
        tell(&path, &text(left), &text(right), &mut lines);
    }
    lines
}

fn tell(path: &str, expected: &str, actual: &str, lines: &mut Vec<String>) {
    let path = if path.is_empty() { "the whole".to_owned() } else { format!("`{path}`") };
    lines.extend([path, format!("  expected {expected}"), format!("  actual   {actual}")]);
}

/// The events that differ: those of one type side by side by field, and those that only one side has.
pub(crate) fn events(expected: &[StoredEvent], actual: &[StoredEvent]) -> Vec<String> {
    let mut lines = Vec::new();
    let (mut wanted, mut found) = (0, 0);
    let best = alignment(expected, actual);
    while let (Some(left), Some(right)) = (expected.get(wanted), actual.get(found)) {
        let paired = likeness(left, right).map(|likeness| best[wanted + 1][found + 1] + likeness);
        if paired == Some(best[wanted][found]) {
            let differing = fields(&left.data, &right.data);
            if !differing.is_empty() {
                lines.push(format!("event {}, `{}`", found + 1, right.name));
                lines.extend(indented(differing));
            }
            (wanted, found) = (wanted + 1, found + 1);
        } else if best[wanted + 1][found] >= best[wanted][found + 1] {
            lines.push(format!("event {} did not come: {}", wanted + 1, shown(left)));
            wanted += 1;
        } else {
            lines.push(format!("event {} was not expected: {}", found + 1, shown(right)));
            found += 1;
        }
    }
    for (index, event) in expected.iter().enumerate().skip(wanted) {
        lines.push(format!("event {} did not come: {}", index + 1, shown(event)));
    }
    for (index, event) in actual.iter().enumerate().skip(found) {
        lines.push(format!("event {} was not expected: {}", index + 1, shown(event)));
    }
    lines
}

/// How well two events match as a pair; `None` if they are of different types.
fn likeness(left: &StoredEvent, right: &StoredEvent) -> Option<usize> {
    let same_type = left.name == right.name && left.schema == right.schema;
    same_type.then(|| if left.data == right.data { 3 } else { 2 })
}

/// The longest common subsequence, so that one extra event does not make all later ones differ: the value of the best
/// pairs from each place on.
fn alignment(expected: &[StoredEvent], actual: &[StoredEvent]) -> Vec<Vec<usize>> {
    let mut best = vec![vec![0; actual.len() + 1]; expected.len() + 1];
    for (wanted, left) in expected.iter().enumerate().rev() {
        for (found, right) in actual.iter().enumerate().rev() {
            let apart = best[wanted + 1][found].max(best[wanted][found + 1]);
            let paired = likeness(left, right).map_or(0, |likeness| best[wanted + 1][found + 1] + likeness);
            best[wanted][found] = apart.max(paired);
        }
    }
    best
}

/// `OrderShipped {"tracking":"Z1"}`, with the schema only if it is not the first.
pub(crate) fn shown(event: &StoredEvent) -> String {
    let StoredEvent { name, schema, data, .. } = event;
    if *schema > 1 { format!("{name} (schema {schema}) {data}") } else { format!("{name} {data}") }
}

/// Events by number, a line each.
pub(crate) fn listed(events: &[StoredEvent]) -> Vec<String> {
    if events.is_empty() {
        return vec!["no events".to_owned()];
    }
    events.iter().enumerate().map(|(index, event)| format!("{}. {}", index + 1, shown(event))).collect()
}

/// The lines, two columns further in.
pub(crate) fn indented(lines: impl IntoIterator<Item = String>) -> impl Iterator<Item = String> {
    lines.into_iter().map(|line| format!("  {line}"))
}

/// What went wrong, and below it the sections that have lines, each under its title if it has one.
pub(crate) fn report(what: &str, sections: &[(&str, Vec<String>)]) -> String {
    let mut text = what.to_owned();
    for (title, lines) in sections.iter().filter(|(_, lines)| !lines.is_empty()) {
        if !title.is_empty() {
            let _ = write!(text, "\n{title}");
        }
        for line in lines {
            let _ = write!(text, "\n  {line}");
        }
    }
    text
}

/// The last part of a type's name: `ShipOrder` of `shop::orders::ShipOrder`.
pub(crate) fn short_name<T>() -> &'static str {
    last_name(std::any::type_name::<T>())
}

pub(crate) fn last_name(full: &str) -> &str {
    let end = full.find('<').unwrap_or(full.len());
    let start = full[..end].rfind("::").map_or(0, |at| at + 2);
    &full[start..]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(name: &str, data: Value) -> StoredEvent {
        StoredEvent::new(name, 1, data)
    }

    #[test]
    fn only_what_differs_is_reported_with_its_path() {
        let expected = json!({ "a": 1, "items": [{ "sku": "x", "n": 1 }, { "sku": "y" }], "gone": null });
        let actual = json!({ "a": 1, "items": [{ "sku": "x", "n": 2 }], "new": [] });
        let told = fields(&expected, &actual).join("\n");
        let wanted = "\
`gone`
  expected null
  actual   (no such field)
`items[0].n`
  expected 1
  actual   2
`items[1]`
  expected {\"sku\":\"y\"}
  actual   (no such item)
`new`
  expected (no such field)
  actual   []";
        assert_eq!(told, wanted);
        assert_eq!(fields(&expected, &expected), [""; 0]);
        assert_eq!(fields(&json!(1), &json!("1")), ["the whole", "  expected 1", "  actual   \"1\""]);
    }

    #[test]
    fn one_event_too_many_does_not_make_the_others_differ() {
        let made = |n: u64| event("Made", json!({ "n": n }));
        let sold = || event("Sold", json!({}));
        let told = events(&[made(1), sold(), made(3)], &[made(1), made(2), sold(), made(4)]);
        let wanted = [
            "event 2 was not expected: Made {\"n\":2}",
            "event 4, `Made`",
            "  `n`",
            "    expected 3",
            "    actual   4",
        ];
        assert_eq!(told, wanted);
        assert_eq!(events(&[sold(), made(1)], &[sold()]), ["event 2 did not come: Made {\"n\":1}"]);
        assert_eq!(events(&[sold()], &[sold()]), [""; 0]);
    }

    #[test]
    fn another_schema_is_another_event() {
        let second = StoredEvent { schema: 2, ..event("Made", json!({})) };
        let told = events(&[event("Made", json!({}))], &[second]);
        assert_eq!(told, ["event 1 did not come: Made {}", "event 1 was not expected: Made (schema 2) {}"]);
    }

    #[test]
    fn a_type_is_called_by_its_last_name() {
        assert_eq!(short_name::<StoredEvent>(), "StoredEvent");
        assert_eq!(short_name::<Vec<StoredEvent>>(), "Vec<cqrs_core::commit::StoredEvent>");
        assert_eq!(short_name::<u8>(), "u8");
    }
}
