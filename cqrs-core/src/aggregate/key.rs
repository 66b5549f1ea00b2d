use std::fmt::Debug;

use super::Entity;
use crate::key::{
    KeyError, KeyTemplate, Parts, Piece, StreamKey, Tenant, decode, encode_into, malformed, render_shard,
    stable_hash,
};

/// Most keys are shorter than this, and need not grow while they are rendered.
const ROOM: usize = 64;

/// The typed address of one aggregate instance. `#[aggregate(entity = "ORDER")]` generates it as `OrderKey`.
///
/// ```rust,standalone_crate
/// # mod order { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.rs")); }
/// # use order::*;
/// use cqrs_core::AggregateKey;
/// # use cqrs_core::{KeyError, Tenant};
///
/// # fn main() -> Result<(), KeyError> {
/// let order = OrderKey::new(&Tenant::new("TENANT001")?, "2024#1");
/// let stream = order.stream()?;
/// assert_eq!((stream.pk(), stream.sk()), ("TENANT001#ORDER", "ORDER#2024%231"));
/// assert_eq!(OrderKey::parse(&stream)?.id(), "2024#1");
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the key of an aggregate",
    label = "the key of an aggregate is expected",
    note = "`#[aggregate(entity = \"ORDER\")] struct Order` makes `OrderKey`; a text, a `StreamKey` or the key of a view names no aggregate"
)]
pub trait AggregateKey: Clone + Debug + PartialEq + Send + Sync + 'static {
    /// The aggregate at this key. `App::execute` finds it through the key.
    type Aggregate: Entity<Key = Self>;

    /// The templates of the two key attributes.
    const TEMPLATE: KeyTemplate;
    /// The names of the key's fields, without the tenant, in the order of their indexes.
    const FIELDS: &'static [&'static str];

    /// The tenant whose data the key addresses.
    fn tenant(&self) -> &Tenant;

    /// Appends the field at `index`, rendered by its [`KeyPart`].
    #[doc(hidden)]
    fn render_field(&self, index: usize, width: usize, out: &mut String);

    /// Builds the key from its tenant and the rendered fields.
    #[doc(hidden)]
    fn from_parts(tenant: Tenant, parts: &Parts<'_>) -> Result<Self, KeyError>;

    /// Renders the key.
    ///
    /// # Errors
    /// [`KeyError::EmptyPart`] and [`KeyError::TooLong`].
    fn stream(&self) -> Result<StreamKey, KeyError> {
        let mut sk = String::with_capacity(ROOM);
        render(self, Self::TEMPLATE.sk, "", &mut sk)?;
        let mut pk = String::with_capacity(ROOM);
        render(self, Self::TEMPLATE.pk, &sk, &mut pk)?;
        StreamKey::new(pk, sk)
    }

    /// The rendered fields alone, joined by `#`: `20240101-001`. The keys of views are made of them.
    ///
    /// # Errors
    /// [`KeyError::EmptyPart`].
    fn id(&self) -> Result<String, KeyError> {
        let mut id = String::new();
        for index in 0..Self::FIELDS.len() {
            if index > 0 {
                id.push('#');
            }
            render_part(self, index, 0, &mut id)?;
        }
        Ok(id)
    }

    /// Reads a rendered key back.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] if the texts do not follow the templates.
    fn parse(stream: &StreamKey) -> Result<Self, KeyError> {
        let mut tenant = None;
        let mut parts = vec![None; Self::FIELDS.len()];
        for (text, pieces) in [(stream.pk(), Self::TEMPLATE.pk), (stream.sk(), Self::TEMPLATE.sk)] {
            split(text, pieces, &mut tenant, &mut parts)?;
        }
        let tenant = tenant.and_then(decode).unwrap_or_default();
        let parts = Parts::new(parts, stream.sk(), Self::TEMPLATE.sk);
        let key = Self::from_parts(Tenant::new(tenant)?, &parts)?;
        // Each key has one rendering: `7` is not accepted for `{number:06}`.
        if key.stream()? != *stream {
            return Err(malformed(stream.sk(), Self::TEMPLATE.sk, "it renders differently"));
        }
        Ok(key)
    }
}

fn render<K: AggregateKey>(key: &K, pieces: &[Piece], sk: &str, out: &mut String) -> Result<(), KeyError> {
    for piece in pieces {
        match *piece {
            Piece::Literal(text) => out.push_str(text),
            Piece::Tenant => encode_into(key.tenant().as_str(), out),
            Piece::Field { index, width, .. } => render_part(key, index, width, out)?,
            Piece::Shard { count } => {
                let shard = stable_hash(sk.as_bytes()) % u64::from(count.max(1));
                out.push_str(&render_shard(shard));
            }
        }
    }
    Ok(())
}

fn render_part<K: AggregateKey>(
    key: &K,
    index: usize,
    width: usize,
    out: &mut String,
) -> Result<(), KeyError> {
    let before = out.len();
    key.render_field(index, width, out);
    if out.len() == before {
        return Err(KeyError::EmptyPart { part: K::FIELDS.get(index).copied().unwrap_or("field") });
    }
    Ok(())
}

/// Cuts `text` along the pieces. A placeholder ends at the next `#` or at the end, which the macro ensures.
fn split<'a>(
    text: &'a str,
    pieces: &'static [Piece],
    tenant: &mut Option<&'a str>,
    parts: &mut [Option<&'a str>],
) -> Result<(), KeyError> {
    let mut rest = text;
    for piece in pieces {
        if let Piece::Literal(literal) = *piece {
            rest = rest
                .strip_prefix(literal)
                .ok_or_else(|| malformed(text, pieces, &format!("`{literal}` is missing")))?;
            continue;
        }
        let end = rest.find('#').unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        match *piece {
            Piece::Tenant => *tenant = Some(part),
            Piece::Field { index, .. } => {
                if let Some(slot) = parts.get_mut(index) {
                    *slot = Some(part);
                }
            }
            Piece::Shard { .. } | Piece::Literal(_) => {}
        }
        rest = after;
    }
    if rest.is_empty() { Ok(()) } else { Err(malformed(text, pieces, &format!("`{rest}` is left over"))) }
}
