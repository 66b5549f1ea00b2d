//! Keys of streams and views from texts, and back.

use super::registered::StreamInspection;
use crate::aggregate::AggregateKey;
use crate::key::{KeyError, Parts, Piece, StreamKey, Tenant, decode, encode_into};
use crate::panic::caught;

pub(super) fn encoded(text: &str) -> String {
    let mut out = String::new();
    encode_into(text, &mut out);
    out
}

/// The texts of a rendered id: its parts before they were encoded.
pub(super) fn texts(id: &str) -> Vec<String> {
    id.split('#').map(|part| decode(part).unwrap_or_else(|| part.to_owned())).collect()
}

/// The id for some texts, for a key with these fields.
pub(super) fn id(fields: &[&str], texts: &[&str]) -> Result<String, KeyError> {
    if fields.len() != texts.len() {
        let given = texts.len();
        return Err(malformed(texts, fields, format!("{given} given, and the key has {}", fields.len())));
    }
    let parts: Vec<_> = texts.iter().map(|text| encoded(text)).collect();
    Ok(parts.join("#"))
}

pub(super) fn stream_of<K: AggregateKey>(tenant: Tenant, given: &[&str]) -> Result<StreamKey, KeyError> {
    let id = id(K::FIELDS, given)?;
    guarded(given, K::FIELDS, || K::from_parts(tenant, &Parts::of_id(&id))?.stream())
}

pub(super) fn texts_of<K: AggregateKey>(stream: &StreamKey) -> Result<(Tenant, Vec<String>), KeyError> {
    guarded(&[stream.sk()], K::FIELDS, || {
        let key = K::parse(stream)?;
        let mut texts_of = Vec::with_capacity(K::FIELDS.len());
        for index in 0..K::FIELDS.len() {
            let mut text = String::new();
            key.render_field(index, 0, &mut text);
            texts_of.push(decode(&text).unwrap_or(text));
        }
        Ok((key.tenant().clone(), texts_of))
    })
}

/// A key may have fields of the user's own types.
pub(super) fn guarded<T>(
    given: &[&str],
    fields: &[&str],
    work: impl FnOnce() -> Result<T, KeyError>,
) -> Result<T, KeyError> {
    caught(work).unwrap_or_else(|text| Err(malformed(given, fields, format!("it panicked: {text}"))))
}

fn malformed(given: &[&str], fields: &[&str], reason: String) -> KeyError {
    KeyError::Malformed { text: given.join(" "), expected: fields.join(" "), reason }
}

impl StreamInspection {
    /// Whether a field of the key is in the sort key.
    pub(super) fn has_field_in_sk(&self) -> bool {
        self.template.sk.iter().any(|piece| matches!(piece, Piece::Field { .. }))
    }

    /// The prefix of the sort keys of a tenant's streams whose first field begins with a text.
    pub(super) fn beginning(&self, tenant: &Tenant, field: &str) -> String {
        let mut beginning = String::new();
        for piece in self.template.sk {
            match *piece {
                Piece::Literal(text) => beginning.push_str(text),
                Piece::Tenant => encode_into(tenant.as_str(), &mut beginning),
                Piece::Field { .. } => {
                    encode_into(field, &mut beginning);
                    break;
                }
                // The shard is only in a partition key.
                Piece::Shard { .. } => break,
            }
        }
        beginning
    }
}
