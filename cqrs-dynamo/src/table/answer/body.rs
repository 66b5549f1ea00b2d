//! The body of an answer, in the usual forms of JSON and of DynamoDB. The SDK reads every other form.

use std::borrow::Cow;
use std::fmt;

use cqrs_core::store::canonical;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::{Map, Number, Value};

use super::Make;
use crate::table::Row;

/// What is made of the items of an answer, and the body without them. `None` if the SDK has to read the body.
pub(super) fn read<T>(body: &[u8], field: &str, make: Make<T>) -> Option<(Vec<T>, Vec<u8>)> {
    // Checked once here, and not again for each text.
    let text = str::from_utf8(body).ok()?;
    let mut json = serde_json::Deserializer::from_str(text);
    let found = json.deserialize_map(Answer { start: body.as_ptr().addr(), field, make }).ok()?;
    json.end().ok()?;
    let Some(Found { made, from, to }) = found else {
        return Some((Vec::new(), body.to_vec()));
    };
    let null = format!("\"{field}\":null");
    let (mark, after) = match to {
        Some(to) => (b",", body.get(to..)?),
        None => (b"}", &[][..]),
    };
    Some((made, [body.get(..from)?, null.as_bytes(), mark, after].concat()))
}

struct Answer<'a, T> {
    /// The address of the body.
    start: usize,
    /// The field with the items: `Items`, a list, or `Item`, one or none.
    field: &'a str,
    make: Make<T>,
}

struct Found<T> {
    made: Vec<T>,
    /// The start of the field in the body.
    from: usize,
    /// The start of the next field, if there is one.
    to: Option<usize>,
}

impl<'de, T> Visitor<'de> for Answer<'_, T> {
    type Value = Option<Found<T>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an answer")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self::Value, A::Error> {
        let mut found: Option<Found<T>> = None;
        while let Some(name) = fields.next_key::<&str>()? {
            // From the name's quotation mark on.
            let at = name.as_ptr().addr().wrapping_sub(self.start).wrapping_sub(1);
            if let Some(found) = &mut found {
                found.to.get_or_insert(at);
            }
            if name != self.field {
                fields.next_value::<IgnoredAny>()?;
                continue;
            }
            if found.is_some() {
                return Err(Error::custom("items twice"));
            }
            let made = match name {
                "Item" => vec![(self.make)(fields.next_value()?)],
                _ => fields.next_value_seed(Items(self.make))?,
            };
            found = Some(Found { made, from: at, to: None });
        }
        Ok(found)
    }
}

struct Items<T>(Make<T>);

impl<'de, T> DeserializeSeed<'de> for Items<T> {
    type Value = Vec<T>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de, T> Visitor<'de> for Items<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("items")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut made = Vec::new();
        while let Some(item) = items.next_element()? {
            made.push(self.0(item));
        }
        Ok(made)
    }
}

impl<'de> Deserialize<'de> for Row<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct Attributes;

        impl<'de> Visitor<'de> for Attributes {
            type Value = Row<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an item")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut attributes: A) -> Result<Self::Value, A::Error> {
                // Most commits have nine.
                let mut fields = Vec::with_capacity(12);
                while let Some((Name(name), Attribute(value))) = attributes.next_entry()? {
                    fields.push((name, value));
                }
                Ok(Row { fields, others: Vec::new() })
            }
        }

        json.deserialize_map(Attributes)
    }
}

/// A name, not copied if the body has it unescaped.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct Text;

        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }

        json.deserialize_str(Text)
    }
}

/// The value of an attribute.
struct Attribute(Value);

impl<'de> Deserialize<'de> for Attribute {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct Kind;

        impl<'de> Visitor<'de> for Kind {
            type Value = Attribute;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the value of an attribute")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut kinds: A) -> Result<Self::Value, A::Error> {
                let value = match kinds.next_key()? {
                    Some("S") => Value::String(kinds.next_value()?),
                    Some("N") => Value::Number(kinds.next_value::<Decimal>()?.0),
                    Some("BOOL") => Value::Bool(kinds.next_value()?),
                    Some("NULL") => kinds.next_value::<bool>().map(|_| Value::Null)?,
                    Some("L") => Value::Array(kinds.next_value::<List>()?.0),
                    Some("M") => Value::Object(kinds.next_value::<Fields>()?.0),
                    _ => return Err(Error::custom("a kind that is not JSON")),
                };
                match kinds.next_key::<IgnoredAny>()? {
                    None => Ok(Attribute(value)),
                    Some(_) => Err(Error::custom("two kinds")),
                }
            }
        }

        json.deserialize_map(Kind)
    }
}

struct Decimal(Number);

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Decimal;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the text of a number")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                canonical::number(text).map(Decimal).ok_or_else(|| E::custom("a number out of range"))
            }
        }

        json.deserialize_str(Text)
    }
}

struct List(Vec<Value>);

impl<'de> Deserialize<'de> for List {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct Values;

        impl<'de> Visitor<'de> for Values {
            type Value = List;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Self::Value, A::Error> {
                let mut list = Vec::new();
                while let Some(Attribute(value)) = values.next_element()? {
                    list.push(value);
                }
                Ok(List(list))
            }
        }

        json.deserialize_seq(Values)
    }
}

struct Fields(Map<String, Value>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct Values;

        impl<'de> Visitor<'de> for Values {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut values: A) -> Result<Self::Value, A::Error> {
                let mut fields = Map::new();
                while let Some((name, Attribute(value))) = values.next_entry::<String, _>()? {
                    fields.insert(name, value);
                }
                // Field order matters only with `serde_json/preserve_order`.
                fields.sort_keys();
                Ok(Fields(fields))
            }
        }

        json.deserialize_map(Values)
    }
}
