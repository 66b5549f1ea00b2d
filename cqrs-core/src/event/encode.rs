use super::Event;
use crate::commit::{EncodeError, StoredEvent};
use crate::json::canonical::{self, canonicalize};
use crate::json::contains_null;

impl StoredEvent {
    /// Serializes an event, in the one form in which it is stored: see the module `store::canonical`.
    ///
    /// # Errors
    /// [`EncodeError`] for what JSON has no place for: maps without text keys, integers over 64 bits,
    /// a NaN or an infinity in a field that is not optional.
    pub fn encode<E: Event>(event: &E) -> Result<Self, EncodeError> {
        let refused = |reason: String| EncodeError { name: E::TYPE, reason };
        let mut data = serde_json::to_value(event).map_err(|error| refused(error.to_string()))?;
        if const { !E::SHAPE.comes_back() } {
            canonicalize(&mut data);
        }
        // serde_json writes NaN as null, which could never be read back: better refused than stored.
        if const { E::SHAPE.may_lose_numbers() } && contains_null(&data) {
            canonical::read::<E>(&data).map_err(|error| {
                refused(format!("it could not be read back ({error}); is a number NaN or infinite?"))
            })?;
        }
        Ok(Self { name: E::TYPE.to_owned(), schema: E::SCHEMA, data })
    }
}
