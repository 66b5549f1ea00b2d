use futures_util::future::try_join_all;

use super::batch::changes_of;
use super::read::read_stored;
use super::wanted::last_wanted;
use super::{LeftOut, ProjectError, ReadError};
use crate::commit::CommitToken;
use crate::key::Tenant;
use crate::panic::caught;
use crate::projection::{Edition, Erased};
use crate::runtime::Runtime;
use crate::store::StoreError;
use crate::version::Version;
use crate::view::{StoredView, ViewId};

/// The views that the token's commit has changed, or the last commit before it that the projection listens to, as this program
/// makes them from what is stored now.
pub(crate) async fn touched(
    projection: Erased,
    runtime: &Runtime,
    edition: &Edition,
    tenant: &Tenant,
    token: &CommitToken,
) -> Result<Vec<StoredView>, ReadError> {
    let ids = ids(projection, runtime, edition, tenant, token).await?;
    let views = try_join_all(ids.iter().map(|id| current(projection, runtime, id))).await?;
    Ok(views.into_iter().flatten().collect())
}

/// A view as this program makes it from what is stored now.
pub(crate) async fn current(
    projection: Erased,
    runtime: &Runtime,
    id: &ViewId,
) -> Result<Option<StoredView>, StoreError> {
    match runtime.view_store()?.get(id).await? {
        Some(stored) => Ok(Some(read_stored(projection, runtime, stored).await?)),
        None => Ok(None),
    }
}

async fn ids(
    projection: Erased,
    runtime: &Runtime,
    edition: &Edition,
    tenant: &Tenant,
    token: &CommitToken,
) -> Result<Vec<ViewId>, ReadError> {
    if !projection.keyed {
        let id = caught(|| projection.view_of(token.stream())?.ok()?.id.ok());
        return Ok(id.ok().flatten().into_iter().collect());
    }
    let wanted = last_wanted(projection, runtime, token, Version::NONE, &LeftOut::new()).await?;
    let Some(version) = wanted else { return Ok(Vec::new()) };
    let page = runtime.event_store().read(token.stream(), version.previous(), version).await?;
    let Some(commit) = page.commits.first() else { return Ok(Vec::new()) };
    // A commit that the projection cannot take is not in its views: it was told to continue without it.
    let changes = match changes_of(projection, runtime, edition, tenant, commit, true) {
        Err(ProjectError::Store(error)) => return Err(error.into()),
        changes => changes.unwrap_or_default(),
    };
    Ok(changes.into_iter().map(|change| change.id).collect())
}
