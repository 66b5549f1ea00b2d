use std::borrow::Cow;

use serde_json::Value;

/// The body of a commit's message, without the envelope that SNS adds unless a subscription delivers raw. A record has no `Type`
/// and no `Message`: only SNS uses these names.
pub(crate) fn unwrap(body: &str) -> Cow<'_, str> {
    // Raw bodies are the usual case, and must not be parsed twice.
    if !body.contains("\"Notification\"") {
        return Cow::Borrowed(body);
    }
    match serde_json::from_str(body) {
        Ok(Value::Object(mut envelope))
            if envelope.get("Type").is_some_and(|kind| kind == "Notification") =>
        {
            match envelope.remove("Message") {
                Some(Value::String(message)) => Cow::Owned(message),
                _ => Cow::Borrowed(body),
            }
        }
        _ => Cow::Borrowed(body),
    }
}

#[cfg(test)]
mod tests {
    use super::unwrap;

    #[test]
    fn an_envelope_is_opened_and_all_else_is_left_alone() {
        let enveloped = r#"{ "Type": "Notification", "Message": "{\"pk\":\"A\"}", "TopicArn": "…" }"#;
        assert_eq!(unwrap(enveloped), r#"{"pk":"A"}"#);
        for raw in [
            "",
            "hello",
            r#"{"pk":"A","data":{"kind":"Notification"}}"#,
            r#"{"Type":"Notification"}"#,
            r#"{"Type":"Notification","Message":{"pk":"A"}}"#,
            r#"{"Type":"SubscriptionConfirmation","Message":"…"}"#,
            r#"["Notification"]"#,
        ] {
            assert_eq!(unwrap(raw), raw);
        }
    }
}
