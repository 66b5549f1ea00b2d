use super::View;
use crate::json::{canonical, unreadable};
use crate::panic::tried;
use crate::store::{RefusedKind, StoreError};
use crate::view::StoredView;

impl StoredView {
    /// The view itself; `None` for a removed view.
    pub(crate) fn read<V: View>(&self) -> Result<Option<V>, StoreError> {
        if self.is_removed() {
            return Ok(None);
        }
        let decoded = tried(|| canonical::read::<V>(&self.data).map_err(|error| unreadable(&error)));
        decoded.map(Some).map_err(|reason| {
            let reason = format!(
                "the stored view {} does not have the shape of `{name}`: {reason}; a replay of `{name}` builds it anew",
                self.id.sk,
                name = V::NAME,
            );
            StoreError::refused(RefusedKind::Unreadable, reason)
        })
    }
}
