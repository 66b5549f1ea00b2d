//! A point in time, to the millisecond.

use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Milliseconds since 1970-01-01T00:00:00Z; written as RFC 3339 in UTC: `2024-01-01T10:00:00.000Z`.
///
/// ```
/// use cqrs_core::Timestamp;
/// let at: Timestamp = "2024-01-01T11:00:00+01:00".parse()?;
/// assert_eq!(at.to_string(), "2024-01-01T10:00:00.000Z");
/// # Ok::<(), cqrs_core::TimestampError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// The text is not an RFC 3339 time, or is outside the years 0 to 9999.
#[derive(Debug, Clone, thiserror::Error)]
#[error("`{text}` is not an RFC 3339 time such as `2024-01-01T10:00:00Z`")]
pub struct TimestampError {
    text: String,
}

const FIRST_MILLISECOND: i64 = -62_167_219_200_000;
const LAST_MILLISECOND: i64 = 253_402_300_799_999;

impl Timestamp {
    /// The time now, by the machine's clock.
    #[must_use]
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self::from_unix_millis(i64::try_from(since.as_millis()).unwrap_or(LAST_MILLISECOND))
    }

    /// From milliseconds since 1970; values outside the years 0 to 9999 are moved to the nearest end.
    #[must_use]
    pub fn from_unix_millis(milliseconds: i64) -> Self {
        Self(milliseconds.clamp(FIRST_MILLISECOND, LAST_MILLISECOND))
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub const fn unix_millis(self) -> i64 {
        self.0
    }

    /// The time from `earlier` to this; zero if this is not later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

/// A later time, to the millisecond; at most the last of year 9999.
impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, time: Duration) -> Self {
        Self::from_unix_millis(self.0.saturating_add(milliseconds(time)))
    }
}

/// An earlier time, to the millisecond; at least the first of year 0.
impl Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, time: Duration) -> Self {
        Self::from_unix_millis(self.0.saturating_sub(milliseconds(time)))
    }
}

fn milliseconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanoseconds = i128::from(self.0) * 1_000_000;
        let at = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).map_err(|_| fmt::Error)?;
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            at.year(),
            u8::from(at.month()),
            at.day(),
            at.hour(),
            at.minute(),
            at.second(),
            at.millisecond()
        )
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;
    fn from_str(text: &str) -> Result<Self, TimestampError> {
        let refused = || TimestampError { text: text.to_owned() };
        let at = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| refused())?;
        let milliseconds =
            i64::try_from(at.unix_timestamp_nanos().div_euclid(1_000_000)).map_err(|_| refused())?;
        if !(FIRST_MILLISECOND..=LAST_MILLISECOND).contains(&milliseconds) {
            return Err(refused());
        }
        Ok(Self(milliseconds))
    }
}

impl TryFrom<&str> for Timestamp {
    type Error = TimestampError;
    fn try_from(text: &str) -> Result<Self, TimestampError> {
        text.parse()
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn text_and_back(milliseconds in FIRST_MILLISECOND..=LAST_MILLISECOND) {
            let at = Timestamp(milliseconds);
            prop_assert_eq!(at.to_string().parse::<Timestamp>().unwrap(), at);
        }

        #[test]
        fn texts_sort_as_times(a in FIRST_MILLISECOND..=LAST_MILLISECOND, b in FIRST_MILLISECOND..=LAST_MILLISECOND) {
            prop_assert_eq!(a.cmp(&b), Timestamp(a).to_string().cmp(&Timestamp(b).to_string()));
        }
    }

    #[test]
    fn a_time_moves_up_to_the_ends_of_the_calendar() {
        let at = Timestamp(1_000);
        assert_eq!(at + Duration::from_millis(1) - Duration::from_secs(1), Timestamp(1));
        assert_eq!(at + Duration::MAX, Timestamp(LAST_MILLISECOND));
        assert_eq!(at - Duration::MAX, Timestamp(FIRST_MILLISECOND));
        let later = at + Duration::from_secs(60);
        assert_eq!((later.since(at), at.since(later)), (Duration::from_secs(60), Duration::ZERO));
    }

    #[test]
    fn what_is_no_time_is_named() {
        let error = "yesterday".parse::<Timestamp>().unwrap_err();
        assert!(error.to_string().contains("`yesterday`"), "{error}");
    }
}
