use std::borrow::Cow;
use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::Item;

/// There is no such item.
pub(super) const ABSENT: &str = "attribute_not_exists(pk)";

/// There is such an item.
const PRESENT: &str = "attribute_exists(pk)";

/// A condition expression with its values, and the placeholders for reserved words.
#[derive(Debug)]
pub(crate) struct Condition {
    pub(super) expression: Cow<'static, str>,
    pub(super) names: Option<HashMap<String, String>>,
    pub(super) values: Option<Item>,
}

impl Condition {
    /// There is no such item.
    pub(crate) fn absent() -> Self {
        Self::of(ABSENT)
    }

    /// There is such an item.
    pub(crate) fn present() -> Self {
        Self::of(PRESENT)
    }

    pub(crate) fn of(expression: impl Into<Cow<'static, str>>) -> Self {
        Self { expression: expression.into(), names: None, values: None }
    }

    /// The values of the expression, and of the update with it.
    pub(crate) fn values<N: Into<String>>(
        mut self,
        values: impl IntoIterator<Item = (N, AttributeValue)>,
    ) -> Self {
        self.values = Some(values.into_iter().map(|(name, value)| (name.into(), value)).collect());
        self
    }

    /// The attributes behind placeholders.
    #[cfg(feature = "broker")]
    pub(crate) fn names<'a>(mut self, names: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let names: HashMap<_, _> =
            names.into_iter().map(|(alias, name)| (alias.to_owned(), name.to_owned())).collect();
        self.names = Some(names).filter(|names| !names.is_empty());
        self
    }

    /// Every attribute has its value, or is missing.
    pub(crate) fn all<const N: usize>(attributes: [(&str, &str, Option<AttributeValue>); N]) -> Self {
        let terms = attributes.each_ref().map(|(name, placeholder, value)| match value {
            Some(_) => format!("{name} = {placeholder}"),
            None => format!("attribute_not_exists({name})"),
        });
        let values = attributes.into_iter().filter_map(|(_, placeholder, value)| Some((placeholder, value?)));
        Self::of(terms.join(" AND ")).values(values)
    }
}
