//! Dates and times of `chrono`, as texts that sort in the same order.

use std::fmt::Write;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Utc};

use super::{only_rendering, ordered};
use crate::key::KeyPart;
use crate::schema::data::form;
use crate::timestamp::Timestamp;

form! {
    NaiveDate: "date", r#""2024-01-01""#;
    NaiveTime: "time", r#""10:00:00.123456789""#;
    NaiveDateTime: "datetime local", r#""2024-01-01T10:00:00.123456789""#;
    DateTime<Utc>: "datetime", r#""2024-01-01T10:00:00.123456789Z""#;
}

ordered! {
    NaiveDate: b"date";
    NaiveTime: b"time of day";
    NaiveDateTime: b"local time";
    DateTime<Utc>: b"time, to the nanosecond";
}

/// The same time. In the other direction, `Timestamp::from_unix_millis(at.timestamp_millis())` drops fractions of a
/// millisecond.
impl From<Timestamp> for DateTime<Utc> {
    fn from(at: Timestamp) -> Self {
        // `chrono` has all the years that a `Timestamp` has.
        Self::from_timestamp_millis(at.unix_millis()).unwrap_or_default()
    }
}

/// Added to a year before 0, so that its digits grow with the year.
const BEFORE_ZERO: i32 = 1_000_000;
/// Follows the second that a leap second extends, and begins a year of more than four digits. It sorts after all
/// digits.
const LATER: char = '~';
const NANOSECONDS: u32 = 1_000_000_000;

/// How many digits the fraction of a second has.
#[derive(Clone, Copy)]
enum Digits {
    /// As `chrono` writes them: none, three, six or nine.
    Few,
    /// Nine, because what follows does not sort before digits.
    All,
}

// Writing to a `String` cannot fail.
fn push_date(date: NaiveDate, out: &mut String) {
    let _ = match date.year() {
        year @ ..0 => write!(out, "-{:06}", year + BEFORE_ZERO),
        year @ 0..=9999 => write!(out, "{year:04}"),
        year => write!(out, "{LATER}{year:06}"),
    };
    let _ = write!(out, "-{:02}-{:02}", date.month(), date.day());
}

