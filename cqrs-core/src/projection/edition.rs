use std::borrow::Cow;
use std::sync::Arc;

use super::{View, ViewAddress};
use crate::key::{KeyError, StreamKey, Tenant};
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

    /// The name of its views in partition keys.
    pub(crate) fn name<V: View>(&self) -> Cow<'static, str> {
        match &self.0 {
            None => V::VIEW.into(),
            Some(edition) => format!("{}:{edition}", V::VIEW).into(),
        }
    }

    /// The address of the view at a key.
    pub(crate) fn view<V: View>(&self, key: &V::Key) -> Result<ViewId, KeyError> {
        let id = ViewId::of::<V>(key)?;
        Ok(match self.0 {
            None => id,
            Some(_) => ViewId { pk: self.partition::<V>(key.view_tenant()), sk: id.sk },
        })
    }

    /// The partition that holds all its views of a tenant.
    pub(crate) fn partition<V: View>(&self, tenant: &Tenant) -> String {
        ViewId::partition(&self.name::<V>(), tenant)
    }

    /// The address of the fence of a stream. `@` cannot be in a rendered key part, so a fence never collides with a view.
    pub(crate) fn fence<V: View>(&self, stream: &StreamKey) -> ViewId {
        ViewId { pk: format!("{}@{}", stream.pk(), self.name::<V>()), sk: stream.sk().to_owned() }
    }
}
