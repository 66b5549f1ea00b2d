use super::ProjectError;
use super::batch::changes_of;
use crate::commit::CommitToken;
use crate::key::Tenant;
use crate::panic::caught;
use crate::projection::{Projection, ViewAddress};
use crate::runtime::Runtime;
use crate::store::StoreError;
use crate::view::{StoredView, ViewId};

/// The views that the commit of a token has changed, as they are now.
pub(crate) async fn touched<P: Projection>(
    runtime: &Runtime,
    tenant: &Tenant,
    token: &CommitToken,
) -> Result<Vec<StoredView>, StoreError> {
    let views = runtime.view_store()?;
    let mut touched = Vec::new();
    for id in ids::<P>(runtime, tenant, token).await? {
        touched.extend(views.get(&id).await?);
    }
    Ok(touched)
}

async fn ids<P: Projection>(
    runtime: &Runtime,
    tenant: &Tenant,
    token: &CommitToken,
) -> Result<Vec<ViewId>, StoreError> {
    if !P::KEYED {
        let id = caught(|| ViewId::of::<P>(&P::Key::from_stream(token.stream())?.ok()?).ok());
        return Ok(id.ok().flatten().into_iter().collect());
    }
    let page =
        runtime.event_store().read(token.stream(), token.version().previous(), token.version()).await?;
    let Some(commit) = page.commits.first() else { return Ok(Vec::new()) };
    // A commit that the projection cannot take is not in its views: it was told to go on without it.
    let changes = match changes_of::<P>(runtime, tenant, commit) {
        Err(ProjectError::Store(error)) => return Err(error),
        changes => changes.unwrap_or_default(),
    };
    Ok(changes.into_iter().map(|change| change.id).collect())
}
