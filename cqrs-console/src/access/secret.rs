use subtle::ConstantTimeEq;

use crate::error::ConsoleError;

/// 256 bits that cannot be guessed, as 64 hexadecimal digits.
pub(crate) struct Secret(String);

impl Secret {
    pub(crate) fn new() -> Result<Self, ConsoleError> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| ConsoleError::Token(error.to_string()))?;
        Ok(Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// Whether it is the same. The time that this takes does not reveal where it differs.
    pub(super) fn is(&self, text: &str) -> bool {
        self.0.as_bytes().ct_eq(text.as_bytes()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_only_itself() {
        let (one, other) = (Secret::new().unwrap(), Secret::new().unwrap());
        assert_eq!(one.text().len(), 64);
        assert!(one.is(one.text()));
        assert!(!one.is(other.text()));
        assert!(!one.is(""));
        assert!(!one.is(&format!("{}0", one.text())));
        assert!(!one.is(&one.text()[1..]));
    }
}
