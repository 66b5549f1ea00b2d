use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Where the next page of a [query](super::App::query) begins: a text of letters, digits, `-` and `_`, for a link or a
/// form.
///
/// It belongs to its query: to the tenant, the view, the index, the conditions, and the order. Only the limit may
/// change from page to page. With any other query it is a [`QueryError::Cursor`](super::QueryError::Cursor). The same
/// happens when a later release of the program lists by other fields. The tenant is always that of the query: no
/// cursor, not even a forged one, leads to views of another tenant.
///
/// It is a place in the order, not in a copy. It survives restarts, and views that are written in the meantime appear
/// at their place. It holds the values that the view at that place is listed by, and these values can be read from it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// A hash of the query that it belongs to.
    pub(super) query: u64,
    /// The sort key of the last view of the page.
    pub(super) sk: String,
}

/// A text that is not a cursor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not a cursor: give back the text of `page.next` as it was, or leave it out for the first page"
)]
pub struct CursorError {
    text: String,
}

impl CursorError {
    /// The status of an HTTP answer to the request that had the text: 400.
    #[must_use]
    pub fn http_status(&self) -> u16 {
        400
    }
}

/// Where a query may begin: a cursor, or an `Option` of one, in which `None` is the first page.
#[diagnostic::on_unimplemented(
    message = "a query begins behind a `Cursor`, not behind a `{Self}`",
    label = "expected a `Cursor`, or an `Option` of one",
    note = "a cursor is read from its text: `text.parse::<Cursor>()?`"
)]
pub trait IntoCursor {
    /// The cursor; `None` for the first page.
    fn into_cursor(self) -> Option<Cursor>;
}

impl IntoCursor for Cursor {
    fn into_cursor(self) -> Option<Cursor> {
        Some(self)
    }
}

impl IntoCursor for &Cursor {
    fn into_cursor(self) -> Option<Cursor> {
        Some(self.clone())
    }
}

impl IntoCursor for Option<Cursor> {
    fn into_cursor(self) -> Option<Cursor> {
        self
    }
}

/// How much of a text that is not a cursor appears in a message.
const SHOWN: usize = 64;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = self.query.to_be_bytes().to_vec();
        bytes.extend_from_slice(self.sk.as_bytes());
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        let read = || {
            let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
            let (query, sk) = bytes.split_first_chunk()?;
            let sk = std::str::from_utf8(sk).ok().filter(|sk| !sk.is_empty())?;
            Some(Self { query: u64::from_be_bytes(*query), sk: sk.to_owned() })
        };
        read().ok_or_else(|| CursorError { text: text.chars().take(SHOWN).collect() })
    }
}

impl Serialize for Cursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cursor_comes_back_from_a_text_for_links(query: u64, sk in ".{1,40}") {
            let cursor = Cursor { query, sk };
            let text = cursor.to_string();
            prop_assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
            prop_assert_eq!(text.parse::<Cursor>().unwrap(), cursor);
        }

        #[test]
        fn any_text_is_a_cursor_or_an_error(text in ".*|[A-Za-z0-9_-]{0,40}") {
            if let Ok(cursor) = text.parse::<Cursor>() {
                prop_assert_eq!(cursor.to_string(), text);
            }
        }
    }

    #[test]
    fn what_is_none_is_said() {
        for text in ["", "AAAA", "AAAAAAAAAAA", "a b", "AAAAAAAAAAD_"] {
            let said = text.parse::<Cursor>().unwrap_err().to_string();
            assert!(said.contains(&format!("`{text}`")), "{said}");
        }
    }
}
