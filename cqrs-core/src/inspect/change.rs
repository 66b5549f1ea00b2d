use serde::Serialize;
use serde_json::Value;

use crate::json::difference;

/// One changed field.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Change {
    /// Its path: `lines[2].quantity`, or `totals["2024.01"]` if a name has characters other than letters, digits, `_`
    /// and `-`. Empty if the whole state differs.
    pub path: String,
    /// The value before; `None` if it was not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// The value after; `None` if it is no longer there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

impl Change {
    /// The differences between two states, in the order of their fields' names. Two lists are compared item by item.
    pub(super) fn between(before: &Value, after: &Value) -> Vec<Self> {
        let changed = difference::between(before, after).into_iter();
        changed
            .map(|difference| Self {
                path: difference.path,
                before: difference.left.cloned(),
                after: difference.right.cloned(),
            })
            .collect()
    }
}
