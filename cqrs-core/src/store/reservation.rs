use std::fmt;
use std::sync::Arc;

use crate::key::{KeyError, MAX_PK_BYTES, StreamKey, Tenant, encode_into};

/// A value that belongs to one stream at most, because a field of an aggregate is `unique`.
///
/// ```
/// use cqrs_core::Tenant;
/// use cqrs_core::store::UniqueValue;
///
/// let value = UniqueValue::new(&Tenant::new("TENANT001")?, "GUEST", "email", "a@example.com")?;
/// assert_eq!(value.key(), "TENANT001#GUEST#email#a@example.com");
/// assert_eq!(UniqueValue::parse(value.key()), Some(value));
/// # Ok::<(), cqrs_core::KeyError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UniqueValue(Arc<str>);

impl UniqueValue {
    /// The value of a field of an entity, as a [`KeyPart`](crate::KeyPart) renders it, for one tenant.
    ///
    /// # Errors
    /// [`KeyError::TooLong`] for what DynamoDB would not take as a partition key.
    pub fn new(tenant: &Tenant, entity: &str, field: &str, value: &str) -> Result<Self, KeyError> {
        let mut key = String::with_capacity(64);
        encode_into(tenant.as_str(), &mut key);
        key.extend(["#", entity, "#", field, "#", value]);
        let (bytes, limit) = (key.len(), MAX_PK_BYTES);
        if bytes > limit {
            return Err(KeyError::TooLong { attribute: "pk", bytes, limit });
        }
        Ok(Self(key.into()))
    }

    /// Stands for all values of a field: it is reserved once each of them is.
    pub(crate) fn all(entity: &str, field: &str) -> Self {
        Self(format!("#{entity}#{field}#").into())
    }

    /// Reads a key back; `None` for a text that is not such a key.
    #[must_use]
    pub fn parse(key: &str) -> Option<Self> {
        (key.split('#').count() == 4).then(|| Self(key.into()))
    }

    /// The key under which it is reserved: `TENANT001#GUEST#email#a@example.com`.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.0
    }

    /// Whether it is a value of this field, of any tenant.
    pub(crate) fn is_of(&self, entity: &str, field: &str) -> bool {
        let mut parts = self.0.split('#');
        let has_tenant = parts.next().is_some_and(|tenant| !tenant.is_empty());
        has_tenant && parts.next() == Some(entity) && parts.next() == Some(field)
    }

    /// Whether it is this rendered value of a field, of any tenant.
    pub(crate) fn is_value(&self, field: &str, text: &str) -> bool {
        self.field() == field && self.0.rsplit('#').next() == Some(text)
    }

    /// The name of the field.
    #[must_use]
    pub fn field(&self) -> &str {
        self.0.split('#').nth(2).unwrap_or_default()
    }
}

impl fmt::Display for UniqueValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for UniqueValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UniqueValue({self})")
    }
}

/// A value, and the stream that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reservation {
    /// The value.
    pub value: UniqueValue,
    /// The stream that it belongs to.
    pub owner: StreamKey,
}

impl Reservation {
    /// The value belongs to this stream.
    #[must_use]
    pub fn new(value: UniqueValue, owner: StreamKey) -> Self {
        Self { value, owner }
    }
}

/// A change of a reservation that is written together with commits.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReservationChange {
    /// The value.
    pub value: UniqueValue,
    /// The stream that gives it away; `None` if no stream has it.
    pub from: Option<StreamKey>,
    /// The stream that takes it; `None` if it is freed.
    pub to: Option<StreamKey>,
}

impl ReservationChange {
    /// The value goes from one stream to another.
    #[must_use]
    pub fn new(value: UniqueValue, from: Option<StreamKey>, to: Option<StreamKey>) -> Self {
        Self { value, from, to }
    }

    /// Whether the change may be made if the value belongs to this stream: to the one that gives it away, or already to
    /// the one that takes it. If the value belongs to no stream, the change may be made in any case.
    #[must_use]
    pub fn allows(&self, owner: &StreamKey) -> bool {
        self.from.as_ref() == Some(owner) || self.to.as_ref() == Some(owner)
    }
}

/// Some reservations.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct ReservationPage {
    /// In any order.
    pub reservations: Vec<Reservation>,
    /// Where the next page begins; `None` at the end. A page without reservations may have a next page.
    pub next: Option<UniqueValue>,
}

impl ReservationPage {
    /// Some reservations, and where the next page begins.
    #[must_use]
    pub fn new(reservations: Vec<Reservation>, next: Option<UniqueValue>) -> Self {
        Self { reservations, next }
    }
}
