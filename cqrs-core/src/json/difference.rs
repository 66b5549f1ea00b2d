//! The fields in which two values differ.

use std::fmt::Write;

use serde_json::{Map, Value};

/// A field that is different on the other side, or that only one side has.
#[derive(Debug, PartialEq)]
pub(crate) struct Difference<'a> {
    /// `lines[2].quantity`; empty for the whole.
    pub(crate) path: String,
    pub(crate) left: Option<&'a Value>,
    pub(crate) right: Option<&'a Value>,
}

/// The fields in which two values differ, by name; two lists are compared item by item.
pub(crate) fn between<'a>(left: &'a Value, right: &'a Value) -> Vec<Difference<'a>> {
    let mut found = Vec::new();
    compare(String::new(), Some(left), Some(right), &mut found);
    found
}

fn compare<'a>(
    path: String,
    left: Option<&'a Value>,
    right: Option<&'a Value>,
    found: &mut Vec<Difference<'a>>,
) {
    match (left, right) {
        (Some(Value::Object(left)), Some(Value::Object(right))) => {
            for name in names(left, right) {
                compare(field(&path, name), left.get(name), right.get(name), found);
            }
        }
        (Some(Value::Array(left)), Some(Value::Array(right))) => {
            for index in 0..left.len().max(right.len()) {
                compare(format!("{path}[{index}]"), left.get(index), right.get(index), found);
            }
        }
        (left, right) if left == right => {}
        (left, right) => found.push(Difference { path, left, right }),
    }
}

/// With `serde_json/preserve_order` a map has the order in which it was filled.
fn names<'a>(left: &'a Map<String, Value>, right: &'a Map<String, Value>) -> Vec<&'a String> {
    let mut names: Vec<_> =
        left.keys().chain(right.keys().filter(|name| !left.contains_key(*name))).collect();
    names.sort_unstable();
    names
}

fn field(path: &str, name: &str) -> String {
    let mut path = path.to_owned();
    let is_plain = |character: char| character.is_alphanumeric() || "_-".contains(character);
    if name.is_empty() || !name.chars().all(is_plain) {
        // Writing to a `String` cannot fail.
        let _ = write!(path, "[{}]", Value::from(name));
        return path;
    }
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(name);
    path
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_differs_is_reported_with_its_path() {
        let left = json!({ "a": 1, "items": [{ "sku": "x", "n": 1 }, 2], "by": { "a.b": 1 }, "gone": null });
        let right = json!({ "a": 1, "items": [{ "sku": "x", "n": 2 }], "by": { "a.b": 2 }, "new": [] });
        let told: Vec<_> = between(&left, &right)
            .into_iter()
            .map(|Difference { path, left, right }| (path, left.cloned(), right.cloned()))
            .collect();
        let expected = [
            ("by[\"a.b\"]", Some(json!(1)), Some(json!(2))),
            ("gone", Some(json!(null)), None),
            ("items[0].n", Some(json!(1)), Some(json!(2))),
            ("items[1]", Some(json!(2)), None),
            ("new", None, Some(json!([]))),
        ];
        assert_eq!(told, expected.map(|(path, left, right)| (path.to_owned(), left, right)));
        assert_eq!(between(&left, &left), []);
        assert_eq!(between(&json!(1), &json!("1"))[0].path, "");
    }
}
