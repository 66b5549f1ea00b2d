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
    // The seed's own condition, and what tells two views of one version apart.
    Condition::all([
        ("version", ":currentVersion", Some(number(expected.version.get()))),
        ("build", ":currentBuild", build(expected.build)),
        ("digest", ":currentDigest", digest(expected.digest)),
    ])
}

/// The fence is as it was read.
pub(super) fn fenced(expected: &Fence) -> Condition {
    if expected.is_none() {
        return Condition::absent();
    }
    let text = |part: &Option<String>| part.clone().map(AttributeValue::S);
    let built = Some(expected.built).filter(|built| *built != expected.version);
    Condition::all([
        ("version", ":currentVersion", Some(number(expected.version.get()))),
        ("digest", ":currentDigest", digest(expected.digest)),
        ("build", ":currentBuild", build(expected.build)),
        ("built", ":currentBuilt", built.map(|built| number(built.get()))),
        ("appliedUntil", ":currentAppliedUntil", text(&expected.part)),
        ("builtUntil", ":currentBuiltUntil", text(&expected.built_part)),
    ])
}

/// There is no view, or one of an earlier build that is not ahead.
pub(super) fn older_than(view: &StoredView) -> Condition {
    let older = "attribute_not_exists(pk) OR (version <= :version AND (attribute_not_exists(build) OR build < :build))";
    let values = [(":version", number(view.version.get())), (":build", number(view.build))];
    Condition::of(older).values(values)
}

/// Not stored where no replay has built the item.
fn build(build: u64) -> Option<AttributeValue> {
    Some(build).filter(|build| *build > 0).map(number)
}

fn digest(digest: Option<CommitDigest>) -> Option<AttributeValue> {
    digest.map(|digest| AttributeValue::S(digest.to_string()))
}

fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}
