use std::fmt;
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Aggregate;
use crate::key::{extend_hash, stable_hash};
use crate::schema::EventData;

/// Goes up when the framework itself stores or folds otherwise than before.
const FORMAT: &[u8] = b"1";

/// What `snapshot_every = 100` makes of an aggregate: how often its state is stored, and how.
pub struct Snapshots<A> {
    pub(crate) every: u64,
    shape: u64,
    pub(crate) encode: fn(&A) -> Result<Value, serde_json::Error>,
    pub(crate) decode: fn(Value) -> Result<A, serde_json::Error>,
}

impl<A: Serialize + DeserializeOwned + EventData> Snapshots<A> {
    /// A snapshot every so many commits; `declared` changes with the declaration of the state. What the types inside of
    /// it are stored as counts, too.
    #[must_use]
    pub const fn of(every: u32, declared: u64) -> Self {
        Self {
            every: every as u64,
            shape: extend_hash(declared, &A::SHAPE.fingerprint().to_le_bytes()),
            encode: |state| serde_json::to_value(state),
            decode: serde_json::from_value,
        }
    }
}

impl<A> Clone for Snapshots<A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A> Copy for Snapshots<A> {}

impl<A> fmt::Debug for Snapshots<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshots").field("every", &self.every).field("shape", &self.shape).finish()
    }
}

/// The fingerprint of an aggregate's snapshots, as it is stored.
pub(crate) fn fingerprint<A: Aggregate>() -> String {
    format!("{:016x}", Fingerprint::<A>::VALUE)
}

struct Fingerprint<A>(PhantomData<A>);

impl<A: Aggregate> Fingerprint<A> {
    /// All that a stored state depends on. Parts that are added here make old snapshots void, once.
    const VALUE: u64 = {
        let shape = match A::SNAPSHOTS {
            Some(snapshots) => snapshots.shape,
            None => 0,
        };
        let mut hash = stable_hash(FORMAT);
        hash = extend_hash(hash, &shape.to_le_bytes());
        hash = extend_hash(hash, &A::FOLD.to_le_bytes());
        let mut index = 0;
        while index < A::EVENTS.len() {
            let id = A::EVENTS[index].id;
            // In any order: the sum of a hash for each.
            let event = extend_hash(stable_hash(id.name.as_bytes()), &id.schema.to_le_bytes());
            hash = hash.wrapping_add(event);
            index += 1;
        }
        hash
    };
}
