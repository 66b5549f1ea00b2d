//! CloudFormation's functions that look up another resource.

use serde_json::{Value, json};

pub(super) fn reference(id: &str) -> Value {
    json!({ "Ref": id })
}

pub(super) fn attribute(id: &str, name: &str) -> Value {
    json!({ "Fn::GetAtt": [id, name] })
}

pub(super) fn arn(id: &str) -> Value {
    attribute(id, "Arn")
}

/// An entry of the section `Outputs`.
pub(super) fn output(id: impl Into<String>, description: String, value: Value) -> (String, Value) {
    (id.into(), json!({ "Description": description, "Value": value }))
}
