//! Records of a table's stream, as Lambda delivers them.

use serde_json::{Map, Value, json};

/// The event with which Lambda calls a function.
#[must_use]
pub fn event(records: &[Value]) -> Value {
    json!({ "Records": records })
}

/// The record of an item that was put (`INSERT`), written over (`MODIFY`), or deleted (`REMOVE`), with its sequence number.
#[must_use]
pub fn record(name: &str, number: &str, item: &Value) -> Value {
    let keys = json!({ "pk": item["pk"], "sk": item["sk"] });
    json!({
        "eventID": number,
        "eventName": name,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-central-1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1_704_103_200,
            "Keys": image(&keys),
            "NewImage": if name == "REMOVE" { json!({}) } else { image(item) },
            "SequenceNumber": number,
            "SizeBytes": 500,
            "StreamViewType": "NEW_IMAGE"
        },
        "eventSourceARN": "arn:aws:dynamodb:eu-central-1:0:table/events/stream/2024-01-01T00:00:00.000"
    })
}

/// An item in DynamoDB's own JSON.
fn image(item: &Value) -> Value {
    let fields = item.as_object().into_iter().flatten();
    Value::Object(fields.map(|(name, value)| (name.clone(), attribute(value))).collect::<Map<_, _>>())
}

fn attribute(value: &Value) -> Value {
    match value {
        Value::Null => json!({ "NULL": true }),
        Value::Bool(flag) => json!({ "BOOL": flag }),
        Value::Number(number) => json!({ "N": number.to_string() }),
        Value::String(text) => json!({ "S": text }),
        Value::Array(values) => json!({ "L": values.iter().map(attribute).collect::<Vec<_>>() }),
        Value::Object(_) => json!({ "M": image(value) }),
    }
}
