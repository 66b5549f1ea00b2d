//! Why stored data does not have the shape of a type, without its content: reasons go into logs and dead letters, and
//! the data may be private.

/// serde's message, with `…` instead of the value that it shows. A message that a user's type makes itself is taken as
/// it is, except for texts in quotation marks.
pub(crate) fn unreadable(error: &serde_json::Error) -> String {
    without_values(&error.to_string())
}

fn without_values(said: &str) -> String {
    // The kind of the value comes first, and the expectation last: `invalid type: string "x", expected u64`.
    const SHOWN: [&str; 3] = ["invalid type: ", "invalid value: ", "unknown variant "];
    let shown = SHOWN.iter().any(|start| said.starts_with(start));
    let (start, end) = match (shown, said.rfind(", expected ")) {
        (true, Some(expected)) => {
            (said.get(..expected).and_then(|text| text.find(['"', '`'])), Some(expected))
        }
        (true, None) => (said.find(['"', '`']), None),
        (false, _) => (said.find('"'), said.rfind('"').map(|quote| quote + 1)),
    };
    match start {
        Some(start) => {
            let before = said.get(..start).unwrap_or_default();
            let after = end.and_then(|end| said.get(end..)).unwrap_or_default();
            format!("{before}…{after}")
        }
        None => said.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::{Value, json};

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Card {
        holder: String,
        cents: u64,
        kind: Kind,
    }

    #[derive(Debug, Deserialize)]
    enum Kind {
        Debit,
        Credit,
    }

    fn said(change: impl FnOnce(&mut Value)) -> String {
        let mut card = json!({ "holder": "Ada", "cents": 1, "kind": "Debit" });
        change(&mut card);
        unreadable(&serde_json::from_value::<Card>(card).unwrap_err())
    }

    #[test]
    fn a_value_is_not_shown() {
        let secret = "4111, expected \"1111\" `x`";
        for (field, value, told) in [
            ("cents", json!(secret), "invalid type: string …, expected u64"),
            ("cents", json!(-41_111_111), "invalid value: integer …, expected u64"),
            ("cents", json!(4.111), "invalid type: floating point …, expected u64"),
            ("holder", json!(true), "invalid type: boolean …, expected a string"),
            ("holder", json!(null), "invalid type: null, expected a string"),
            ("holder", json!([4111]), "invalid type: sequence, expected a string"),
            ("kind", json!("4111"), "unknown variant …, expected `Debit` or `Credit`"),
        ] {
            let text = said(|card| card[field] = value.clone());
            assert!(!text.contains("4111") && !text.contains("1111"), "{text}");
            // With `serde_json/arbitrary_precision` a number has other words.
            if serde_json::Number::from_u128(u128::MAX).is_none() || !value.is_number() {
                assert_eq!(text, told);
            }
        }
    }

    #[test]
    fn a_field_is_named() {
        assert_eq!(said(|card| drop(card.as_object_mut().unwrap().remove("cents"))), "missing field `cents`");
        assert!(said(|card| card["more"] = 1.into()).starts_with("unknown field `more`, expected one of"));
    }

    #[test]
    fn what_a_type_says_itself_is_told_without_texts_in_quotation_marks() {
        assert_eq!(
            without_values("no address: \"ada@example.org\" has no host"),
            "no address: … has no host"
        );
        assert_eq!(without_values("too long"), "too long");
    }
}
