//! Indexes: by which fields views are listed, and how their values are written into keys.

mod asked;
mod column;
mod encoding;
mod value;

pub use asked::{
    Asked, AskedOfKey, Criterion, FieldValue, OrderedPart, PartValue, Ranged, StartsWith, starts_with,
};
pub use column::Column;
pub(crate) use encoding::{AFTER_END, END};
#[cfg(all(test, any(feature = "chrono", feature = "rust_decimal", feature = "uuid")))]
pub(crate) use value::tests::check as check_order;
pub use value::{IndexField, IndexText, IndexValue};

use std::fmt;

use super::View;
use crate::key::{MAX_PK_BYTES, MAX_SK_BYTES, extend_hash, stable_hash};
use crate::panic::caught;
use crate::view::{IndexEntry, ViewId};

/// An index of the views `V`, as `#[projection(…, index(by_customer(customer_id, ordered_at)))]` declares it.
pub struct Index<V: 'static> {
    pub(crate) name: &'static str,
    shape: u64,
    pub(crate) columns: &'static [Column<V>],
}

impl<V: 'static> Index<V> {
    /// An index by some fields.
    #[must_use]
    pub const fn new(name: &'static str, columns: &'static [Column<V>]) -> Self {
        let mut shape = stable_hash(name.as_bytes());
        let mut at = 0;
        while at < columns.len() {
            shape = extend_hash(extend_hash(shape, b"#"), columns[at].name.as_bytes());
            shape = extend_hash(shape, &columns[at].shape.to_le_bytes());
            at += 1;
        }
        Self { name, shape, columns }
    }

    /// Its name: `by_customer`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Its fields, in their order.
    pub fn fields(&self) -> impl Iterator<Item = &'static str> + use<V> {
        self.columns.iter().map(|column| column.name)
    }

    /// Those of its fields that are texts, for `cqrs_http`.
    #[doc(hidden)]
    pub fn text_fields(&self) -> impl Iterator<Item = &'static str> + use<V> {
        self.columns.iter().filter(|column| column.is_text()).map(|column| column.name)
    }

    /// A number that changes with the name, the fields and their encoding.
    pub(crate) const fn shape(&self) -> u64 {
        self.shape
    }

    /// The index with its slot and its fields: with other fields, the same name is another index.
    pub(crate) fn id(&self, slot: usize) -> String {
        format!("{slot}.{}.{:08x}", self.name, self.shape)
    }
}

impl<V: 'static> fmt::Debug for Index<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Index").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A view cannot be in an index.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IndexError {
    /// The key is too long for DynamoDB.
    #[error(
        "view {view} cannot be in its index `{index}`: the {key} key would take {bytes} bytes, and DynamoDB takes at most \
         {limit}; index a shorter field, or keep the beginning of the text in a field of its own"
    )]
    TooLong {
        /// The sort key of the view.
        view: String,
        /// The name of the index.
        index: &'static str,
        /// `partition` or `sort`.
        key: &'static str,
        /// Its length in bytes.
        bytes: usize,
        /// The limit of DynamoDB.
        limit: usize,
    },
    /// The code that writes a value panicked.
    #[error("view {view} cannot be in its index `{index}`: it panicked: {text}")]
    Panicked {
        /// The sort key of the view.
        view: String,
        /// The name of the index.
        index: &'static str,
        /// The message of the panic.
        text: String,
    },
}

/// The partition of an index: that of the views, the name of the index with its shape, and the text of its first field.
/// An index of other fields under the same name has another partition, so entries with another order are never found.
pub(crate) fn partition<V>(views: &str, index: &Index<V>, first: &str) -> String {
    let shape = index.shape & 0xffff_ffff;
    format!("{views}#{}.{shape:08x}#{first}", index.name)
}

/// The entries of the view at `id`.
pub(crate) fn entries<V: View>(view: &V, id: &ViewId) -> Result<Vec<IndexEntry>, IndexError> {
    let mut entries = Vec::new();
    for (at, index) in V::INDEXES.iter().enumerate() {
        let (name, view_id) = (index.name, id.sk.as_str());
        let texts =
            caught(|| index.columns.iter().map(|column| column.text_in(view)).collect::<Option<Vec<_>>>())
                .map_err(|text| IndexError::Panicked { view: view_id.to_owned(), index: name, text })?;
        let Some((first, others)) = texts.as_ref().and_then(|texts| texts.split_first()) else { continue };
        let pk = partition(&id.pk, index, first);
        let mut sk = String::new();
        for text in others {
            sk.push_str(text);
            sk.push(END);
        }
        sk.push_str(local_id::<V>(view_id));
        for (key, bytes, limit) in [("partition", pk.len(), MAX_PK_BYTES), ("sort", sk.len(), MAX_SK_BYTES)] {
            if bytes > limit {
                let view = view_id.to_owned();
                return Err(IndexError::TooLong { view, index: name, key, bytes, limit });
            }
        }
        entries.push(IndexEntry::new(at + 1, pk, sk));
    }
    Ok(entries)
}

/// The id of a view in the sort key of its item: without the name of the view.
pub(crate) fn local_id<V: View>(sk: &str) -> &str {
    sk.strip_prefix(V::VIEW).and_then(|id| id.strip_prefix('#')).unwrap_or(sk)
}
