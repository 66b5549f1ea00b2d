//! The conditions under which views and fences are written.

use aws_sdk_dynamodb::types::AttributeValue;
use cqrs_core::view::{Fence, Revision, StoredView};

use crate::attribute::Item;

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
        // The seed's own condition, and the build.
        Self::all([
            ("version", ":currentVersion", Some(expected.version.get())),
            ("build", ":currentBuild", Some(expected.build).filter(|build| *build > 0)),
        ])
    }

    /// The fence is as it was read.
    pub(crate) fn fenced(expected: &Fence) -> Self {
        if expected.version.is_none() {
            return Self::absent();
        }
        let built = Some(expected.built).filter(|built| *built != expected.version);
        Self::all([
            ("version", ":currentVersion", Some(expected.version.get())),
            ("build", ":currentBuild", Some(expected.build).filter(|build| *build > 0)),
            ("built", ":currentBuilt", built.map(cqrs_core::Version::get)),
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
    fn all<const N: usize>(attributes: [(&str, &str, Option<u64>); N]) -> Self {
        let terms = attributes.map(|(name, placeholder, value)| match value {
            Some(_) => format!("{name} = {placeholder}"),
            None => format!("attribute_not_exists({name})"),
        });
        let values = attributes
            .into_iter()
            .filter_map(|(_, placeholder, value)| Some((placeholder.to_owned(), number(value?))));
        Self { expression: terms.join(" AND "), values: Some(values.collect()) }
    }
}

fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}
