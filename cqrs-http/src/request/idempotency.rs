use axum::http::{HeaderMap, HeaderName};

use super::{only, wrong};
use crate::Problem;

/// The header of the IETF's draft "The Idempotency-Key HTTP Header Field".
static IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

const LONGEST: usize = 255;
/// How many bytes the name of a user may take in an id: the engine takes an id of 1024.
const LONGEST_USER: usize = 1024 - "http::".len() - LONGEST;

/// The command id for the key of a request; `None` without a key.
///
/// An id belongs to its stream, and so to its tenant. Two users may have the same key, and the framework has ids of its
/// own. So the id contains the user, and begins with `http:`. A user whose name is too long for an id is in it as a
/// hash.
pub(crate) fn command_id(headers: &HeaderMap, user: Option<&str>) -> Result<Option<String>, Problem> {
    let Some(text) = only(headers, &IDEMPOTENCY_KEY)? else { return Ok(None) };
    let key = key(text.trim()).ok_or_else(|| {
        wrong(&IDEMPOTENCY_KEY, "a key has 1 to 255 visible characters, with or without quotes around them")
    })?;
    let user = user.unwrap_or_default();
    let mut shown = String::with_capacity(user.len());
    for character in user.chars() {
        match character {
            // The first colon separates the user from the key.
            ':' => shown.push_str("%3A"),
            '%' => shown.push_str("%25"),
            _ => shown.push(character),
        }
    }
    if shown.len() > LONGEST_USER {
        // No escaped text begins with this.
        shown = format!("%hash.{:032x}", hash(user));
    }
    Ok(Some(format!("http:{shown}:{key}")))
}

/// FNV-1a of 128 bits. An id is stored, so it must not depend on the release of a library.
fn hash(text: &str) -> u128 {
    text.bytes().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, |hash, byte| {
        (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    })
}

/// A string of RFC 9651 without escapes, or the same without quotes, as many clients send it.
fn key(text: &str) -> Option<&str> {
    let inner = match text.strip_prefix('"') {
        Some(quoted) => quoted.strip_suffix('"')?,
        None => text,
    };
    let is_fit = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
    ((1..=LONGEST).contains(&inner.len()) && inner.bytes().all(is_fit)).then_some(inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn id(key: &str, user: Option<&str>) -> Option<String> {
        let headers = [(IDEMPOTENCY_KEY.clone(), HeaderValue::from_str(key).unwrap())].into_iter().collect();
        command_id(&headers, user).ok().flatten()
    }

    #[test]
    fn a_key_is_one_of_its_user() {
        assert_eq!(id("\"k-1\"", Some("ada")).as_deref(), Some("http:ada:k-1"));
        assert_eq!(id("k-1", Some("ada")), id("\"k-1\"", Some("ada")));
        assert_ne!(id("k-1", Some("bob")), id("k-1", Some("ada")));
        assert_ne!(id("b:c", Some("a")), id("c", Some("a:b")));
        assert_ne!(id("b:c", Some("a")), id("c", Some("a%3Ab")));
        assert_eq!(id("k-1", None).as_deref(), Some("http::k-1"));
        let (long, other) = ("ü:".repeat(200), format!("{}:", "ü:".repeat(199)));
        let (long, other) = (id(&"k".repeat(255), Some(&long)).unwrap(), id("k", Some(&other)).unwrap());
        assert!(long.len() <= 1024 && other.len() <= 1024, "{long}");
        let longer = id("k", Some(&"u".repeat(2000))).unwrap();
        assert!(longer.len() <= 1024);
        assert_ne!(Some(longer), id("k", Some(&"v".repeat(2000))));
        for wrong in ["", "\"\"", "\"k", "k\"", "a b", "\"a\\\"b\"", &"k".repeat(256)] {
            assert_eq!(id(wrong, None), None, "{wrong:?}");
        }
    }
}
