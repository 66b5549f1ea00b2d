use std::borrow::Cow;

use cqrs_core::store::record::Record;
use serde_json::Value;

use super::Item;
use super::attribute::{self, NoJson};

/// An item as it was read: its attributes that are JSON, and the kinds of the others.
///
/// The names borrow from the body of the answer: a store copies those that it keeps.
#[derive(Debug, Default)]
pub(crate) struct Row<'a> {
    pub(crate) fields: Vec<(Cow<'a, str>, Value)>,
    pub(crate) others: Vec<NoJson>,
}

impl Row<'_> {
    /// The record of the attributes that are JSON, and the kinds of the others.
    pub(crate) fn into_readable(self) -> (Record, Vec<NoJson>) {
        let fields = self.fields.into_iter().map(|(name, value)| (name.into_owned(), value));
        (fields.collect(), self.others)
    }
}

impl From<Item> for Row<'_> {
    fn from(item: Item) -> Self {
        let (mut fields, mut others) = (Vec::with_capacity(item.len()), Vec::new());
        let readable = attribute::readable(item, &mut others);
        fields.extend(readable.map(|(name, value)| (Cow::Owned(name), value)));
        Self { fields, others }
    }
}
