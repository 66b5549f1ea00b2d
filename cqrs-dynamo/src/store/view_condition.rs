//! The conditions under which views and fences are written.

use aws_sdk_dynamodb::types::AttributeValue;
use cqrs_core::commit::CommitDigest;
use cqrs_core::view::{Fence, Revision, StoredView};

use crate::table::Condition;

/// The view is as it was read.
pub(super) fn at(expected: Revision) -> Condition {
    if expected == Revision::NONE {
        return Condition::absent();
    }
    // The seed's own condition, and the one that distinguishes two views of one version.
    Condition::all([
        ("version", ":currentVersion", Some(number(expected.version.get()))),
        ("build", ":currentBuild", generation(expected.generation)),
        ("digest", ":currentDigest", digest(expected.digest)),
    ])
}

/// The fence is as it was read.
pub(super) fn fenced(expected: &Fence) -> Condition {
    if expected.is_absent() {
        return Condition::absent();
    }
    let text = |part: &Option<String>| part.clone().map(AttributeValue::S);
    let generation_version = Some(expected.generation_version)
        .filter(|generation_version| *generation_version != expected.version);
    Condition::all([
        ("version", ":currentVersion", Some(number(expected.version.get()))),
        ("digest", ":currentDigest", digest(expected.digest)),
        ("build", ":currentBuild", generation(expected.generation)),
        (
            "built",
            ":currentBuilt",
            generation_version.map(|generation_version| number(generation_version.get())),
        ),
        ("appliedUntil", ":currentAppliedUntil", text(&expected.part)),
        ("builtUntil", ":currentBuiltUntil", text(&expected.generation_part)),
        ("edition", ":currentEdition", Some(expected.last_edition).filter(|last| *last > 0).map(number)),
    ])
}

/// There is no view, or one of an earlier generation that is not ahead.
pub(super) fn older_than(view: &StoredView) -> Condition {
    let older = "attribute_not_exists(pk) OR (version <= :version AND (attribute_not_exists(build) OR build < :build))";
    let values = [(":version", number(view.version.get())), (":build", number(view.generation))];
    Condition::of(older).values(values)
}

/// The condition of [`older_than`] for an existing view, in PartiQL, and its values.
pub(super) const OLDER_IN_PARTIQL: &str = "\"version\"<=? AND (\"build\" IS MISSING OR \"build\"<?)";

pub(super) fn older_values(view: &StoredView) -> [AttributeValue; 2] {
    [number(view.version.get()), number(view.generation)]
}

/// Not stored if no replay has built the item.
fn generation(generation: u64) -> Option<AttributeValue> {
    Some(generation).filter(|generation| *generation > 0).map(number)
}

fn digest(digest: Option<CommitDigest>) -> Option<AttributeValue> {
    digest.map(|digest| AttributeValue::S(digest.to_string()))
}

fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}
