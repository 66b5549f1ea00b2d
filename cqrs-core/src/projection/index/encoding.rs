//! Texts whose byte order is the order of their values.
//!
//! Each value of an index is followed by a space. Characters of a text up to and including `!` are written as `!` and another
//! character, so that the end of a value sorts before everything that could follow in it: `ab` comes before `ab!`, as among the
//! texts themselves.

/// Follows each value.
pub(crate) const END: char = ' ';
/// Sorts after the end of a value, and before everything that a longer value could have there.
pub(crate) const AFTER_END: char = '!';

pub(super) fn push_text(text: &str, out: &mut String) {
    for character in text.chars() {
        match u8::try_from(character) {
            Ok(byte @ ..=b'!') => {
                out.push(AFTER_END);
                out.push(char::from(b'0' + byte));
            }
            _ => out.push(character),
        }
    }
}

pub(super) fn push_unsigned(value: u128, digits: usize, out: &mut String) {
    let text = value.to_string();
    out.extend(std::iter::repeat_n('0', digits.saturating_sub(text.len())));
    out.push_str(&text);
}

/// A negative number as its distance from the smallest one; `-` sorts before the digits.
pub(super) fn push_signed<const SMALLEST: i128>(value: i128, digits: usize, out: &mut String) {
    if value < 0 {
        out.push('-');
        push_unsigned(value.abs_diff(SMALLEST), digits - 1, out);
    } else {
        push_unsigned(value.unsigned_abs(), digits, out);
    }
}
