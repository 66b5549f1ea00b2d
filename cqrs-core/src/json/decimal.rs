//! A number by its decimal digits, as DynamoDB keeps it.

use std::fmt::{self, Write};

use serde_json::Number;

/// The content of a number's text, without zeros at either end.
#[derive(Debug, Default)]
pub(crate) struct Decimal {
    pub(crate) negative: bool,
    /// The digits from the first to the last that is not zero; none for zero.
    pub(crate) digits: usize,
    /// The exponent of ten of the last of these digits.
    lowest: i64,
    /// Zeros since the last digit that is not zero.
    zeros: i64,
    /// Digits after the decimal point.
    behind: i64,
    exponent: i64,
    exponent_negative: bool,
    part: Part,
}

#[derive(Debug, Default, Clone, Copy, PartialEq)]
enum Part {
    #[default]
    Whole,
    Fraction,
    Exponent,
}

impl Decimal {
    pub(crate) fn of(number: &Number) -> Self {
        let mut decimal = Self::default();
        // Writing into a decimal never fails, and takes no memory.
        let _ = write!(decimal, "{number}");
        let exponent = if decimal.exponent_negative { -decimal.exponent } else { decimal.exponent };
        decimal.lowest = exponent.saturating_sub(decimal.behind).saturating_add(decimal.zeros);
        decimal
    }

    /// The exponent of ten of the first digit that is not zero.
    pub(crate) fn highest(&self) -> i64 {
        let digits = i64::try_from(self.digits).unwrap_or(i64::MAX);
        self.lowest.saturating_add(digits).saturating_sub(1)
    }

    /// The bytes that DynamoDB counts: one per pair of digits from the decimal point, one, and one for a minus.
    pub(crate) fn size(&self) -> usize {
        if self.digits == 0 {
            return 1;
        }
        let pairs = self.highest().div_euclid(2).abs_diff(self.lowest.div_euclid(2)).saturating_add(1);
        usize::try_from(pairs).unwrap_or(usize::MAX).saturating_add(1 + usize::from(self.negative))
    }

    fn digit(&mut self, digit: u8) {
        match self.part {
            Part::Exponent => {
                self.exponent = self.exponent.saturating_mul(10).saturating_add(i64::from(digit));
                return;
            }
            Part::Fraction => self.behind += 1,
            Part::Whole => {}
        }
        if digit == 0 {
            self.zeros += 1;
        } else {
            let zeros = if self.digits == 0 { 0 } else { usize::try_from(self.zeros).unwrap_or_default() };
            self.digits += zeros + 1;
            self.zeros = 0;
        }
    }
}

impl Write for Decimal {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            match byte {
                b'0'..=b'9' => self.digit(byte - b'0'),
                b'.' => self.part = Part::Fraction,
                b'e' | b'E' => self.part = Part::Exponent,
                b'-' if self.part == Part::Exponent => self.exponent_negative = true,
                b'-' => self.negative = true,
                _ => {}
            }
        }
        Ok(())
    }
}
