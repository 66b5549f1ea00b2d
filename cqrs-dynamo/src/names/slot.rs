use cqrs_core::view::IndexEntry;

/// One global secondary index of the views table, by its number from 1.
///
/// All projections share it: the first index of each projection is in the first slot, its second index in the second. They do not
/// collide, because tenant, view and index are in the partition key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot(usize);

impl Slot {
    /// The slot with this number.
    pub(crate) fn of(number: usize) -> Self {
        Self(number)
    }

    /// The first slots, in order.
    pub(crate) fn first(count: usize) -> impl Iterator<Item = Self> {
        (1..=count).map(Self)
    }

    /// The name of the index: `index1`.
    pub(crate) fn index(self) -> String {
        format!("index{}", self.0)
    }

    /// The attribute that is its partition key: `index1pk`.
    pub(crate) fn partition_key(self) -> String {
        IndexEntry::attributes(self.0).0
    }

    /// The attribute that is its sort key: `index1sk`.
    pub(crate) fn sort_key(self) -> String {
        IndexEntry::attributes(self.0).1
    }
}
