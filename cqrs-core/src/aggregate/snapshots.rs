use std::fmt;
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Aggregate;
use crate::digest::{are_alike, place_of_no_number};
use crate::json::canonical;
use crate::json::canonical::canonicalize;
use crate::key::{extend_hash, stable_hash};
use crate::schema::EventData;

/// Increases when the framework itself stores or folds differently.
const FORMAT: &[u8] = b"1";

/// The same for a state that may be read back as another value, or whose events may. The first builds took
/// snapshots of what had been decided, and not of what is read back.
const FORMAT_OF_READ: &[u8] = b"2";

/// What `snapshot_every = 100` means for an aggregate: how often and how its state is stored.
pub struct Snapshots<A> {
    pub(crate) every: u64,
    shape: u64,
    comes_back: bool,
    /// Whether the ids of all commits are kept with the state, and not only the last ones.
    pub(crate) keeps_all_ids: bool,
    /// The state as it is stored. It is an error also if the state would not come back as it is.
    pub(crate) encode: fn(&A) -> Result<Value, String>,
    pub(crate) decode: fn(Value) -> Result<A, serde_json::Error>,
}

impl<A: Serialize + DeserializeOwned + EventData> Snapshots<A> {
    /// A snapshot every N commits. `declared` changes with the declaration of the state. The stored form of the types
    /// inside it counts, too.
    ///
    /// # Panics
    /// At compile time, if a type inside the state has a part that is not stored.
    #[must_use]
    #[track_caller]
    pub const fn of(every: u32, declared: u64) -> Self {
        assert!(
            !A::SHAPE.is_lossy(),
            "a type inside of this state has a field that is not stored (`#[serde(skip)]`, `skip_serializing`): a state that is read back from a snapshot would \
             not be the fold of its events; store the field, or leave out `snapshot_every`"
        );
        Self {
            every: every as u64,
            shape: extend_hash(declared, &A::SHAPE.fingerprint().to_le_bytes()),
            comes_back: A::SHAPE.comes_back(),
            keeps_all_ids: false,
            encode,
            decode: canonical::read_owned,
        }
    }

    /// The same, for a stream that recognises every commit by its id, for as long as the stream lasts.
    #[must_use]
    pub(crate) const fn keeping_all_ids(mut self) -> Self {
        self.keeps_all_ids = true;
        self
    }
}

fn encode<A: Serialize + DeserializeOwned + EventData>(state: &A) -> Result<Value, String> {
    let mut encoded = serde_json::to_value(state).map_err(|error| error.to_string())?;
    if const { A::SHAPE.comes_back() } {
        return Ok(encoded);
    }
    canonicalize(&mut encoded);
    match canonical::read::<A>(&encoded) {
        Ok(read) if are_alike(&read, state) => Ok(encoded),
        Ok(_) => Err(
            "it would be read back as another one; does it hold -0.0, `Some(None)`, or cases that are told \
                      apart by their content?"
                .to_owned(),
        ),
        Err(error) => Err(match place_of_no_number(state) {
            Some(place) => format!("`{place}` is NaN or infinite, and could not be read back"),
            None => format!("it could not be read back: {error}"),
        }),
    }
}

impl<A> Snapshots<A> {
    /// The distance from one commit that carries the state to the next, if carrying costs nothing: five commits of half
    /// a kilobyte, and one with a state, are one read unit.
    pub(crate) fn step(&self) -> u64 {
        self.every.min(6)
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
    /// Everything that a stored state depends on. A part that is added here makes old snapshots void, once.
    const VALUE: u64 = {
        let (shape, mut comes_back) = match A::SNAPSHOTS {
            Some(snapshots) => (snapshots.shape, snapshots.comes_back),
            None => (0, true),
        };
        let mut index = 0;
        while index < A::EVENTS.len() {
            comes_back = comes_back && A::EVENTS[index].comes_back;
            index += 1;
        }
        let mut hash = stable_hash(if comes_back { FORMAT } else { FORMAT_OF_READ });
        hash = extend_hash(hash, &shape.to_le_bytes());
        hash = extend_hash(hash, &A::FOLD.to_le_bytes());
        let mut index = 0;
        while index < A::EVENTS.len() {
            // The order does not matter: this is the sum of a hash for each.
            hash = hash.wrapping_add(A::EVENTS[index].id.fingerprint());
            index += 1;
        }
        hash
    };
}
