//! What `#[aggregate(…, pk = "…", sk = "…")]` becomes: constant pieces, rendered and parsed here.

use std::fmt::Debug;

use super::part::KeyPart;
use super::{KeyError, StreamKey, decode, encode_into};
use crate::tenant::Tenant;

/// One piece of a key template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// Text that stands as it is.
    Literal(&'static str),
    /// `{tenant}`.
    Tenant,
    /// `{field}` or `{field:06}`.
    Field {
        /// The field's name, as in the template.
        name: &'static str,
        /// Its place among the key's fields.
        index: usize,
        /// Digits that an integer is padded to; 0 for none.
        width: usize,
    },
    /// The shard of a hot tenant: a stable hash of the rendered sort key, in two digits or more.
    Shard {
        /// How many shards there are.
        count: u16,
    },
}

/// The two templates of a key.
#[derive(Debug, Clone, Copy)]
pub struct KeyTemplate {
    /// Pieces of the partition key.
    pub pk: &'static [Piece],
    /// Pieces of the sort key, without the version.
    pub sk: &'static [Piece],
}

impl KeyTemplate {
    /// The partitions that hold all streams of a tenant; none where a field of the key stands in `pk`, so that nobody
    /// knows them all.
    pub(crate) fn partitions(&self, tenant: &Tenant) -> Option<Vec<String>> {
        let mut partitions = vec![String::new()];
        for piece in self.pk {
            match *piece {
                Piece::Literal(text) => partitions.iter_mut().for_each(|pk| pk.push_str(text)),
                Piece::Tenant => partitions.iter_mut().for_each(|pk| encode_into(tenant.as_str(), pk)),
                Piece::Field { .. } => return None,
                Piece::Shard { count } => {
                    let with_shard = |pk: &String| {
                        let pk = pk.clone();
                        (0..count.max(1)).map(move |shard| format!("{pk}{}", render_shard(shard.into())))
                    };
                    partitions = partitions.iter().flat_map(with_shard).collect();
                }
            }
        }
        Some(partitions)
    }
}

/// The typed address of one aggregate instance; `#[aggregate(entity = "ORDER")]` writes it: `OrderKey`.
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
pub trait AggregateKey: Clone + Debug + PartialEq + Send + Sync + 'static {
    /// The aggregate that lives at this key; `App::execute` finds it through the key.
    type Aggregate: crate::aggregate::Entity<Key = Self>;

    /// The templates of the two key attributes.
    const TEMPLATE: KeyTemplate;
    /// The names of the key's fields, without the tenant, in the order of their indexes.
    const FIELDS: &'static [&'static str];

    /// Whose data the key addresses.
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
        let mut sk = String::new();
        render(self, Self::TEMPLATE.sk, "", &mut sk)?;
        let mut pk = String::new();
        render(self, Self::TEMPLATE.pk, &sk, &mut pk)?;
        StreamKey::new(pk, sk)
    }

    /// The rendered fields alone, joined by `#`: `20240101-001`. What the keys of views are made of.
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
    /// [`KeyError::Malformed`] where the texts do not follow the templates.
    fn parse(stream: &StreamKey) -> Result<Self, KeyError> {
        let mut tenant = None;
        let mut parts = vec![None; Self::FIELDS.len()];
        for (text, pieces) in [(stream.pk(), Self::TEMPLATE.pk), (stream.sk(), Self::TEMPLATE.sk)] {
            split(text, pieces, &mut tenant, &mut parts)?;
        }
        let tenant = tenant.and_then(decode).unwrap_or_default();
        let parts = Parts { parts, text: stream.sk(), pieces: Self::TEMPLATE.sk };
        let key = Self::from_parts(Tenant::new(tenant)?, &parts)?;
        // One key, one rendering: `7` is no way to write `{number:06}`.
        if key.stream()? != *stream {
            return Err(malformed(stream.sk(), Self::TEMPLATE.sk, "it renders differently"));
        }
        Ok(key)
    }
}

/// The rendered fields of a key, on the way to the key.
#[doc(hidden)]
pub struct Parts<'a> {
    parts: Vec<Option<&'a str>>,
    text: &'a str,
    pieces: &'static [Piece],
}

impl<'a> Parts<'a> {
    /// The fields of an id as [`AggregateKey::id`] renders it.
    pub(crate) fn of_id(id: &'a str) -> Self {
        Self { parts: id.split('#').map(Some).collect(), text: id, pieces: &[] }
    }

    /// Reads the field at `index`.
    pub fn field<T: KeyPart>(&self, index: usize) -> Result<T, KeyError> {
        let part = self.parts.get(index).copied().flatten();
        part.and_then(T::parse_part)
            .ok_or_else(|| malformed(self.text, self.pieces, "a part does not parse as its field's type"))
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

fn render_shard(shard: u64) -> String {
    format!("{shard:02}")
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

fn malformed(text: &str, pieces: &[Piece], reason: &str) -> KeyError {
    let pieces = pieces.iter().map(|piece| match *piece {
        Piece::Literal(literal) => literal.to_owned(),
        Piece::Tenant => "{tenant}".to_owned(),
        Piece::Field { name, .. } => format!("{{{name}}}"),
        Piece::Shard { .. } => "{shard}".to_owned(),
    });
    let mut expected: String = pieces.collect();
    if expected.is_empty() {
        "the fields of the key, joined by `#`".clone_into(&mut expected);
    }
    KeyError::Malformed { text: text.to_owned(), expected, reason: reason.to_owned() }
}

/// FNV-1a, 64 bits: what is stored must not depend on the release of the standard library.
pub(crate) const fn stable_hash(bytes: &[u8]) -> u64 {
    extend_hash(0xcbf2_9ce4_8422_2325, bytes)
}

/// The hash of what was hashed before and these bytes.
#[allow(clippy::cast_possible_truncation)]
pub(crate) const fn extend_hash(mut hash: u64, mut bytes: &[u8]) -> u64 {
    // Beside an `events.lock`, the compiler interprets this for every event, and would spend most of that on calls of
    // `wrapping_mul`.
    while let [byte, rest @ ..] = bytes {
        hash = ((hash ^ *byte as u64) as u128 * 0x0000_0100_0000_01b3) as u64;
        bytes = rest;
    }
    hash
}
