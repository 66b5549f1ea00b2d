//! Cents, as people read them.

use std::fmt;

/// An amount in cents; shows as `1,234.50`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Money(pub u64);

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = (self.0 / 100).to_string();
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        write!(f, ".{:02}", self.0 % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::Money;

    #[test]
    fn cents_read_as_money() {
        let texts = [0, 7, 99_999, 123_450, 126_579_264].map(|cents| Money(cents).to_string());
        assert_eq!(texts, ["0.00", "0.07", "999.99", "1,234.50", "1,265,792.64"]);
    }
}
