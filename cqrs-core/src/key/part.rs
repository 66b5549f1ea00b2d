use std::fmt::Write;

use super::encoding::{decode, encode_into};
use crate::timestamp::Timestamp;

/// A field that can be part of a key: text, integers, `bool`, a [`Timestamp`], and your own types; with a feature also types of
/// `chrono`, `uuid` and `rust_decimal`.
///
/// The rendering must be injective: different values render differently, and `parse_part(render_part(v)) == v`. Equal
/// values render to the same text.
///
/// ```
/// use cqrs_core::KeyPart;
///
/// #[derive(Clone, Debug, PartialEq)]
/// struct Sku(String);
///
/// impl KeyPart for Sku {
///     fn render_part(&self, width: usize, out: &mut String) { self.0.render_part(width, out) }
///     fn parse_part(text: &str) -> Option<Self> { String::parse_part(text).map(Sku) }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a key",
    label = "this key field is not a `KeyPart`",
    note = "use `String`, an integer, `bool` or `Timestamp`, or implement `cqrs_core::KeyPart` for a type of your own",
    note = "for a type of `chrono`, `uuid` or `rust_decimal`, enable the feature of that name of `foldline` or `foldline-core`"
)]
pub trait KeyPart: Clone + Send + Sync + 'static {
    /// Appends the value, percent-encoded; integers are padded with zeros to `width` digits.
    fn render_part(&self, width: usize, out: &mut String);
    /// Reads what [`KeyPart::render_part`] wrote; `None` for anything else.
    fn parse_part(text: &str) -> Option<Self>;
}

impl KeyPart for String {
    fn render_part(&self, _width: usize, out: &mut String) {
        encode_into(self, out);
    }
    fn parse_part(text: &str) -> Option<Self> {
        decode(text)
    }
}

impl KeyPart for bool {
    fn render_part(&self, _width: usize, out: &mut String) {
        out.push_str(if *self { "true" } else { "false" });
    }
    fn parse_part(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

/// As it is stored: `2024-01-01T10:00:00.000Z`.
impl KeyPart for Timestamp {
    fn render_part(&self, _width: usize, out: &mut String) {
        // Writing to a `String` cannot fail.
        let _ = write!(out, "{self}");
    }
    fn parse_part(text: &str) -> Option<Self> {
        text.parse().ok().filter(|at: &Self| at.to_string() == text)
    }
}

macro_rules! integers {
    ($($integer:ty)*) => {$(
        impl KeyPart for $integer {
            fn render_part(&self, width: usize, out: &mut String) {
                // Writing to a `String` cannot fail.
                let _ = write!(out, "{self:0width$}");
            }
            fn parse_part(text: &str) -> Option<Self> {
                let digits = text.strip_prefix('-').unwrap_or(text);
                digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
            }
        }
    )*};
}
integers!(u8 u16 u32 u64 u128 i8 i16 i32 i64 i128);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_one_text_in_a_key() {
        let at = Timestamp::from_unix_millis(1_704_103_200_000);
        let mut text = String::new();
        at.render_part(0, &mut text);
        assert_eq!(text, "2024-01-01T10:00:00.000Z");
        assert_eq!(Timestamp::parse_part(&text), Some(at));
        for other in ["2024-01-01T10:00:00Z", "2024-01-01T11:00:00.000+01:00", "2024-01-01"] {
            assert_eq!(Timestamp::parse_part(other), None, "{other}");
        }
    }
}
