use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::queue::failed;
use super::{Consumer, DeliveryError};
use crate::commit::CommitDigest;
use crate::key::StreamKey;
use crate::runtime::Runtime;
use crate::store::{Claim, InboxId, InboxLease};
use crate::timestamp::Timestamp;
use crate::version::Version;

/// The name under which the inbox remembers whose turn it is. No handler has an `@` in its name.
const REDRIVE: &str = "@redrive";

/// The right to redrive what other programs did not know, for one process at a time: two that hold letters of one stream would
/// mix up its order. See [`Consumer::redrive_turn`].
#[derive(Debug)]
pub struct RedriveTurn {
    runtime: Arc<Runtime>,
    id: InboxId,
    lease: InboxLease,
}

impl Consumer {
    /// Takes the turn to redrive the dead letters of this queue that were for a newer program; `None` while another
    /// process has it. It runs out by itself after `lease`.
    ///
    /// # Errors
    /// [`DeliveryError::Store`].
    pub async fn redrive_turn(&self, lease: Duration) -> Result<Option<RedriveTurn>, DeliveryError> {
        let failed_by = |source| failed(self.queue(), source);
        let stream = StreamKey::new(self.queue(), REDRIVE).map_err(|error| failed_by(error.into()))?;
        let id = InboxId {
            handler: REDRIVE.to_owned(),
            stream,
            version: Version::NONE,
            index: 0,
            digest: CommitDigest::NONE,
        };
        let owner = Uuid::now_v7().to_string();
        let lease = InboxLease::new(&owner, Timestamp::now(), lease, lease);
        let runtime = Arc::clone(&self.delivery().runtime);
        match runtime.delivery_store().claim(&id, &lease).await.map_err(failed_by)? {
            Claim::Claimed => Ok(Some(RedriveTurn { runtime, id, lease })),
            Claim::Busy { .. } | Claim::Done => Ok(None),
        }
    }
}

impl RedriveTurn {
    /// Gives the turn back.
    pub async fn end(self) {
        if let Err(error) = self.runtime.delivery_store().release(&self.id, &self.lease).await {
            tracing::warn!(queue = self.id.stream.pk(), until = %self.lease.until, %error, "a turn could not be given back");
        }
    }
}
