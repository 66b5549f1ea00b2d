use std::collections::VecDeque;
use std::marker::PhantomData;

use super::{Found, found};
use crate::key::Tenant;
use crate::projection::{Edition, Projection, erased};
use crate::projector::{self, Choice, editions};
use crate::runtime::Runtime;
use crate::store::{Extent, StoreError};
use crate::view::{StoredView, ViewId};

/// The views of a tenant, read page by page.
pub(super) struct TenantViews<'a, P> {
    runtime: &'a Runtime,
    tenant: Tenant,
    /// The edition that is read; `None` before the first page.
    edition: Option<Edition>,
    page: VecDeque<StoredView>,
    /// Where the next page begins; `None` if there is no other page.
    next: Option<Option<ViewId>>,
    /// The sort key of the view that was read last.
    last: Option<String>,
    projection: PhantomData<fn() -> P>,
}

impl<'a, P: Projection> TenantViews<'a, P> {
    pub(super) fn new(runtime: &'a Runtime, tenant: &Tenant) -> Self {
        Self {
            runtime,
            tenant: tenant.clone(),
            edition: None,
            page: VecDeque::new(),
            next: Some(None),
            last: None,
            projection: PhantomData,
        }
    }

    pub(super) async fn next(&mut self) -> Result<Option<Found<P>>, StoreError> {
        loop {
            while let Some(stored) = self.page.pop_front() {
                let sk = stored.id.sk.clone();
                match projector::read::<P>(self.runtime, stored).await {
                    Ok((stored, view)) => {
                        self.last = Some(sk);
                        if let Some(view) = view {
                            return found(&self.tenant, stored, view).map(Some);
                        }
                    }
                    Err(error) => self.read_on_in_own(error).await?,
                }
            }
            let Some(after) = self.next.take() else { return Ok(None) };
            let edition = match &self.edition {
                Some(edition) => edition,
                None => self
                    .edition
                    .insert(editions::to_read(erased::<P>(), self.runtime, Choice::Best, None).await?),
            };
            let extent = Extent::Partition(edition.partition(P::VIEW, &self.tenant));
            let scan = self.runtime.view_store()?.scan(&extent, after.as_ref()).await?;
            self.next = scan.next.map(Some);
            self.page.extend(scan.views);
        }
    }

    /// Continues in this program's own views if those of another release cannot be read: they have the same sort keys.
    async fn read_on_in_own(&mut self, error: StoreError) -> Result<(), StoreError> {
        let own = projector::own_instead(erased::<P>(), self.runtime, Some(&error)).await?;
        let Some(own) = own.filter(|own| self.edition.as_ref() != Some(own)) else { return Err(error) };
        let pk = own.partition(P::VIEW, &self.tenant);
        self.next = Some(self.last.clone().map(|sk| ViewId { pk, sk }));
        self.page.clear();
        self.edition = Some(own);
        Ok(())
    }
}
