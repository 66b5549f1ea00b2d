//! JSON as it is stored: the canonical form, numbers as DynamoDB counts them, and the reasons why data cannot be read.

pub mod canonical;
mod decimal;
pub(crate) mod difference;
mod null;
mod unreadable;

pub(crate) use decimal::Decimal;
pub(crate) use null::contains_null;
pub(crate) use unreadable::unreadable;

/// `customer_id` as `customerId`, as fields are stored.
pub(crate) fn camel_case(name: &str) -> String {
    let mut words = name.split('_').filter(|word| !word.is_empty());
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut rest = word.chars();
        camel.extend(rest.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(rest.as_str());
    }
    camel
}
