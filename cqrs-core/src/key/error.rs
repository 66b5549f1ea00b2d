/// A key that cannot be rendered, or a stored text that is not a valid key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// A part of the key is empty.
    #[error("the key's `{part}` is empty; every part of a key needs at least one character")]
    EmptyPart {
        /// The name of the part: `tenant`, or the field of the key.
        part: &'static str,
    },
    /// The rendered attribute is longer than DynamoDB allows.
    #[error("the key's `{attribute}` takes {bytes} bytes, and DynamoDB takes at most {limit}")]
    TooLong {
        /// `pk` or `sk`.
        attribute: &'static str,
        /// Its rendered length, including percent-encoding and version.
        bytes: usize,
        /// The greatest length.
        limit: usize,
    },
    /// A stored key does not follow the template.
    #[error("`{text}` is not a key of the form `{expected}`: {reason}")]
    Malformed {
        /// The text as stored.
        text: String,
        /// The form it should have.
        expected: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl KeyError {
    /// The status of an HTTP answer to the request that led to this: 400.
    #[must_use]
    pub fn http_status(&self) -> u16 {
        400
    }
}
