use serde_json::{Value, json};

use crate::key::StreamKey;
use crate::version::Version;

/// The field of a record that is not a commit, but says what was done to one.
const ALTERATION: &str = "alteration";

/// What was done to a commit that nobody may change. A feed that sees it passes on [`Alteration::record`] instead of a
/// commit; the relay then logs an error, keeps a dead letter of `@relay`, and continues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alteration {
    /// Another item has replaced the commit.
    Overwritten,
    /// The commit is gone.
    Removed,
}

impl Alteration {
    /// The record that a feed passes on; `None` if the keys are not those of a commit, because other items may change.
    ///
    /// It has no content: the item that has replaced the commit is in the store.
    #[must_use]
    pub fn record(self, pk: &str, sk: &str) -> Option<Value> {
        StreamKey::parse_commit(pk, sk).ok()?;
        Some(json!({ "pk": pk, "sk": sk, ALTERATION: self.word() }))
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Overwritten => "overwritten",
            Self::Removed => "removed",
        }
    }
}

/// A commit that was altered, as [`Alteration::record`] wrote it down.
pub(super) struct Altered<'a> {
    pub(super) pk: &'a str,
    pub(super) sk: &'a str,
    pub(super) version: Version,
    pub(super) what: Alteration,
}

impl<'a> Altered<'a> {
    pub(super) fn of(record: &'a Value) -> Option<Self> {
        let text = |name: &str| record.get(name).and_then(Value::as_str);
        let (pk, sk, word) = (text("pk")?, text("sk")?, text(ALTERATION)?);
        let what =
            [Alteration::Overwritten, Alteration::Removed].into_iter().find(|what| what.word() == word)?;
        let (_, version) = StreamKey::parse_commit(pk, sk).ok()?;
        Some(Self { pk, sk, version, what })
    }

    pub(super) fn reason(&self) -> String {
        let (what, version) = (self.what.word(), self.version.get());
        format!(
            "commit {version} of `{}` / `{}` was {what} in the events table; commits are never changed, so another program or \
             a person did it: see who may write to the table, and put the commit back from a backup",
            self.pk, self.sk
        )
    }
}
