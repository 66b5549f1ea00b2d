//! The expansion of `#[aggregate(…, pk = "…", sk = "…")]`: constant pieces, rendered and parsed here.

use std::cell::RefCell;

use super::part::KeyPart;
use super::{KeyError, Tenant, encode_into};

/// One piece of a key template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// Literal text.
    Literal(&'static str),
    /// `{tenant}`.
    Tenant,
    /// `{field}` or `{field:06}`.
    Field {
        /// The field's name, as in the template.
        name: &'static str,
        /// Its index among the key's fields.
        index: usize,
        /// Digits that an integer is padded to; 0 for no padding.
        width: usize,
    },
    /// The shard of a hot tenant: a stable hash of the rendered sort key, in two digits or more.
    Shard {
        /// How many shards there are.
        count: u16,
    },
}

/// The two templates of a key.
#[derive(Debug, Clone, Copy)]
pub struct KeyTemplate {
    /// Pieces of the partition key.
    pub pk: &'static [Piece],
    /// Pieces of the sort key, without the version.
    pub sk: &'static [Piece],
}

impl KeyTemplate {
    /// The partitions that hold all streams of a tenant; `None` if `pk` contains a field of the key, so that the partitions
    /// cannot be listed.
    pub(crate) fn partitions(&self, tenant: &Tenant) -> Option<Vec<String>> {
        let mut partitions = vec![String::new()];
        for piece in self.pk {
            match *piece {
                Piece::Literal(text) => partitions.iter_mut().for_each(|pk| pk.push_str(text)),
                Piece::Tenant => partitions.iter_mut().for_each(|pk| encode_into(tenant.as_str(), pk)),
                Piece::Field { .. } => return None,
                Piece::Shard { count } => {
                    let with_shard = |pk: &String| {
                        let pk = pk.clone();
                        (0..count.max(1)).map(move |shard| format!("{pk}{}", render_shard(shard.into())))
                    };
                    partitions = partitions.iter().flat_map(with_shard).collect();
                }
            }
        }
        Some(partitions)
    }
}

/// The rendered fields of a key, before they are parsed.
#[doc(hidden)]
pub struct Parts<'a> {
    parts: Vec<Option<&'a str>>,
    text: &'a str,
    pieces: &'static [Piece],
    /// How the fields that have been read render.
    rendered: Option<RefCell<Vec<String>>>,
}

impl<'a> Parts<'a> {
    /// The fields that a template has found in `text`.
    pub(crate) fn new(parts: Vec<Option<&'a str>>, text: &'a str, pieces: &'static [Piece]) -> Self {
        Self { parts, text, pieces, rendered: None }
    }

    /// The fields of an id as [`AggregateKey::id`] renders it.
    pub(crate) fn of_id(id: &'a str) -> Self {
        Self { parts: id.split('#').map(Some).collect(), text: id, pieces: &[], rendered: None }
    }

    /// The same, of a beginning of an id whose fields are looked at one by one: see [`Self::last_rendered`].
    pub(crate) fn of_beginning(id: &'a str) -> Self {
        Self { rendered: Some(RefCell::default()), ..Self::of_id(id) }
    }

    /// How the last field of the beginning renders, once a key was read from it; `None` if the text is not of the
    /// field's type.
    pub(crate) fn last_rendered(self) -> Option<String> {
        let mut rendered = self.rendered?.into_inner();
        if rendered.len() == self.parts.len() { rendered.pop() } else { None }
    }

    /// Reads the field at `index`.
    pub fn field<T: KeyPart>(&self, index: usize) -> Result<T, KeyError> {
        let part = self.parts.get(index).copied().flatten();
        let value = part
            .and_then(T::parse_part)
            .ok_or_else(|| malformed(self.text, self.pieces, "a part does not parse as its field's type"))?;
        if let Some(rendered) = &self.rendered {
            let mut text = String::new();
            value.render_part(0, &mut text);
            rendered.borrow_mut().push(text);
        }
        Ok(value)
    }
}

pub(crate) fn render_shard(shard: u64) -> String {
    format!("{shard:02}")
}

pub(crate) fn malformed(text: &str, pieces: &[Piece], reason: &str) -> KeyError {
    let pieces = pieces.iter().map(|piece| match *piece {
        Piece::Literal(literal) => literal.to_owned(),
        Piece::Tenant => "{tenant}".to_owned(),
        Piece::Field { name, .. } => format!("{{{name}}}"),
        Piece::Shard { .. } => "{shard}".to_owned(),
    });
    let mut expected: String = pieces.collect();
    if expected.is_empty() {
        "the fields of the key, joined by `#`".clone_into(&mut expected);
    }
    KeyError::Malformed { text: text.to_owned(), expected, reason: reason.to_owned() }
}

/// FNV-1a, 64 bits: stored data must not depend on the release of the standard library.
pub(crate) const fn stable_hash(bytes: &[u8]) -> u64 {
    extend_hash(0xcbf2_9ce4_8422_2325, bytes)
}

/// Continues a hash with these bytes.
#[allow(clippy::cast_possible_truncation)]
pub(crate) const fn extend_hash(mut hash: u64, mut bytes: &[u8]) -> u64 {
    // With an `events.lock`, the compiler interprets this for every event, and would spend most of the time on calls of
    // `wrapping_mul`.
    while let [byte, rest @ ..] = bytes {
        hash = ((hash ^ *byte as u64) as u128 * 0x0000_0100_0000_01b3) as u64;
        bytes = rest;
    }
    hash
}
