//! What the parts of an event and of a view need: the bounds of the serde impls that the macros derive.
//!
//! The lifetime has no meaning of its own. A bound with a variable is checked where the impl is used, in one place, and
//! not at each impl.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::schema::EventData;

/// A part of an event or of a stored command.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is part of what is stored, and lacks `Serialize`, `Deserialize` or `EventData`",
    label = "`{Self}` cannot be stored",
    note = "if the type is your own, derive all three: `#[derive(Serialize, Deserialize, EventData)]`; without serde in your `Cargo.toml`, import the first two from `cqrs_core::serde` and add `#[serde(crate = \"cqrs_core::serde\")]`",
    note = "for a type of `chrono`, `uuid` or `rust_decimal`, enable the feature of that name of `foldline` or `foldline-core`",
    note = "a field of any other crate's type is marked, `#[event_data(opaque)]`, and needs the crate's own feature for serde"
)]
pub trait Storable<'part>: EventData + Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: EventData + Serialize + DeserializeOwned> Storable<'_> for T {}

/// A part of a view.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is part of a view, and lacks `Serialize` or `Deserialize`",
    label = "`{Self}` cannot be stored",
    note = "if the type is your own, derive both: `#[derive(Serialize, Deserialize)]`; without serde in your `Cargo.toml`, import them from `cqrs_core::serde` and add `#[serde(crate = \"cqrs_core::serde\")]`",
    note = "for a type of another crate, enable the crate's own feature for serde"
)]
pub trait Viewable<'part>: Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> Viewable<'_> for T {}
