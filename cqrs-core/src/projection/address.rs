use super::View;
use crate::aggregate::AggregateKey;
use crate::key::{KeyError, MAX_PK_BYTES, MAX_SK_BYTES, Parts, StreamKey, Tenant, decode, encode_into};
use crate::panic::caught;
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
    fn from_view_id(tenant: Tenant, id: &str) -> Result<Self, KeyError> {
        Self::from_view_parts(tenant, &Parts::of_id(id))
    }
    /// Builds the key from its tenant and the rendered fields.
    #[doc(hidden)]
    fn from_view_parts(tenant: Tenant, parts: &Parts<'_>) -> Result<Self, KeyError>;
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
    fn from_view_parts(tenant: Tenant, parts: &Parts<'_>) -> Result<Self, KeyError> {
        Self::from_parts(tenant, parts)
    }
    fn from_stream(stream: &StreamKey) -> Option<Result<Self, KeyError>> {
        Some(Self::parse(stream))
    }
    fn to_stream(&self) -> Option<Result<StreamKey, KeyError>> {
        Some(self.stream())
    }
}

/// A text as the next field of a key renders it, behind the rendered fields before it: `007` is `7` for a number.
///
/// # Errors
/// What is wrong with a text that is not a value of the field.
pub(crate) fn part_text<K: ViewAddress>(
    tenant: &Tenant,
    before: &[String],
    text: &str,
) -> Result<String, String> {
    let mut id: String = before.iter().flat_map(|part| [part.as_str(), "#"]).collect();
    encode_into(text, &mut id);
    let parts = Parts::of_beginning(&id);
    // Further fields are missing, so there may be no key yet. A key may have fields of the user's own types.
    caught(|| K::from_view_parts(tenant.clone(), &parts))
        .map_err(|text| format!("it panicked: {text}"))?
        .ok();
    match parts.last_rendered() {
        None => Err("it is not of the field's type".to_owned()),
        Some(text) if text.is_empty() => Err("it is empty".to_owned()),
        Some(text) => Ok(text),
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
