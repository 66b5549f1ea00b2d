//! Commands as JSON lines.

use cqrs_core::KeyError;
use cqrs_core::prelude::*;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::domain::Item;

/// One line: the tenant, the order, the command, its sender and its time.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// The tenant.
    pub tenant: String,
    /// The order.
    pub order_id: String,
    /// When it happened.
    pub at: Timestamp,
    /// Who sent it.
    #[serde(default)]
    pub by: Option<String>,
    /// Its id; by default made of the order, the command and the time, so that a second run changes nothing.
    #[serde(default)]
    pub command_id: Option<String>,
    /// The version that its sender has seen, if that matters.
    #[serde(default)]
    pub expect_version: Option<u64>,
    /// The command.
    #[serde(flatten)]
    pub wanted: Wanted,
}

/// The command of a line.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "command", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Wanted {
    /// Orders something.
    Create {
        /// Who orders.
        customer_id: String,
        /// What.
        items: Vec<Item>,
    },
    /// Hands the order to a carrier.
    Ship {
        /// Who carries it.
        carrier: String,
        /// The city it goes to.
        city: String,
        /// The country it goes to.
        country: String,
    },
    /// Cancels the order.
    Cancel {
        /// Why.
        reason: String,
    },
}

/// Why a line is not a command.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LineError {
    /// Not even text.
    #[error("byte {column} is not UTF-8")]
    NotUtf8 {
        /// The first bad byte, from 1.
        column: usize,
    },
    /// Not JSON.
    #[error("column {column}: not JSON: {reason}")]
    NotJson {
        /// Where it stops being JSON, in bytes from 1.
        column: usize,
        /// What is wrong there.
        reason: String,
    },
    /// JSON of another shape.
    #[error("{reason}")]
    Shape {
        /// The missing or wrong part.
        reason: String,
    },
    /// An unknown field: a misspelt `expectVersion` must not pass unnoticed.
    #[error("unknown field `{field}`, expected {known}")]
    UnknownField {
        /// The field.
        field: String,
        /// The allowed fields.
        known: String,
    },
    /// A text that needs at least one character.
    #[error("`{field}` is empty")]
    Empty {
        /// The field.
        field: &'static str,
    },
    /// The tenant and the order do not make a key.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// The fields of every line, and those of an item.
const COMMON: [&str; 7] = ["command", "tenant", "orderId", "at", "by", "commandId", "expectVersion"];
const ITEM: [&str; 4] = ["productId", "quantity", "unitPriceCents", "discountPercent"];

impl Wanted {
    /// The command's name in the file.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Create { .. } => "create",
            Self::Ship { .. } => "ship",
            Self::Cancel { .. } => "cancel",
        }
    }

    /// Its fields in the file.
    fn fields(&self) -> &'static [&'static str] {
        match self {
            Self::Create { .. } => &["customerId", "items"],
            Self::Ship { .. } => &["carrier", "city", "country"],
            Self::Cancel { .. } => &["reason"],
        }
    }
}

impl Line {
    /// Reads one line.
    ///
    /// # Errors
    /// [`LineError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, LineError> {
        let text = std::str::from_utf8(bytes)
            .map_err(|error| LineError::NotUtf8 { column: error.valid_up_to() + 1 })?;
        let line: Self = serde_json::from_str(text).map_err(|error| refused(&error))?;
        // serde cannot refuse unknown fields next to a flattened one, so they are checked by hand.
        let fields: Map<String, Value> = serde_json::from_str(text).map_err(|error| refused(&error))?;
        check(&fields, &[&COMMON, line.wanted.fields()])?;
        for item in fields.get("items").and_then(Value::as_array).into_iter().flatten() {
            item.as_object().map_or(Ok(()), |item| check(item, &[&ITEM]))?;
        }
        if line.command_id.as_deref() == Some("") {
            return Err(LineError::Empty { field: "commandId" });
        }
        Ok(line)
    }

    /// The id under which it is executed.
    #[must_use]
    pub fn id(&self) -> String {
        match &self.command_id {
            Some(id) => id.clone(),
            None => format!("{} {} {}", self.wanted.name(), self.order_id, self.at),
        }
    }
}

fn check(fields: &Map<String, Value>, known: &[&[&str]]) -> Result<(), LineError> {
    let known = known.concat();
    match fields.keys().find(|field| !known.contains(&field.as_str())) {
        Some(field) => Err(LineError::UnknownField {
            field: field.clone(),
            known: known.iter().map(|field| format!("`{field}`")).collect::<Vec<_>>().join(", "),
        }),
        None => Ok(()),
    }
}

/// serde_json counts lines itself, always from 1; the file's own line is what helps.
fn refused(error: &serde_json::Error) -> LineError {
    let column = error.column();
    let text = error.to_string();
    let place = format!(" at line {} column {column}", error.line());
    let reason = text.strip_suffix(&place).unwrap_or(&text).to_owned();
    if error.is_data() { LineError::Shape { reason } } else { LineError::NotJson { column, reason } }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CANCEL: &str =
        r#"{"command":"cancel","tenant":"T","orderId":"1","at":"2024-01-01T10:00:00Z","reason":"late"}"#;

    fn refusal(text: &str) -> String {
        Line::parse(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn the_id_of_a_line_is_its_own_or_made_of_what_it_says() {
        let mut line = Line::parse(CANCEL.as_bytes()).unwrap();
        assert_eq!(line.id(), "cancel 1 2024-01-01T10:00:00.000Z");
        line.command_id = Some("c-1".to_owned());
        assert_eq!(line.id(), "c-1");
    }

    #[test]
    fn what_is_no_command_is_named() {
        assert_eq!(refusal("{"), "column 1: not JSON: EOF while parsing an object");
        assert_eq!(
            refusal(&CANCEL.replace(r#""cancel""#, r#""refund""#)),
            "unknown variant `refund`, expected one of `create`, `ship`, `cancel`"
        );
        assert_eq!(refusal(&CANCEL.replace(r#""tenant":"T","#, "")), "missing field `tenant`");
        assert_eq!(
            refusal(&CANCEL.replace("2024-01-01T10:00:00Z", "yesterday")),
            "`yesterday` is not an RFC 3339 time such as `2024-01-01T10:00:00Z`"
        );
        let misspelt = refusal(&CANCEL.replace(r#""reason""#, r#""expectVerison":1,"reason""#));
        assert!(misspelt.starts_with("unknown field `expectVerison`, expected `command`,"), "{misspelt}");
        assert_eq!(
            refusal(&CANCEL.replace(r#""reason""#, r#""commandId":"","reason""#)),
            "`commandId` is empty"
        );
    }

    #[test]
    fn what_is_no_text_is_named() {
        assert_eq!(Line::parse(b"{\"\xff\":1}").unwrap_err().to_string(), "byte 3 is not UTF-8");
    }
}
