//! Percent-encoding of the characters that have a meaning in keys.

use std::fmt::Write;

/// Whether a character separates parts, starts an escape, or is invisible in a console.
fn is_escaped(character: char) -> bool {
    matches!(character, '%' | '#' | '@') || character.is_control()
}

/// Appends `text` with `%`, `#`, `@` and control characters as `%XX` per UTF-8 byte.
pub(crate) fn encode_into(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find(is_escaped) {
        let (plain, from) = rest.split_at(at);
        let (character, after) = from.split_at(from.chars().next().map_or(0, char::len_utf8));
        out.push_str(plain);
        for byte in character.bytes() {
            // Writing to a `String` cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
        rest = after;
    }
    out.push_str(rest);
}

/// The inverse of [`encode_into`]; `None` for text that `encode_into` cannot have written.
pub(crate) fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => bytes.push(hex(rest.next()?)? << 4 | hex(rest.next()?)?),
            b'#' | b'@' => return None,
            _ => bytes.push(byte),
        }
    }
    let decoded = String::from_utf8(bytes).ok()?;
    // `%41` is not a valid form of `A`: each text has one rendering.
    let mut again = String::with_capacity(text.len());
    encode_into(&decoded, &mut again);
    (again == text).then_some(decoded)
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encode(text: &str) -> String {
        let mut out = String::new();
        encode_into(text, &mut out);
        out
    }

    proptest! {
        #[test]
        fn decoding_undoes_encoding(text in "\\PC*|[%#@\\x00-\\x1f\\x7f-\\x9f]*") {
            prop_assert_eq!(decode(&encode(&text)), Some(text));
        }

        #[test]
        fn encoded_text_has_no_separator(text in ".*") {
            prop_assert!(!encode(&text).contains(['#', '@']));
        }

        #[test]
        fn what_decodes_is_the_only_rendering(text in "[A%#@0-9a-f]{0,12}") {
            if let Some(decoded) = decode(&text) {
                prop_assert_eq!(encode(&decoded), text);
            }
        }
    }

    #[test]
    fn plain_text_stays_readable() {
        assert_eq!(encode("20240101-001 注文"), "20240101-001 注文");
        assert_eq!(encode("a#b@c%d\n"), "a%23b%40c%25d%0A");
    }
}
