use serde::Serialize;
use serde_json::Value;

use crate::json::difference;

/// One changed field.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Change {
    /// Its path: `lines[2].quantity`, or `totals["2024.01"]` where a name is not of letters, digits, `_` and `-`. Empty where the whole
    /// state is another one.
    pub path: String,
    /// Before; none where it was not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// After; none where it is not there any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

impl Change {
    /// What differs between two states, in the order of their fields' names; of two lists item by item.
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
