use crate::event::{DecodeError, EventId, RawEvent};
use crate::key::{AggregateKey, KeyError, MAX_PK_BYTES, MAX_SK_BYTES, Parts, StreamKey, decode, encode_into};
use crate::store::record::Record;
use crate::tenant::Tenant;

/// Reads the keys of its views from an event.
type KeysOf<P> = fn(&RawEvent<'_>, Tenant) -> Result<Vec<<P as super::View>::Key>, DecodeError>;
/// Folds an event into a view at its aggregate's key.
type ApplyOwn<P> = fn(&mut P, &RawEvent<'_>) -> Result<ViewChange, DecodeError>;
/// Folds an event into the view at a key.
type Apply<P> = fn(&mut P, &RawEvent<'_>, &<P as super::View>::Key) -> Result<ViewChange, DecodeError>;

/// How a projection takes one event.
#[derive(Debug)]
pub struct ProjectionArm<P: super::View> {
    /// The event.
    pub event: EventId,
    pub(crate) way: Way<P>,
}

/// Where the views are that take an event, and how.
#[derive(Debug)]
pub(crate) enum Way<P: super::View> {
    /// At the aggregate's own key.
    Own(ApplyOwn<P>),
    /// At keys that the event names.
    Keyed(KeysOf<P>, Apply<P>),
}

/// What becomes of a view after an event; an `#[apply]` method of a projection may return it.
///
/// A view that was removed is not found any more, by key or in a list. A later event on it starts anew from `Default`.
/// Its place remembers what was applied to it, so that nothing comes back when it is delivered again: a removed view keeps
/// a small item, and removing it costs what any other change of it costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum ViewChange {
    /// It stays, as the method has left it.
    Keep,
    /// It is removed.
    Remove,
}

impl From<()> for ViewChange {
    fn from((): ()) -> Self {
        Self::Keep
    }
}

impl<P: super::View> ProjectionArm<P> {
    /// The view lives at the aggregate's own key.
    #[must_use]
    pub const fn own(event: EventId, apply: ApplyOwn<P>) -> Self {
        Self { event, way: Way::Own(apply) }
    }

    /// The keys of the views come from the event.
    #[must_use]
    pub const fn keyed(event: EventId, keys: KeysOf<P>, apply: Apply<P>) -> Self {
        Self { event, way: Way::Keyed(keys, apply) }
    }
}

/// The key of a view: a tenant and an id within the view. Every [`AggregateKey`] is one.
pub trait ViewAddress: Sized + Send + Sync + 'static {
    /// The names of its fields, without the tenant, in the order in which they are rendered.
    const PARTS: &'static [&'static str] = &[];
    /// Whose view it is.
    fn view_tenant(&self) -> &Tenant;
    /// The rendered id: `20240101-001`.
    ///
    /// # Errors
    /// [`KeyError::EmptyPart`].
    fn view_id(&self) -> Result<String, KeyError>;
    /// Reads what [`ViewAddress::view_id`] rendered.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] where a part is missing or does not parse as its field's type.
    fn from_view_id(tenant: Tenant, id: &str) -> Result<Self, KeyError>;
    /// The key of the view that belongs to a stream; none where the key comes from the events.
    fn from_stream(_stream: &StreamKey) -> Option<Result<Self, KeyError>> {
        None
    }
    /// The stream that the view belongs to; none where the key comes from the events.
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

/// The rendered address of a view.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ViewId {
    /// `TENANT001#ORDER_SUMMARY`.
    pub pk: String,
    /// `ORDER_SUMMARY#20240101-001`.
    pub sk: String,
}

impl ViewId {
    /// The address of the view `V` at `key`.
    ///
    /// # Errors
    /// [`KeyError`] for empty parts and for more bytes than DynamoDB takes.
    pub fn of<V: super::View>(key: &V::Key) -> Result<Self, KeyError> {
        let pk = Self::partition(V::VIEW, key.view_tenant());
        let sk = format!("{}#{}", V::VIEW, key.view_id()?);
        for (attribute, bytes, limit) in [("pk", pk.len(), MAX_PK_BYTES), ("sk", sk.len(), MAX_SK_BYTES)] {
            if bytes > limit {
                return Err(KeyError::TooLong { attribute, bytes, limit });
            }
        }
        Ok(Self { pk, sk })
    }

    pub(crate) fn record(&self) -> Record {
        Record::from_iter([
            ("pk".to_owned(), self.pk.as_str().into()),
            ("sk".to_owned(), self.sk.as_str().into()),
        ])
    }

    /// The key of a view of `V`; none for what is no such view.
    pub(crate) fn key_of<V: super::View>(&self) -> Option<V::Key> {
        let tenant = self.pk.strip_suffix(V::VIEW)?.strip_suffix('#')?;
        let id = self.sk.strip_prefix(V::VIEW)?.strip_prefix('#')?;
        V::Key::from_view_id(Tenant::new(decode(tenant)?).ok()?, id).ok()
    }

    /// The partition that holds all views of one name and tenant.
    #[must_use]
    pub fn partition(view: &str, tenant: &Tenant) -> String {
        let mut pk = String::new();
        encode_into(tenant.as_str(), &mut pk);
        pk.push('#');
        pk.push_str(view);
        pk
    }
}
