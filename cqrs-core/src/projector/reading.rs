use tokio::time::{Instant, sleep};

use super::Pauses;
use super::editions::{self, Choice};
use crate::projection::{Edition, Erased};
use crate::runtime::Runtime;
use crate::store::StoreError;

/// An error that may come from a view that cannot be read.
pub(crate) trait ReadFailure: From<StoreError> {
    /// The error of the store, if it is one.
    fn store(&self) -> Option<&StoreError>;
}

impl ReadFailure for StoreError {
    fn store(&self) -> Option<&StoreError> {
        Some(self)
    }
}

/// Reads views of the edition that [this program reads](editions::to_read). If they are of another release and cannot be read, it
/// reads this program's own.
pub(crate) async fn reading<T, E: ReadFailure, F>(
    projection: Erased,
    runtime: &Runtime,
    read: impl Fn(Choice) -> F,
) -> Result<T, E>
where
    F: Future<Output = Result<T, E>>,
{
    match read(Choice::Best).await {
        Ok(done) => Ok(done),
        Err(error) => match own_instead(projection, runtime, error.store()).await? {
            Some(_) => read(Choice::Own).await,
            None => Err(error),
        },
    }
}

/// This program's own edition instead of views that cannot be read; `None` if the error is another one.
pub(crate) async fn own_instead(
    projection: Erased,
    runtime: &Runtime,
    error: Option<&StoreError>,
) -> Result<Option<Edition>, StoreError> {
    let is_unreadable =
        |error: &StoreError| matches!(error, StoreError::Refused { .. } | StoreError::Decode(_));
    match projection.keyed && error.is_some_and(is_unreadable) {
        true => own(projection, runtime).await.map(Some),
        false => Ok(None),
    }
}

/// This program's own edition, if it is or was complete. Waits for that, up to
/// [`Settings::read_wait`](crate::app::Settings::read_wait).
pub(super) async fn own(projection: Erased, runtime: &Runtime) -> Result<Edition, StoreError> {
    let (began, limit) = (Instant::now(), runtime.settings.read_wait);
    let mut pauses = Pauses::growing(runtime.settings.read_poll);
    loop {
        let editions = editions::fresh(projection, runtime).await?;
        let own = editions.written_by(projection.fingerprint);
        if !editions.has_begun()
            || editions.of_fold(projection.fingerprint).is_some_and(|(_, now)| now.is_readable())
        {
            return Ok(own);
        }
        let left = limit.saturating_sub(began.elapsed());
        if left.is_zero() {
            return Err(editions::unbuilt(projection, &editions));
        }
        sleep(pauses.next().min(left)).await;
    }
}
