use crate::attr::Text;

/// The longest time for which SQS hides a message (Amazon SQS Developer Guide, "Amazon SQS visibility timeout").
const LONGEST_MILLIS: u64 = 12 * 3_600_000;

/// What a duration is, for messages.
pub(crate) const SPAN: &str = "a whole number with `ms`, `s`, `m` or `h`, from `1ms` to `12h`";

/// `"30s"` in milliseconds; `None` if it is not such a text.
pub(crate) fn millis(text: &Text) -> Option<u64> {
    let written = text.0.value();
    let digits = written.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let unit = match written.get(digits.len()..) {
        Some("ms") => 1,
        Some("s") => 1_000,
        Some("m") => 60_000,
        Some("h") => 3_600_000,
        _ => return None,
    };
    let millis = digits.parse::<u64>().ok()?.checked_mul(unit)?;
    (1..=LONGEST_MILLIS).contains(&millis).then_some(millis)
}
