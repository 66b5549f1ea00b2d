//! Stored text must not act as a command to a terminal.

use std::fmt::Write;

/// Whether a character could mislead a terminal or a reader: it moves the cursor, sets the title, breaks the line or
/// changes the direction of the text.
fn misleads(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// One line of text for people, with such characters in the notation of Rust: `\u{1b}`.
pub(crate) fn line(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => shown.push_str("\\n"),
            '\t' => shown.push_str("\\t"),
            '\r' => shown.push_str("\\r"),
            _ if misleads(character) => shown.extend(character.escape_unicode()),
            _ => shown.push(character),
        }
    }
    shown
}

/// The same for a text of several lines.
pub(crate) fn lines(text: &str) -> String {
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// JSON in which such characters are escaped. They can only be in texts, so the value is the same.
pub(crate) fn json(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if misleads(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // A `String` takes all that is written to it.
                let _ = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.push(character);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_moves_the_cursor_or_sets_the_title() {
        let title = "\u{1b}]0;owned\u{7}\u{9b}2J\r\n\u{202e}";
        assert_eq!(line(title), r"\u{1b}]0;owned\u{7}\u{9b}2J\r\n\u{202e}");
        assert_eq!(lines("a\u{1b}\nb"), "a\\u{1b}\nb");
        assert_eq!(line("größer 大 🦀"), "größer 大 🦀");
    }

    #[test]
    fn json_stays_the_same_value() {
        let value = serde_json::json!({ "a\u{7f}": "\u{1b}[2J\u{9b}\u{202e}\u{e0001}\n\"" });
        let shown = json(&value.to_string());
        assert!(!shown.chars().any(misleads), "{shown:?}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
    }
}
