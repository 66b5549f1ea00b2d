use super::shape::{Field, Shape};
use crate::key::{extend_hash, stable_hash};

/// A text that is put together at compile time, where there is no heap. What does not fit is counted and left out. A
/// text without room is hashed.
pub struct Text<const N: usize> {
    bytes: [u8; N],
    len: usize,
    size: usize,
    hash: u64,
}

impl<const N: usize> Text<N> {
    pub(crate) const fn new() -> Self {
        Self { bytes: [0; N], len: 0, size: 0, hash: stable_hash(&[]) }
    }

    /// The text; whole characters only.
    #[must_use]
    pub const fn text(&self) -> &str {
        let bytes = self.bytes.split_at(self.len).0;
        match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(cut) => match std::str::from_utf8(bytes.split_at(cut.valid_up_to()).0) {
                Ok(text) => text,
                Err(_) => "",
            },
        }
    }

    /// How many bytes the whole text has, with what did not fit.
    pub(crate) const fn size(&self) -> usize {
        self.size
    }

    /// The hash of a text without room.
    pub(crate) const fn hash(&self) -> u64 {
        self.hash
    }

    pub(crate) const fn push(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// The same text with more appended.
    pub(crate) const fn with(mut self, text: &str) -> Self {
        self.push(text);
        self
    }

    pub(crate) const fn bytes(&mut self, bytes: &[u8]) {
        self.size += bytes.len();
        if N == 0 {
            self.hash = extend_hash(self.hash, bytes);
            return;
        }
        let mut index = 0;
        while index < bytes.len() && self.len < N {
            self.bytes[self.len] = bytes[index];
            self.len += 1;
            index += 1;
        }
    }

    pub(crate) const fn number(&mut self, number: u64) {
        if number >= 10 {
            self.number(number / 10);
        }
        self.bytes(&[b'0' + (number % 10) as u8]);
    }

    /// Pushes bytes directly, because function calls take the compiler the longest time.
    pub(crate) const fn shape(&mut self, shape: &Shape) {
        match shape {
            Shape::Scalar(name) => self.bytes(name.as_bytes()),
            Shape::Optional(inner) => {
                self.shape(inner);
                self.bytes(b"?");
            }
            Shape::List(item) => {
                self.bytes(b"[");
                self.shape(item);
                self.bytes(b"]");
            }
            Shape::Array(item, length) => {
                self.bytes(b"[");
                self.shape(item);
                self.bytes(b"; ");
                self.number(*length as u64);
                self.bytes(b"]");
            }
            Shape::Tuple(items) => {
                self.bytes(b"(");
                let mut index = 0;
                while index < items.len() {
                    if index > 0 {
                        self.bytes(b", ");
                    }
                    self.shape(&items[index]);
                    index += 1;
                }
                self.bytes(b")");
            }
            Shape::Map(key, value) => {
                self.bytes(b"map<");
                self.shape(key);
                self.bytes(b", ");
                self.shape(value);
                self.bytes(b">");
            }
            Shape::Record(fields) => self.fields(fields),
            Shape::Choice(tagging, cases) => {
                self.bytes(tagging.as_bytes());
                self.bytes(b" ");
                self.fields(cases);
            }
            Shape::Itself => self.bytes(b"itself"),
            Shape::Opaque(name) => {
                self.bytes(b"opaque \"");
                self.bytes(name.as_bytes());
                self.bytes(b"\"");
            }
            Shape::Example(shape, _) | Shape::Lossy(shape) | Shape::Recursive(_, shape) => self.shape(shape),
        }
    }

    const fn fields(&mut self, fields: &[Field]) {
        if fields.is_empty() {
            self.bytes(b"{}");
            return;
        }
        self.bytes(b"{ ");
        let mut index = 0;
        while index < fields.len() {
            if index > 0 {
                self.bytes(b", ");
            }
            self.bytes(fields[index].label.as_bytes());
            if let Some(shape) = &fields[index].shape {
                self.bytes(b": ");
                self.shape(shape);
            }
            index += 1;
        }
        self.bytes(b" }");
    }
}
