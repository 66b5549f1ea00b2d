use std::borrow::Cow;
use std::sync::Arc;

use crate::key::{StreamKey, Tenant};
use crate::view::ViewId;

/// One of the editions of a projection: the views that one fold has made, with their fences.
///
/// The first edition has the plain addresses. The views of every other one have the fingerprint of their fold and a number in the
/// partition key, `TENANT001#CUSTOMER_TOTALS:0123456789abcdef.2`: no view name has a `:`. Addresses are never used again, so what
/// a process has cached about a removed edition does no harm. Views at their aggregate's key have one edition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Edition(Option<Arc<str>>);

impl Edition {
    /// The one at the plain addresses.
    pub(crate) const FIRST: Self = Self(None);

    /// How many bytes an edition and a replay add to a partition key: a fingerprint and two numbers, each after a separator.
    pub(crate) const LONGEST: usize = 1 + 16 + 1 + 20 + 1 + 20;

    /// The edition of a fold, which began with a number.
    pub(super) fn of_fold(fold: &str, begun: u64) -> Self {
        Self(Some(format!("{fold}.{begun}").into()))
    }

    /// The name of the views of a projection in partition keys.
    pub(crate) fn name(&self, view: &'static str) -> Cow<'static, str> {
        match &self.0 {
            None => view.into(),
            Some(edition) => format!("{view}:{edition}").into(),
        }
    }

    /// The address of the view that has this one in the first edition.
    pub(crate) fn at(&self, first: ViewId) -> ViewId {
        match &self.0 {
            None => first,
            Some(edition) => ViewId { pk: format!("{}:{edition}", first.pk), sk: first.sk },
        }
    }

    /// The partition that holds all its views of a projection and a tenant.
    pub(crate) fn partition(&self, view: &'static str, tenant: &Tenant) -> String {
        ViewId::partition(&self.name(view), tenant)
    }

    /// The address of a projection's fence of a stream. `@` cannot be in a rendered key part, so a fence never collides with
    /// a view.
    pub(crate) fn fence(&self, view: &'static str, stream: &StreamKey) -> ViewId {
        ViewId { pk: format!("{}@{}", stream.pk(), self.name(view)), sk: stream.sk().to_owned() }
    }
}
