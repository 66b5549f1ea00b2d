use serde_json::Value;

use crate::commit::record::Record;

/// The largest number of indexes of a view, which is DynamoDB's limit for a table (Amazon DynamoDB Developer Guide, "Quotas in
/// Amazon DynamoDB").
pub const MAX_INDEXES: usize = 20;

/// The place of a view in one of its indexes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct IndexEntry {
    /// The number of the index, from 1 to [`MAX_INDEXES`].
    pub slot: usize,
    /// `TENANT001#ORDER_SUMMARY#by_customer.5f0c2a91#CUST-001`: the index of one tenant, with a hash of its fields, and the value of
    /// the first one.
    pub pk: String,
    /// The other fields, each followed by a space, and the id of the view: `2024-01-01T10:00:00.000Z 20240101-001`.
    pub sk: String,
}

impl IndexEntry {
    /// An entry in the index `slot`.
    #[must_use]
    pub fn new(slot: usize, pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { slot, pk: pk.into(), sk: sk.into() }
    }

    /// The attributes of a view's item that hold the keys of one index: `index1pk` and `index1sk`.
    #[must_use]
    pub fn attributes(slot: usize) -> (String, String) {
        (format!("index{slot}pk"), format!("index{slot}sk"))
    }

    /// All entries in the record of a view, in the order of their slots. An entry needs both of its keys.
    #[must_use]
    pub fn all_of(record: &Record) -> Vec<Self> {
        let entry = |(name, pk): (&String, &Value)| {
            let slot = name.strip_prefix("index")?.strip_suffix("pk")?.parse().ok()?;
            let sk = record.get(&Self::attributes(slot).1)?;
            Some(Self::new(slot, pk.as_str()?, sk.as_str()?))
        };
        let mut entries: Vec<_> = record.iter().filter_map(entry).collect();
        entries.sort_by_key(|entry| entry.slot);
        entries
    }

    pub(super) fn insert_into(&self, record: &mut Record) {
        let (pk, sk) = Self::attributes(self.slot);
        record.insert(pk, self.pk.as_str().into());
        record.insert(sk, self.sk.as_str().into());
    }
}
