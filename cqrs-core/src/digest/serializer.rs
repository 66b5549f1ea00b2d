use std::fmt;

use serde::Serialize;
use serde::ser::{
    self, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use super::node::Node;

/// The name that a `serde_json::Number` has with `serde_json/arbitrary_precision`: a struct with one field, its text.
const NUMBER: &str = "$serde_json::private::Number";

/// From a value to its [`Node`].
pub(super) struct NodeSerializer;

/// The error of the value's own code.
#[derive(Debug)]
pub(super) struct Refused(String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

impl ser::Error for Refused {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

type Written = Result<Node, Refused>;

/// Elements that are being collected, and the variant that they belong to.
pub(super) struct Elements {
    variant: Option<&'static str>,
    nodes: Vec<Node>,
    wrap: fn(Vec<Node>) -> Node,
}

/// Entries that are being collected, and the variant that they belong to.
pub(super) struct Entries {
    variant: Option<&'static str>,
    entries: Vec<(Node, Node)>,
    key: Option<Node>,
    is_number: bool,
}

fn node<T: Serialize + ?Sized>(value: &T) -> Written {
    value.serialize(NodeSerializer)
}

fn text(text: &str) -> Node {
    Node::Text(text.to_owned())
}

/// The node that the same number has without `serde_json/arbitrary_precision`.
fn number(digits: &str) -> Node {
    if digits.parse::<u64>().is_ok() || (digits != "-0" && digits.parse::<i64>().is_ok()) {
        return Node::Integer(digits.to_owned());
    }
    digits.parse().map_or_else(|_| text(digits), |float: f64| Node::Float(float.to_bits()))
}

fn in_variant(variant: Option<&'static str>, content: Node) -> Node {
    match variant {
        Some(variant) => Node::Map(vec![(text(variant), content)]),
        None => content,
    }
}

impl Elements {
    fn new(variant: Option<&'static str>, wrap: fn(Vec<Node>) -> Node) -> Self {
        Self { variant, nodes: Vec::new(), wrap }
    }

    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        self.nodes.push(node(value)?);
        Ok(())
    }

    fn done(self) -> Written {
        Ok(in_variant(self.variant, (self.wrap)(self.nodes)))
    }
}

impl Entries {
    fn new(variant: Option<&'static str>) -> Self {
        Self { variant, entries: Vec::new(), key: None, is_number: false }
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Refused> {
        self.entries.push((text(name), node(value)?));
        Ok(())
    }

    fn done(self) -> Written {
        match self.entries.as_slice() {
            [(_, Node::Text(text))] if self.is_number => Ok(number(text)),
            _ => Ok(in_variant(self.variant, Node::Map(self.entries))),
        }
    }
}

macro_rules! integers {
    ($($name:ident: $ty:ty),* $(,)?) => {
        $(fn $name(self, value: $ty) -> Written {
            Ok(Node::Integer(value.to_string()))
        })*
    };
}

impl Serializer for NodeSerializer {
    type Ok = Node;
    type Error = Refused;
    type SerializeSeq = Elements;
    type SerializeTuple = Elements;
    type SerializeTupleStruct = Elements;
    type SerializeTupleVariant = Elements;
    type SerializeMap = Entries;
    type SerializeStruct = Entries;
    type SerializeStructVariant = Entries;

    integers! {
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_i128: i128,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_u128: u128,
    }

    fn serialize_bool(self, value: bool) -> Written {
        Ok(Node::Bool(value))
    }

    fn serialize_f32(self, value: f32) -> Written {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Written {
        // NaN has many forms, but one meaning.
        let value = if value.is_nan() { f64::NAN } else { value };
        Ok(Node::Float(value.to_bits()))
    }

    fn serialize_char(self, value: char) -> Written {
        Ok(Node::Text(value.into()))
    }

    fn serialize_str(self, value: &str) -> Written {
        Ok(text(value))
    }

    fn serialize_bytes(self, value: &[u8]) -> Written {
        Ok(Node::Bytes(value.to_vec()))
    }

    fn serialize_none(self) -> Written {
        Ok(Node::None)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Written {
        Ok(Node::Some(Box::new(node(value)?)))
    }

    fn serialize_unit(self) -> Written {
        Ok(Node::None)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Written {
        Ok(Node::None)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Written {
        Ok(text(variant))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Written {
        node(value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Written {
        // A list of one, so that a variant that holds nothing differs from a field that is not set.
        Ok(in_variant(Some(variant), Node::Tuple(vec![node(value)?])))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Elements, Refused> {
        Ok(Elements::new(None, Node::List))
    }

    fn serialize_tuple(self, _: usize) -> Result<Elements, Refused> {
        Ok(Elements::new(None, Node::Tuple))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Elements, Refused> {
        Ok(Elements::new(None, Node::Tuple))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Elements, Refused> {
        Ok(Elements::new(Some(variant), Node::Tuple))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Entries, Refused> {
        Ok(Entries::new(None))
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Entries, Refused> {
        Ok(Entries { is_number: name == NUMBER, ..Entries::new(None) })
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Entries, Refused> {
        Ok(Entries::new(Some(variant)))
    }
}

macro_rules! elements {
    ($($of:ident::$push:ident),* $(,)?) => {
        $(impl $of for Elements {
            type Ok = Node;
            type Error = Refused;

            fn $push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
                self.push(value)
            }

            fn end(self) -> Written {
                self.done()
            }
        })*
    };
}

elements! {
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field,
}

macro_rules! entries {
    ($($of:ident),*) => {
        $(impl $of for Entries {
            type Ok = Node;
            type Error = Refused;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Refused> {
                self.field(name, value)
            }

            fn end(self) -> Written {
                self.done()
            }
        })*
    };
}

entries!(SerializeStruct, SerializeStructVariant);

impl SerializeMap for Entries {
    type Ok = Node;
    type Error = Refused;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Refused> {
        self.key = Some(node(key)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        let key = self.key.take().unwrap_or(Node::None);
        self.entries.push((key, node(value)?));
        Ok(())
    }

    fn end(self) -> Written {
        self.done()
    }
}
