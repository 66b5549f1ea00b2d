//! Where the next page of a walk through partitions begins.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::error::InspectError;
use crate::key::{StreamKey, extend_hash, stable_hash};
use crate::store::{CommitKey, Extent};
use crate::version::Version;

/// The largest number of requests of a page. After that, the page ends with a cursor, whatever is stored.
pub(super) const REQUESTS: usize = 8;

/// Represents the whole table among the partitions: no partition has an empty key.
const TABLE: &str = "";

/// A walk through partitions, one after another, from where the last page ended.
pub(super) struct Course {
    /// The query that the cursor belongs to.
    of: u64,
    /// The partitions that are left.
    extents: std::vec::IntoIter<String>,
    current: Option<String>,
    after: Option<CommitKey>,
}

#[derive(Serialize, Deserialize)]
struct Cursor {
    of: u64,
    extent: String,
    /// The commit that was read last in it: its stream and its version.
    last: Option<(String, String, u64)>,
}

impl Course {
    /// The partitions in their order, and the table if it has to be read as a whole. `asked` is what else the cursor
    /// belongs to.
    pub(super) fn begin(
        asked: &[&str],
        partitions: Vec<String>,
        table: bool,
        after: Option<&str>,
    ) -> Result<Self, InspectError> {
        let of = asked.iter().fold(stable_hash(b"inspect"), |hash, text| {
            extend_hash(extend_hash(hash, text.as_bytes()), &[0xff])
        });
        let mut extents = partitions;
        extents.extend(table.then(|| TABLE.to_owned()));
        let mut course = Self { of, extents: extents.into_iter(), current: None, after: None };
        course.current = course.extents.next();
        let Some(text) = after else { return Ok(course) };
        let wrong = || InspectError::cursor(text);
        let cursor = Cursor::parse(text).filter(|cursor| cursor.of == of).ok_or_else(wrong)?;
        while course.current.as_ref().is_some_and(|current| *current != cursor.extent) {
            course.current = course.extents.next();
        }
        if course.current.is_none() {
            return Err(wrong());
        }
        if let Some((pk, sk, version)) = cursor.last {
            course.after = Some(CommitKey::new(StreamKey::new(pk, sk)?, Version::new(version)));
        }
        Ok(course)
    }

    /// What to read next; `None` at the end.
    pub(super) fn extent(&self) -> Option<Extent> {
        self.current.as_deref().map(|current| match current {
            TABLE => Extent::Segment { number: 0, of: 1 },
            pk => Extent::Partition(pk.to_owned()),
        })
    }

    pub(super) fn after(&self) -> Option<&CommitKey> {
        self.after.as_ref()
    }

    /// Continues after a commit, or with the next partition.
    pub(super) fn go_on(&mut self, next: Option<CommitKey>) {
        self.after = next;
        if self.after.is_none() {
            self.current = self.extents.next();
        }
    }

    /// Where the next page begins; `None` at the end.
    pub(super) fn cursor(self) -> Option<String> {
        let last = self.after.map(|CommitKey { stream, version }| {
            (stream.pk().to_owned(), stream.sk().to_owned(), version.get())
        });
        let cursor = Cursor { of: self.of, extent: self.current?, last };
        // Texts and numbers are always JSON.
        let text = serde_json::to_vec(&cursor).unwrap_or_default();
        Some(URL_SAFE_NO_PAD.encode(text))
    }
}

impl Cursor {
    fn parse(text: &str) -> Option<Self> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
    }
}
