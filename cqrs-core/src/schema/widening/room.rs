//! The room that a value has.

use crate::schema::notation::{find, is_among, quote_end, starts};
use crate::schema::same;

/// Whether every integer of one kind is also an integer of another kind.
pub(in crate::schema) const fn of_integer(was: &[u8], is: &[u8]) -> bool {
    let (Some(was), Some(is)) = (Integer::named(was), Integer::named(is)) else { return false };
    let fits = match (was.signed, is.signed) {
        (false, true) => was.bits < is.bits,
        (true, false) => false,
        (true, true) | (false, false) => was.bits <= is.bits,
    };
    fits && (was.nonzero || !is.nonzero)
}

/// An integer whose width is the same on every machine.
struct Integer {
    signed: bool,
    bits: u32,
    nonzero: bool,
}

impl Integer {
    const fn named(name: &[u8]) -> Option<Self> {
        let end = find(name, 0, b' ');
        let (plain, rest) = name.split_at(end);
        let nonzero = same(rest, b" nonzero");
        if !nonzero && !rest.is_empty() {
            return None;
        }
        let (signed, bits) = match plain {
            b"u8" => (false, 8),
            b"u16" => (false, 16),
            b"u32" => (false, 32),
            b"u64" => (false, 64),
            b"i8" => (true, 8),
            b"i16" => (true, 16),
            b"i32" => (true, 32),
            b"i64" => (true, 64),
            _ => return None,
        };
        Some(Self { signed, bits, nonzero })
    }
}

/// Whether no value of a locked shape is null.
pub(in crate::schema) const fn is_never_null(locked: &[u8]) -> bool {
    if locked.is_empty() || locked[locked.len() - 1] == b'?' {
        return false;
    }
    match locked[0] {
        b'{' | b'[' | b'(' => true,
        _ if starts(locked, b"map<") => true,
        _ if starts(locked, b"enum ") => !tells_untagged(locked),
        _ => is_among(locked, &NEVER_NULL),
    }
}

/// The scalars that are not stored as null.
const NEVER_NULL: [&str; 24] = [
    "bool",
    "char",
    "string",
    "f32",
    "f64",
    "i8",
    "i16",
    "i32",
    "i64",
    "isize",
    "u8",
    "u16",
    "u32",
    "u64",
    "usize",
    "u8 nonzero",
    "u16 nonzero",
    "u32 nonzero",
    "u64 nonzero",
    "i32 nonzero",
    "i64 nonzero",
    "timestamp",
    "ip",
    "socket",
];

/// Whether `untagged` occurs anywhere in a shape, outside quotes.
const fn tells_untagged(shape: &[u8]) -> bool {
    let mut at = 0;
    while at < shape.len() {
        if shape[at] == b'"' {
            at = quote_end(shape, at);
            continue;
        }
        if starts(shape.split_at(at).1, b" untagged") {
            return true;
        }
        at += 1;
    }
    false
}
