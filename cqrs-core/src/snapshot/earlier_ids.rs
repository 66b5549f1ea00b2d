use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::key::stable_hash;

/// Two bytes of an id's hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IdDigest([u8; 2]);

impl IdDigest {
    pub(crate) fn of(id: &str) -> Self {
        let [a, b, ..] = stable_hash(id.as_bytes()).to_be_bytes();
        Self([a, b])
    }
}

/// The digests of consecutive command ids, in their stored form: one text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct EarlierIds(Vec<IdDigest>);

impl EarlierIds {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn encode(&self) -> String {
        let bytes: Vec<u8> = self.0.iter().flat_map(|digest| digest.0).collect();
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// `None` if the text does not hold digests.
    pub(crate) fn decode(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (digests, rest) = bytes.as_chunks();
        rest.is_empty().then(|| Self(digests.iter().map(|digest| IdDigest(*digest)).collect()))
    }
}

impl FromIterator<IdDigest> for EarlierIds {
    fn from_iter<I: IntoIterator<Item = IdDigest>>(digests: I) -> Self {
        Self(digests.into_iter().collect())
    }
}

impl From<EarlierIds> for Vec<IdDigest> {
    fn from(ids: EarlierIds) -> Self {
        ids.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_no_digests_is_refused() {
        for text in ["AAA!", "AAAA", "A"] {
            assert_eq!(EarlierIds::decode(text), None, "{text}");
        }
        assert_eq!(EarlierIds::decode("").map(|ids| ids.len()), Some(0));
    }
}
