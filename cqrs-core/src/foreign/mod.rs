//! Types of `chrono`, `uuid` and `rust_decimal` in keys, in stored data and in indexes.
//!
//! For each of these crates, `foldline` and `foldline-core` have a feature with the crate's name. Your program also
//! depends on the crate itself, with the features that it needs. The crate's feature `serde` is already on.
//!
//! ```toml
//! [dependencies]
//! foldline = { version = "0.1", features = ["chrono", "rust_decimal", "uuid"] }
//! chrono = "0.4"
//! rust_decimal = "1"
//! uuid = { version = "1", features = ["v7"] }
//! ```
//!
#![cfg_attr(
    all(feature = "chrono", feature = "rust_decimal", feature = "uuid"),
    doc = "```rust,standalone_crate"
)]
#![cfg_attr(not(all(feature = "chrono", feature = "rust_decimal", feature = "uuid")), doc = "```ignore")]
//! use chrono::{DateTime, NaiveDate, Utc};
//! use cqrs_core::prelude::*;
//! use cqrs_core::store::MemoryEventStore;
//! use cqrs_core::view::MemoryViewStore;
//! use rust_decimal::Decimal;
//! use uuid::Uuid;
//!
//! #[event]
//! pub struct Paid {
//!     pub payer: Uuid,
//!     pub amount: Decimal,
//!     pub due: NaiveDate,
//!     pub at: DateTime<Utc>,
//! }
//!
//! #[derive(Clone)]
//! pub struct Pay {
//!     pub payer: Uuid,
//!     pub amount: Decimal,
//!     pub due: NaiveDate,
//!     pub at: DateTime<Utc>,
//! }
//!
//! #[aggregate(entity = "PAYMENT", key(id: Uuid))]
//! #[derive(Default)]
//! pub struct Payment {
//!     amount: Decimal,
//! }
//!
//! #[aggregate]
//! impl Payment {
//!     #[command]
//!     fn pay(&self, command: Pay) -> Result<Paid, std::convert::Infallible> {
//!         let Pay { payer, amount, due, at } = command;
//!         Ok(Paid { payer, amount, due, at })
//!     }
//!
//!     #[apply]
//!     fn paid(&mut self, event: &Paid) {
//!         self.amount += event.amount;
//!     }
//! }
//!
//! /// What is paid for one day.
//! #[projection(key(day: NaiveDate), index(by_total(payer, total)))]
//! #[derive(Default)]
//! pub struct Day {
//!     pub payer: Uuid,
//!     pub total: Decimal,
//! }
//!
//! #[projection(key(day))]
//! impl Day {
//!     #[apply(key(day = event.due))]
//!     fn paid(&mut self, event: &Paid) {
//!         self.payer = event.payer;
//!         self.total += event.amount;
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let app = App::builder(MemoryEventStore::new()).views(MemoryViewStore::new()).build()?;
//! let tenant = Tenant::new("BANK")?;
//! let (id, payer): (Uuid, Uuid) =
//!     ("018f3c2e-7b4a-7c3d-9e1f-2a5b6c7d8e9f".parse()?, "018f3c2e-7b4a-7c3d-9e1f-000000000007".parse()?);
//! let pay = Pay { payer, amount: Decimal::new(12_50, 2), due: "2024-01-31".parse()?, at: "2024-01-02T10:00:00.5Z".parse()? };
//! let key = PaymentKey::new(&tenant, id);
//! app.execute(&key, pay).await?;
//! assert_eq!(key.stream()?.sk(), "PAYMENT#018f3c2e-7b4a-7c3d-9e1f-2a5b6c7d8e9f");
//! assert_eq!(Paid::SHAPE.to_string(), "{ payer: uuid, amount: decimal, due: date, at: datetime }");
//!
//! app.run_until_idle().await?;
//! let january: [NaiveDate; 2] = ["2024-01-01".parse()?, "2024-02-01".parse()?];
//! let days = app.query::<Day>(&tenant).by_key().day(january[0]..january[1]).await?;
//! assert_eq!(days.views[0].view.total.to_string(), "12.50");
//! let large = app.query::<Day>(&tenant).by_total(payer).total(Decimal::TEN..).await?;
//! assert_eq!(large.views.len(), 1);
//! # Ok(())
//! # }
//! ```
//!
//! # What each is
//!
//! | type | stored as, and its name in `events.lock` | as part of a key | a range of it |
//! | --- | --- | --- | --- |
//! | `uuid::Uuid` | text, `uuid` | `018f3c2e-7b4a-7c3d-9e1f-2a5b6c7d8e9f` | in a key and in an index |
//! | `chrono::DateTime<Utc>` | text, `datetime`: `2024-01-01T10:00:00.500Z` | `2024-01-01T10:00:00.500000000Z` | in a key and in an index |
//! | `chrono::NaiveDate` | text, `date`: `2024-01-01` | `2024-01-01` | in a key and in an index |
//! | `chrono::NaiveDateTime` | text, `datetime local`: `2024-01-01T10:00:00.500` | `2024-01-01T10:00:00.500` | in a key and in an index |
//! | `chrono::NaiveTime` | text, `time`: `10:00:00.500` | `10:00:00.500` | in a key and in an index |
//! | `rust_decimal::Decimal` | text, `decimal`: `12.50` | `12.5` | in an index |
//!
//! They are stored as their own serde implementations write them, so every digit of a second and of a decimal comes
//! back. In contracts all of them are strings, with the format `uuid`, `date-time`, `date` or `decimal` if there is
//! one.
//!
//! An index, and a key with a date or a time, has the order of the values. Times before the year 0 and after the year
//! 9999, and negative decimals, are in their places, too. For this, the years before 0 and after 9999 have another form
//! in keys, which begins with `-` or `~`, and a leap second is written as the second before it and a `~`. A `Uuid` has
//! the order of its bytes. A v7 `Uuid` begins with its time.
//!
//! **Decimals as part of a key** lose the zeros at their end. `1.0` and `1.00` are equal, so they are one key: `1`. The field of a
//! key that is read back has the same value without these zeros. As data of an event, `1.00` stays `1.00`.
//!
//! # What to know
//!
//! * `rust_decimal` has a feature `serde-float`. It makes every `Decimal` a floating-point number in JSON, which loses
//!   digits. Any crate of the build can enable it for all crates. [`build`](crate::app::AppBuilder::build) refuses
//!   this.
//! * A decimal of zero may have a sign, which is not read back: `-0.00` becomes `0.00`, which is equal. A leap second
//!   that does not end a minute is also read back as another value: as a time in the next second. Only
//!   `with_nanosecond` makes such a leap second.
//! * A `DateTime<FixedOffset>` or `DateTime<Local>` has no shape. Store a `DateTime<Utc>`, and the offset, or the name of the time
//!   zone, in a field beside it.
//! * If a [`Timestamp`](crate::Timestamp) in an event becomes a `DateTime<Utc>`, the event gets a new schema:
//!   `events.lock` tells them apart, because a `Timestamp` has only milliseconds. `DateTime::from(timestamp)` is the
//!   same time.
//!
//! Put a type of any other crate into a type of your own that implements [`KeyPart`], [`EventData`](macro@crate::EventData) or
//! [`IndexValue`](crate::IndexValue). A field of an event may also be marked `#[event_data(opaque)]`: then its content is not checked.