fn push_time(time: NaiveTime, digits: Digits, out: &mut String) {
    let _ = write!(out, "{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second());
    if time.nanosecond() >= NANOSECONDS {
        out.push(LATER);
    }
    let _ = match (time.nanosecond() % NANOSECONDS, digits) {
        (0, Digits::Few) => return,
        (part, Digits::Few) if part % 1_000_000 == 0 => write!(out, ".{:03}", part / 1_000_000),
        (part, Digits::Few) if part % 1_000 == 0 => write!(out, ".{:06}", part / 1_000),
        (part, _) => write!(out, ".{part:09}"),
    };
}

/// Digits, and nothing else.
fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn read_date(text: &str) -> Option<NaiveDate> {
    let (rest, day) = text.rsplit_once('-')?;
    let (year, month) = rest.rsplit_once('-')?;
    let year = match (year.strip_prefix('-'), year.strip_prefix(LATER)) {
        (Some(before), _) => i32::try_from(number(before)?).ok()?.checked_sub(BEFORE_ZERO)?,
        (None, later) => i32::try_from(number(later.unwrap_or(year))?).ok()?,
    };
    NaiveDate::from_ymd_opt(year, number(month)?, number(day)?)
}

fn read_time(text: &str) -> Option<NaiveTime> {
    let (text, part) = text.split_once('.').unwrap_or((text, "0"));
    let (text, leap) = text.strip_suffix(LATER).map_or((text, 0), |text| (text, NANOSECONDS));
    let mut parts = text.split(':').map(number);
    let time = NaiveTime::from_hms_opt(parts.next()??, parts.next()??, parts.next()??)?;
    let part = number(&format!("{part:0<9}"))?;
    parts.next().is_none().then(|| time.with_nanosecond(part.checked_add(leap)?)).flatten()
}

fn read_date_time(text: &str) -> Option<NaiveDateTime> {
    let (date, time) = text.split_once('T')?;
    Some(read_date(date)?.and_time(read_time(time)?))
}

impl KeyPart for NaiveDate {
    fn render_part(&self, _width: usize, out: &mut String) {
        push_date(*self, out);
    }

    fn parse_part(text: &str) -> Option<Self> {
        only_rendering(read_date(text)?, text)
    }
}

impl KeyPart for NaiveTime {
    fn render_part(&self, _width: usize, out: &mut String) {
        push_time(*self, Digits::Few, out);
    }

    fn parse_part(text: &str) -> Option<Self> {
        only_rendering(read_time(text)?, text)
    }
}

impl KeyPart for NaiveDateTime {
    fn render_part(&self, _width: usize, out: &mut String) {
        push_date(self.date(), out);
        out.push('T');
        push_time(self.time(), Digits::Few, out);
    }

    fn parse_part(text: &str) -> Option<Self> {
        only_rendering(read_date_time(text)?, text)
    }
}

impl KeyPart for DateTime<Utc> {
    fn render_part(&self, _width: usize, out: &mut String) {
        let at = self.naive_utc();
        push_date(at.date(), out);
        out.push('T');
        push_time(at.time(), Digits::All, out);
        out.push('Z');
    }

    fn parse_part(text: &str) -> Option<Self> {
        only_rendering(read_date_time(text.strip_suffix('Z')?)?.and_utc(), text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{check_data, check_part, check_shape, rendered};
    use super::*;
    use crate::projection::check_order;

    fn dates() -> impl Strategy<Value = NaiveDate> {
        let days = |date: NaiveDate| date.num_days_from_ce();
        let all = days(NaiveDate::MIN)..=days(NaiveDate::MAX);
        // Around the years 0 and 9999, and anywhere.
        prop_oneof![-2_000..2_000, 3_651_000..3_654_000, all]
            .prop_filter_map("no date", NaiveDate::from_num_days_from_ce_opt)
    }

    /// `leaps`: a leap second may follow any second, as `chrono` lets it.
    fn times(leaps: bool) -> impl Strategy<Value = NaiveTime> {
        let seconds = prop_oneof![0..3_u32, 86_397..86_400_u32, 0..86_400_u32];
        let parts =
            prop_oneof![Just(0), Just(500_000_000), Just(120_000), Just(999_999_999), 0..1_000_000_000_u32];
        (seconds, parts, any::<bool>()).prop_map(move |(seconds, part, leap)| {
            let is_leap = leap && (leaps || seconds % 60 == 59);
            let time = NaiveTime::from_num_seconds_from_midnight_opt(seconds, 0).unwrap();
            time.with_nanosecond(part + if is_leap { NANOSECONDS } else { 0 }).unwrap()
        })
    }

    fn moments(leaps: bool) -> impl Strategy<Value = NaiveDateTime> {
        (dates(), times(leaps)).prop_map(|(date, time)| date.and_time(time))
    }

    proptest! {
        #[test]
        fn a_part_of_a_key_is_read_back(date in dates(), time in times(true), at in moments(true)) {
            check_part(&date)?;
            check_part(&time)?;
            check_part(&at)?;
            check_part(&at.and_utc())?;
        }

        #[test]
        fn indexes_have_the_order_of_time(
            dates in [dates(), dates()], times in [times(true), times(true)], moments in [moments(true), moments(true)],
        ) {
            check_order(&dates[0], &dates[1])?;
            check_order(&times[0], &times[1])?;
            check_order(&moments[0], &moments[1])?;
            check_order(&moments[0].and_utc(), &moments[1].and_utc())?;
            // On one day, where the time decides.
            let on_one_day = times.map(|time| dates[0].and_time(time));
            check_order(&on_one_day[0], &on_one_day[1])?;
            check_order(&on_one_day[0].and_utc(), &on_one_day[1].and_utc())?;
        }

        #[test]
        fn what_is_stored_has_every_digit(date in dates(), time in times(false), at in moments(false)) {
            check_data(&date)?;
            check_data(&time)?;
            check_data(&at)?;
            check_data(&at.and_utc())?;
        }

        #[test]
        fn a_timestamp_is_the_same_time(milliseconds: i64) {
            let at = Timestamp::from_unix_millis(milliseconds);
            let same = <DateTime<Utc>>::from(at);
            // Only to the second, because a fraction of zero is left out of this form.
            let (text, expected) = (format!("{same:?}"), at.to_string());
            prop_assert_eq!(text.get(..19), expected.get(..19));
            prop_assert_eq!(Timestamp::from_unix_millis(same.timestamp_millis()), at);
        }

        #[test]
        fn no_text_panics(text in "[-~+]?[0-9]{0,7}-[0-9]{0,3}-[0-9]{0,3}T?[0-9]{0,3}:?[0-9~]{0,3}:[0-9~]{0,3}\\.?[0-9]{0,11}Z?", any in ".{0,12}") {
            for text in [text, any] {
                for (part, read) in [
                    NaiveDate::parse_part(&text).as_ref().map(rendered),
                    NaiveTime::parse_part(&text).as_ref().map(rendered),
                    NaiveDateTime::parse_part(&text).as_ref().map(rendered),
                    <DateTime<Utc>>::parse_part(&text).as_ref().map(rendered),
                ].into_iter().enumerate() {
                    prop_assert!(read.is_none_or(|read| read == text), "{}: {}", part, text);
                }
            }
        }
    }

    #[test]
    fn keys_have_the_texts_that_one_expects() {
        let at: DateTime<Utc> = "2024-01-01T10:00:00.5Z".parse().unwrap();
        assert_eq!(rendered(&at), "2024-01-01T10:00:00.500000000Z");
        assert_eq!(rendered(&at.naive_utc()), "2024-01-01T10:00:00.500");
        assert_eq!(rendered(&at.date_naive()), "2024-01-01");
        assert_eq!(rendered(&at.time().with_nanosecond(0).unwrap()), "10:00:00");
        let leap: DateTime<Utc> = "2016-12-31T23:59:60Z".parse().unwrap();
        assert_eq!(rendered(&leap), "2016-12-31T23:59:59~.000000000Z");
        assert_eq!(rendered(&NaiveDate::from_ymd_opt(-1, 12, 31).unwrap()), "-999999-12-31");
        assert_eq!(rendered(&NaiveDate::from_ymd_opt(12345, 1, 1).unwrap()), "~012345-01-01");
        for text in
            ["~002024-01-01", "2024-1-01", "2024-02-30", "-1000000-01-01", "2024-01-01T10:00:00Z", "24-01-01"]
        {
            assert_eq!(NaiveDate::parse_part(text), None, "{text}");
            assert_eq!(<DateTime<Utc>>::parse_part(text), None, "{text}");
        }
    }

    #[test]
    fn the_lock_names_them() {
        check_shape::<NaiveDate>("date");
        check_shape::<NaiveTime>("time");
        check_shape::<NaiveDateTime>("datetime local");
        check_shape::<DateTime<Utc>>("datetime");
    }
}
