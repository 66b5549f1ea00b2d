use futures_util::future::try_join_all;

use super::batch::changes_of;
use super::wanted::last_wanted;
use super::{LeftOut, ProjectError, ReadError, read};
use crate::commit::CommitToken;
use crate::key::Tenant;
use crate::panic::caught;
use crate::projection::{Edition, Projection, ViewAddress};
use crate::runtime::Runtime;
use crate::store::StoreError;
use crate::version::Version;
use crate::view::{StoredView, ViewId};

/// The views that the token's commit has changed, or the last commit before it that the projection listens to, as this program
/// makes them from what is stored now.
pub(crate) async fn touched<P: Projection>(
    runtime: &Runtime,
    edition: &Edition,
    tenant: &Tenant,
    token: &CommitToken,
) -> Result<Vec<StoredView>, ReadError> {
    let ids = ids::<P>(runtime, edition, tenant, token).await?;
    let views = try_join_all(ids.iter().map(|id| current::<P>(runtime, id))).await?;
    Ok(views.into_iter().flatten().collect())
}

/// A view as this program makes it from what is stored now.
pub(crate) async fn current<P: Projection>(
    runtime: &Runtime,
    id: &ViewId,
) -> Result<Option<StoredView>, StoreError> {
    match runtime.view_store()?.get(id).await? {
        Some(stored) => Ok(Some(read::<P>(runtime, stored).await?.0)),
        None => Ok(None),
    }
}

async fn ids<P: Projection>(
    runtime: &Runtime,
    edition: &Edition,
    tenant: &Tenant,
    token: &CommitToken,
) -> Result<Vec<ViewId>, ReadError> {
    if !P::KEYED {
        let id = caught(|| ViewId::of::<P>(&P::Key::from_stream(token.stream())?.ok()?).ok());
        return Ok(id.ok().flatten().into_iter().collect());
    }
    let wanted = last_wanted::<P>(runtime, token, Version::NONE, &LeftOut::new()).await?;
    let Some(version) = wanted else { return Ok(Vec::new()) };
    let page = runtime.event_store().read(token.stream(), version.previous(), version).await?;
    let Some(commit) = page.commits.first() else { return Ok(Vec::new()) };
    // A commit that the projection cannot take is not in its views: it was told to continue without it.
    let changes = match changes_of::<P>(runtime, edition, tenant, commit, true) {
        Err(ProjectError::Store(error)) => return Err(error.into()),
        changes => changes.unwrap_or_default(),
    };
    Ok(changes.into_iter().map(|change| change.id).collect())
}
