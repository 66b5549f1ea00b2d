use super::View;
use crate::aggregate::AggregateKey;
use crate::key::{KeyError, MAX_PK_BYTES, MAX_SK_BYTES, Parts, StreamKey, Tenant, decode};
use crate::view::ViewId;

/// The key of a view: a tenant and an id within the view. Every [`AggregateKey`] is one.
pub trait ViewAddress: Sized + Send + Sync + 'static {
    /// The names of its fields, without the tenant, in the order in which they are rendered.
    const PARTS: &'static [&'static str] = &[];
    /// The tenant of the view.
    fn view_tenant(&self) -> &Tenant;
    /// The rendered id: `20240101-001`.
    ///
    /// # Errors
    /// [`KeyError::EmptyPart`].
    fn view_id(&self) -> Result<String, KeyError>;
    /// Reads what [`ViewAddress::view_id`] rendered.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] if a part is missing or does not parse as its field's type.
    fn from_view_id(tenant: Tenant, id: &str) -> Result<Self, KeyError>;
    /// The key of the view that belongs to a stream; `None` if the key comes from the events.
    fn from_stream(_stream: &StreamKey) -> Option<Result<Self, KeyError>> {
        None
    }
    /// The stream that the view belongs to; `None` if the key comes from the events.
    fn to_stream(&self) -> Option<Result<StreamKey, KeyError>> {
        None
    }
}

impl<K: AggregateKey> ViewAddress for K {
    const PARTS: &'static [&'static str] = K::FIELDS;
    fn view_tenant(&self) -> &Tenant {
        self.tenant()
    }
    fn view_id(&self) -> Result<String, KeyError> {
        self.id()
    }
    fn from_view_id(tenant: Tenant, id: &str) -> Result<Self, KeyError> {
        Self::from_parts(tenant, &Parts::of_id(id))
    }
    fn from_stream(stream: &StreamKey) -> Option<Result<Self, KeyError>> {
        Some(Self::parse(stream))
    }
    fn to_stream(&self) -> Option<Result<StreamKey, KeyError>> {
        Some(self.stream())
    }
}

impl ViewId {
    /// The address of the view `V` at `key`.
    ///
    /// # Errors
    /// [`KeyError`] for empty parts and for keys that are too long for DynamoDB.
    pub fn of<V: View>(key: &V::Key) -> Result<Self, KeyError> {
        let pk = Self::partition(V::VIEW, key.view_tenant());
        let sk = format!("{}#{}", V::VIEW, key.view_id()?);
        for (attribute, bytes, limit) in [("pk", pk.len(), MAX_PK_BYTES), ("sk", sk.len(), MAX_SK_BYTES)] {
            if bytes > limit {
                return Err(KeyError::TooLong { attribute, bytes, limit });
            }
        }
        Ok(Self { pk, sk })
    }

    /// The key of a view of `V`; `None` for any other item.
    pub(crate) fn key_of<V: View>(&self) -> Option<V::Key> {
        let tenant = self.pk.strip_suffix(V::VIEW)?.strip_suffix('#')?;
        let id = self.sk.strip_prefix(V::VIEW)?.strip_prefix('#')?;
        V::Key::from_view_id(Tenant::new(decode(tenant)?).ok()?, id).ok()
    }
}
