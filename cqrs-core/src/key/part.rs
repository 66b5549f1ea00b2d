use std::fmt::Write;

use super::encoding::{decode, encode_into};

/// A field that can be part of a key: text, integers, `bool`, and your own types.
///
/// The rendering must be injective: different values render differently, and `parse_part(render_part(v)) == v`.
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
    note = "use `String`, an integer or `bool`, or implement `cqrs_core::KeyPart` for `{Self}`"
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
