//! Several statements as one step.

use dynoxide::DynoxideError;
use dynoxide::storage::Storage;

/// Runs some writes, and keeps all of them or nothing: no other process sees a part, and a kill leaves no part.
pub(super) fn whole<T>(
    storage: &Storage,
    work: impl FnOnce() -> Result<T, DynoxideError>,
) -> Result<T, DynoxideError> {
    storage.begin_transaction()?;
    let done = work().and_then(|done| storage.commit().map(|()| done));
    // A full disk ends the transaction by itself.
    if done.is_err() && !storage.conn().is_autocommit() {
        storage.rollback()?;
    }
    done
}