#[cfg(feature = "chrono")]
mod calendar;
#[cfg(feature = "rust_decimal")]
mod decimal;
#[cfg(feature = "uuid")]
mod unique_id;

#[cfg(feature = "rust_decimal")]
pub(crate) use decimal::is_stored_as_text;

use crate::key::KeyPart;

/// The value that was read from `text`, if this is the text by which a key has it.
fn only_rendering<T: KeyPart>(value: T, text: &str) -> Option<T> {
    let mut rendered = String::with_capacity(text.len());
    value.render_part(0, &mut rendered);
    (rendered == text).then_some(value)
}

/// Types whose texts in keys sort as their values.
#[cfg(any(feature = "chrono", feature = "uuid"))]
macro_rules! ordered {
    ($($ty:ty: $name:literal;)*) => {$(
        impl $crate::projection::OrderedPart for $ty {}

        impl $crate::projection::IndexValue for $ty {
            const SHAPE: u64 = $crate::key::stable_hash($name);
            fn write(&self, text: &mut $crate::projection::IndexText) {
                $crate::key::KeyPart::render_part(self, 0, &mut text.0);
            }
        }
    )*};
}
#[cfg(any(feature = "chrono", feature = "uuid"))]
use ordered;

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use proptest::prelude::*;
    use serde::Serialize;
    use serde::de::DeserializeOwned;

    use super::*;
    use crate::json::canonical;
    use crate::schema::EventData;

    pub(super) fn rendered(value: &impl KeyPart) -> String {
        let mut text = String::new();
        value.render_part(0, &mut text);
        text
    }

    /// A part of a key is read back, and from no other text.
    pub(super) fn check_part<T: KeyPart + PartialEq + Debug>(value: &T) -> Result<(), TestCaseError> {
        let text = rendered(value);
        prop_assert!(!text.contains(['#', '@', '%']), "{}", text);
        prop_assert_eq!(T::parse_part(&text), Some(value.clone()));
        for other in [
            text.to_uppercase(),
            format!("{text}0"),
            format!("0{text}"),
            format!("+{text}"),
            format!(" {text}"),
        ] {
            prop_assert!(
                other == text || T::parse_part(&other).is_none_or(|read| rendered(&read) == other),
                "{}",
                other
            );
        }
        Ok(())
    }

    /// What is stored is a text, and the value is read from it again.
    pub(super) fn check_data<T: Serialize + DeserializeOwned + PartialEq + Debug>(
        value: &T,
    ) -> Result<(), TestCaseError> {
        let stored = serde_json::to_value(value).unwrap();
        prop_assert!(stored.is_string(), "{}", stored);
        prop_assert_eq!(&canonical::read::<T>(&stored).unwrap(), value);
        Ok(())
    }

    /// The example in the lock is read, and is stored as it is there; a contract describes it.
    #[track_caller]
    pub(super) fn check_shape<T: EventData + Serialize + DeserializeOwned>(name: &str) {
        assert_eq!(T::SHAPE.to_string(), name);
        let Ok(examples) = crate::schema::examples(&T::SHAPE) else { panic!("{name} has no example") };
        for example in examples {
            let read: T = canonical::read(&example).unwrap();
            assert_eq!(serde_json::to_value(&read).unwrap(), example);
            #[cfg(feature = "contracts")]
            crate::contract::tests::assert_described(&T::SHAPE, &example);
        }
    }
}
