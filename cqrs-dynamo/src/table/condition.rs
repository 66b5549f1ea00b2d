//! The conditions under which views and fences are written.

use aws_sdk_dynamodb::types::AttributeValue;
use cqrs_core::commit::CommitDigest;
use cqrs_core::view::{Fence, Revision, StoredView};

use super::Item;

/// A condition expression with its values.
pub(crate) struct Condition {
    pub(crate) expression: String,
    pub(crate) values: Option<Item>,
}

impl Condition {
    /// The view is as it was read.
    pub(crate) fn at(expected: Revision) -> Self {
        if expected == Revision::NONE {
            return Self::absent();
        }
        // The seed's own condition, and what tells two views of one version apart.
        Self::all([
            ("version", ":currentVersion", Some(number(expected.version.get()))),
            ("build", ":currentBuild", build(expected.build)),
            ("digest", ":currentDigest", digest(expected.digest)),
        ])
    }

    /// The fence is as it was read.
    pub(crate) fn fenced(expected: &Fence) -> Self {
        if expected.is_none() {
            return Self::absent();
        }
        let text = |part: &Option<String>| part.clone().map(AttributeValue::S);
        let built = Some(expected.built).filter(|built| *built != expected.version);
        Self::all([
            ("version", ":currentVersion", Some(number(expected.version.get()))),
            ("digest", ":currentDigest", digest(expected.digest)),
            ("build", ":currentBuild", build(expected.build)),
            ("built", ":currentBuilt", built.map(|built| number(built.get()))),
            ("appliedUntil", ":currentAppliedUntil", text(&expected.part)),
            ("builtUntil", ":currentBuiltUntil", text(&expected.built_part)),
        ])
    }

    /// There is no view, or one of an earlier build that is not ahead.
    pub(crate) fn older_than(view: &StoredView) -> Self {
        Self {
            expression:
                "attribute_not_exists(pk) OR (version <= :version AND (attribute_not_exists(build) OR \
                         build < :build))"
                    .to_owned(),
            values: Some(Item::from([
                (":version".to_owned(), number(view.version.get())),
                (":build".to_owned(), number(view.build)),
            ])),
        }
    }

    fn absent() -> Self {
        Self { expression: "attribute_not_exists(pk)".to_owned(), values: None }
    }

    /// Every attribute has its value, or is not there.
    fn all<const N: usize>(attributes: [(&str, &str, Option<AttributeValue>); N]) -> Self {
        let terms = attributes.each_ref().map(|(name, placeholder, value)| match value {
            Some(_) => format!("{name} = {placeholder}"),
            None => format!("attribute_not_exists({name})"),
        });
        let values = attributes
            .into_iter()
            .filter_map(|(_, placeholder, value)| Some((placeholder.to_owned(), value?)));
        Self { expression: terms.join(" AND "), values: Some(values.collect()) }
    }
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
