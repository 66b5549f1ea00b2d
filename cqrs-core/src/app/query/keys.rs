//! Which keys a query reads.

use std::ops::Bound;

use super::{By, Query, Range};
use crate::key::{KeyError, MAX_PK_BYTES, MAX_SK_BYTES, extend_hash, stable_hash};
use crate::projection::{AFTER_END, END, View, ViewAddress};
use crate::store::StoreError;
use crate::view::SortRange;

impl<V: View> Query<'_, V> {
    /// The sort keys that are wanted; `None` if there cannot be any.
    pub(super) fn wanted(&self) -> Result<Option<Wanted>, StoreError> {
        // Nothing can be stored there.
        if self.pk.len() > MAX_PK_BYTES || self.prefix.len() > MAX_SK_BYTES {
            return Ok(None);
        }
        let wanted = match &self.by {
            By::Index(..) => Wanted { range: self.indexed(), without: None },
            By::Key => self.keyed(),
        };
        match &wanted.range {
            SortRange::Between(from, to) if from > to => return Ok(None),
            // No text is before the empty text, and DynamoDB does not take it as a key.
            SortRange::UpTo(to) if to.is_empty() => return Ok(None),
            SortRange::Between(bound, other) if bound.len().max(other.len()) > MAX_SK_BYTES => {
                return Err(too_long(bound.len().max(other.len())));
            }
            SortRange::Prefix(bound) | SortRange::From(bound) | SortRange::UpTo(bound)
                if bound.len() > MAX_SK_BYTES =>
            {
                return Err(too_long(bound.len()));
            }
            _ => {}
        }
        Ok(Some(wanted))
    }

    /// The sort keys of an index: the values of its fields, each followed by an [`END`], and the id of the view.
    fn indexed(&self) -> SortRange {
        let prefix = &self.prefix;
        let (from, to) = match &self.range {
            Range::Whole => (Bound::Unbounded, Bound::Unbounded),
            Range::Begins(beginning) => return beginning_with(format!("{prefix}{beginning}")),
            Range::Within(from, to) => (from.as_ref(), to.as_ref()),
        };
        let from = match from {
            Bound::Included(text) => Some(format!("{prefix}{text}{END}")),
            Bound::Excluded(text) => Some(format!("{prefix}{text}{AFTER_END}")),
            Bound::Unbounded => None,
        };
        let to = match to {
            Bound::Included(text) => Some(format!("{prefix}{text}{AFTER_END}")),
            Bound::Excluded(text) => Some(format!("{prefix}{text}")),
            Bound::Unbounded => None,
        };
        between(prefix, from, to)
    }

    /// The sort keys of the views themselves. If the end is exclusive, also the one sort key that does not belong to
    /// them.
    fn keyed(&self) -> Wanted {
        let prefix = &self.prefix;
        let is_one = self.fields > 0 && self.fields == V::Key::PARTS.len();
        let (from, to) = match &self.range {
            Range::Whole if is_one => {
                return Wanted { range: SortRange::Between(prefix.clone(), prefix.clone()), without: None };
            }
            Range::Whole => (Bound::Unbounded, Bound::Unbounded),
            Range::Begins(beginning) => {
                return Wanted { range: beginning_with(format!("{prefix}{beginning}")), without: None };
            }
            Range::Within(from, to) => (from.as_ref(), to.as_ref()),
        };
        let bound = |text: &String| format!("{prefix}{text}");
        let from = match from {
            Bound::Included(text) => Some(bound(text)),
            // No key has a character before the space.
            Bound::Excluded(text) => Some(format!("{}{END}", bound(text))),
            Bound::Unbounded => None,
        };
        let without = if let Bound::Excluded(text) = to { Some(bound(text)) } else { None };
        let to = match to {
            Bound::Included(text) | Bound::Excluded(text) => Some(bound(text)),
            Bound::Unbounded => None,
        };
        Wanted { range: between(prefix, from, to), without }
    }

    /// A hash of everything that a cursor belongs to. Cursors are stored outside the program, so no release may change
    /// the hash without need.
    pub(super) fn hash(&self, range: &SortRange) -> u64 {
        let shape = match &self.by {
            By::Index(_, index) => index.shape(),
            By::Key => V::Key::PARTS.iter().fold(0, |hash, part| extend_hash(hash, part.as_bytes())),
        };
        let (kind, bounds) = match range {
            SortRange::All => (0_u8, [None, None]),
            SortRange::Prefix(prefix) => (1, [Some(prefix), None]),
            SortRange::From(from) => (2, [Some(from), None]),
            SortRange::UpTo(to) => (3, [Some(to), None]),
            SortRange::Between(from, to) => (4, [Some(from), Some(to)]),
        };
        let mut hash = stable_hash(self.pk.as_bytes());
        hash = extend_hash(hash, &shape.to_le_bytes());
        hash = extend_hash(hash, &[kind, u8::from(self.descending)]);
        for bound in bounds.into_iter().flatten() {
            hash = extend_hash(extend_hash(hash, bound.as_bytes()), &[0xff]);
        }
        hash
    }
}

/// Which sort keys a query wants.
pub(super) struct Wanted {
    pub(super) range: SortRange,
    /// One sort key in the range that does not belong to it.
    pub(super) without: Option<String>,
}

fn beginning_with(text: String) -> SortRange {
    if text.is_empty() { SortRange::All } else { SortRange::Prefix(text) }
}

/// Sort keys that begin with a prefix and lie between these two.
fn between(prefix: &str, from: Option<String>, to: Option<String>) -> SortRange {
    match (from, to) {
        (None, None) => beginning_with(prefix.to_owned()),
        (Some(from), Some(to)) => SortRange::Between(from, to),
        (Some(from), None) => match end_of(prefix) {
            Some(end) => SortRange::Between(from, end),
            None => SortRange::From(from),
        },
        (None, Some(to)) if prefix.is_empty() => SortRange::UpTo(to),
        (None, Some(to)) => SortRange::Between(prefix.to_owned(), to),
    }
}

/// A text after everything that begins with a prefix, and before everything that follows: the prefix with its last
/// character replaced by the next one.
fn end_of(prefix: &str) -> Option<String> {
    let mut end = prefix.to_owned();
    let last = end.pop()?;
    end.push(char::from(u8::try_from(last).ok()?.checked_add(1)?));
    Some(end)
}

fn too_long(bytes: usize) -> StoreError {
    StoreError::Key(KeyError::TooLong { attribute: "sk", bytes, limit: MAX_SK_BYTES })
}
