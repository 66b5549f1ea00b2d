use crate::commit::record::Record;
use crate::key::{Tenant, encode_into};

/// The rendered address of a view.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct ViewId {
    /// `TENANT001#ORDER_SUMMARY`.
    pub pk: String,
    /// `ORDER_SUMMARY#20240101-001`.
    pub sk: String,
}

impl ViewId {
    /// The address with these stored keys.
    #[must_use]
    pub fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: pk.into(), sk: sk.into() }
    }

    pub(crate) fn record(&self) -> Record {
        Record::from_iter([
            ("pk".to_owned(), self.pk.as_str().into()),
            ("sk".to_owned(), self.sk.as_str().into()),
        ])
    }

    /// The partition that holds all views of one name and tenant.
    #[must_use]
    pub fn partition(view: &str, tenant: &Tenant) -> String {
        let mut pk = String::new();
        encode_into(tenant.as_str(), &mut pk);
        pk.push('#');
        pk.push_str(view);
        pk
    }
}
