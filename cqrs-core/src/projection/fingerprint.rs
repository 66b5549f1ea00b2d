use std::marker::PhantomData;

use super::Projection;
use crate::key::{extend_hash, stable_hash};

/// Goes up when the framework itself changes how it stores or folds views.
const FORMAT: &[u8] = b"1";

/// The fingerprint of a projection, as it is stored with its views: of everything that a stored view depends on except the
/// commits.
pub(crate) const fn fingerprint<P: Projection>() -> &'static str {
    Fingerprint::<P>::TEXT
}

struct Fingerprint<P>(PhantomData<P>);

impl<P: Projection> Fingerprint<P> {
    const VALUE: u64 = {
        let mut hash = extend_hash(stable_hash(FORMAT), &P::SHAPE.to_le_bytes());
        hash = extend_hash(hash, &P::FOLD.to_le_bytes());
        let mut at = 0;
        while at < P::INDEXES.len() {
            hash = extend_hash(hash, &P::INDEXES[at].shape().to_le_bytes());
            at += 1;
        }
        let mut at = 0;
        while at < P::ARMS.len() {
            // Independent of order: the sum of a hash for each.
            hash = hash.wrapping_add(P::ARMS[at].event.fingerprint());
            at += 1;
        }
        hash
    };

    const DIGITS: [u8; 16] = {
        let bytes = Self::VALUE.to_be_bytes();
        let (mut digits, mut at) = ([0; 16], 0);
        while at < 16 {
            let digit = (bytes[at / 2] >> (4 - 4 * (at % 2))) & 15;
            digits[at] = b"0123456789abcdef"[digit as usize];
            at += 1;
        }
        digits
    };

    const TEXT: &str = match std::str::from_utf8(&Self::DIGITS) {
        Ok(text) => text,
        Err(_) => "",
    };
}
