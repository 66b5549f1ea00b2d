use serde_json::{Map, Value, json};

use super::combine::{any_of, one_of, or_null};
use super::label::{Label, Tagging, may_be_missing};
use super::members::Members;
use super::names::Names;
use super::scalar::{key, object, scalar};
use crate::schema::{Field, Shape};

/// The JSON Schema (draft 2020-12) of a shape, without `$schema`, so that it can be part of another document.
///
/// It describes the form that serde writes, and accepts what the type reads of that form: fields that have a default or
/// are options may be missing, fields may have the other names given by `alias`, and unknown fields are allowed unless
/// the type has `deny_unknown_fields`. An array in place of a struct's object does not match, although serde reads it
/// as well.
///
/// A type that contains itself is a definition below `$defs`. In this case, the schema has an `$id`, so that its
/// references hold wherever the schema is placed. [`Definitions`] collects such types in another place of the document
/// instead.
///
/// ```
/// use cqrs_core::contract::json_schema;
/// use cqrs_core::prelude::*;
/// use cqrs_core::serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, EventData)]
/// # #[serde(crate = "cqrs_core::serde")]
/// struct Item {
///     sku: String,
///     quantity: Option<u8>,
/// }
///
/// let schema = json_schema(&Item::SHAPE);
/// assert_eq!(schema["properties"]["quantity"]["type"], serde_json::json!(["integer", "null"]));
/// assert_eq!(schema["required"], serde_json::json!(["sku"]));
/// ```
///
/// # What it cannot say
///
/// JSON Schema takes a number like `1.0` as an integer, but serde does not read an integer from it. A key of a map with
/// integers may be larger than the integer, with as many digits. These may be anything: the values that functions of
/// `with` produce, `try_from`, types that are marked [`opaque`](derive@crate::EventData), and the remaining fields of a
/// flattened option.
#[must_use]
pub fn json_schema(shape: &Shape) -> Value {
    let mut definitions = Definitions::new("#/$defs/");
    let mut schema = definitions.schema(shape);
    if !definitions.schemas.is_empty()
        && let Value::Object(schema) = &mut schema
    {
        // Beside an `$id`, ajv 8.20.0 resolves a reference again and again if the schema is part of another one.
        if let Some(reference) = schema.remove("$ref") {
            schema.insert("allOf".to_owned(), json!([{ "$ref": reference }]));
        }
        schema.insert("$id".to_owned(), format!("urn:foldline:shape:{:016x}", shape.fingerprint()).into());
        schema.insert("$defs".to_owned(), definitions.schemas.into());
    }
    schema
}

/// The schemas of one document, which refer to one set of types that contain themselves.
///
/// ```
/// use cqrs_core::contract::Definitions;
/// use cqrs_core::prelude::*;
/// use cqrs_core::serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, EventData)]
/// # #[serde(crate = "cqrs_core::serde")]
/// struct Tree {
///     children: Vec<Tree>,
/// }
///
/// let mut definitions = Definitions::new("#/components/schemas/");
/// let schema = definitions.schema(&Tree::SHAPE);
/// assert_eq!(schema, serde_json::json!({ "$ref": "#/components/schemas/Tree" }));
/// assert!(definitions.into_schemas().contains_key("Tree"));
/// ```
#[derive(Debug)]
pub struct Definitions {
    dialect: Dialect,
    at: String,
    schemas: Map<String, Value>,
    /// Names that no definition may have.
    pub(super) names: Names,
    /// The names that are taken, by the type's own name, its fingerprint, and the names around it.
    named: Vec<(String, Vec<String>, u64, String)>,
    /// The types that contain themselves around the described shape, the nearest last.
    around: Vec<String>,
}

/// The vocabulary of the schemas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Draft2020,
    /// The dialect of AsyncAPI.
    Draft7,
}

impl Definitions {
    /// No schemas yet. `at` is where the document will have them, as a reference to which a name is appended:
    /// `#/components/schemas/`.
    #[must_use]
    pub fn new(at: &str) -> Self {
        Self::of(Dialect::Draft2020, at, Names::default())
    }

    pub(super) fn of(dialect: Dialect, at: &str, names: Names) -> Self {
        let (schemas, named, around) = (Map::new(), Vec::new(), Vec::new());
        Self { dialect, at: at.to_owned(), schemas, names, named, around }
    }

    /// The schema of a shape, as in [`json_schema`], for any place in the document.
    pub fn schema(&mut self, shape: &Shape) -> Value {
        self.of_shape(shape).into()
    }

    /// The definitions that the schemas refer to, by their names.
    #[must_use]
    pub fn into_schemas(self) -> Map<String, Value> {
        self.schemas
    }

    fn of_shape(&mut self, shape: &Shape) -> Map<String, Value> {
        match shape {
            Shape::Scalar(name) => scalar(name),
            Shape::Optional(inner) => or_null(self.of_shape(inner)),
            Shape::List(item) => object(json!({ "type": "array", "items": self.of_shape(item) })),
            Shape::Array(item, length) => {
                let item = self.of_shape(item);
                object(json!({ "type": "array", "items": item, "minItems": length, "maxItems": length }))
            }
            Shape::Tuple(items) => self.tuple(items),
            Shape::Map(key, value) => self.map(key, value),
            Shape::Record(_) => self.record(shape, false),
            Shape::Choice(tagging, cases) => self.choice(&Tagging::of(tagging), cases, false),
            Shape::Itself => self.itself(),
            Shape::Opaque(name) => object(json!({ "title": name })),
            Shape::Example(inner, example) => {
                let mut schema = self.of_shape(inner);
                if let Ok(example) = serde_json::from_str::<Value>(example) {
                    schema.insert("examples".to_owned(), json!([example]));
                }
                schema
            }
            Shape::Lossy(inner) => self.of_shape(inner),
            Shape::Recursive(name, inner) => self.reference(name, inner),
        }
    }

    fn tuple(&mut self, items: &[Shape]) -> Map<String, Value> {
        let length = items.len();
        let items: Vec<Value> = items.iter().map(|item| self.of_shape(item).into()).collect();
        let mut schema = object(json!({ "type": "array", "minItems": length, "maxItems": length }));
        let word = match self.dialect {
            Dialect::Draft2020 => "prefixItems",
            Dialect::Draft7 => "items",
        };
        // Neither draft accepts an empty list of them.
        if length > 0 {
            schema.insert(word.to_owned(), items.into());
        }
        schema
    }

    fn map(&mut self, key: &Shape, value: &Shape) -> Map<String, Value> {
        let mut schema = object(json!({ "type": "object", "additionalProperties": self.of_shape(value) }));
        if let Some(names) = self.key(key) {
            schema.insert("propertyNames".to_owned(), names);
        }
        schema
    }

    fn key(&mut self, shape: &Shape) -> Option<Value> {
        match shape {
            Shape::Scalar(name) => key(name),
            Shape::Optional(inner) | Shape::Lossy(inner) | Shape::Example(inner, _) => self.key(inner),
            Shape::Choice(tagging, cases) => match Tagging::of(tagging) {
                Tagging::External if cases.iter().all(|case| case.shape.is_none()) => {
                    Some(self.choice(&Tagging::External, cases, false).into())
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The definition of a type that contains itself.
    fn reference(&mut self, own: &str, shape: &Shape) -> Map<String, Value> {
        let fingerprint = shape.fingerprint();
        let known = self
            .named
            .iter()
            .find(|(name, around, of, _)| name == own && *around == self.around && *of == fingerprint);
        let name = match known {
            Some((.., name)) => name.clone(),
            None => {
                let name = self.names.give(own, "Type");
                self.named.push((own.to_owned(), self.around.clone(), fingerprint, name.clone()));
                self.around.push(name.clone());
                let schema = self.of_shape(shape);
                self.around.pop();
                self.schemas.insert(name.clone(), schema.into());
                name
            }
        };
        self.refer(&name)
    }

    fn refer(&self, name: &str) -> Map<String, Value> {
        object(json!({ "$ref": format!("{}{name}", self.at) }))
    }

    /// The enclosing type. If there are several, and a type parameter is in between, the shape does not tell which one
    /// it is.
    fn itself(&self) -> Map<String, Value> {
        object(any_of(self.around.iter().rev().map(|name| self.refer(name).into()).collect()))
    }

    /// `inside`: part of another object, which may have fields of its own.
    fn record(&mut self, shape: &Shape, inside: bool) -> Map<String, Value> {
        let mut members = Members::default();
        self.gather(shape, &mut members, inside);
        members.into_schema(self.dialect)
    }

    /// The fields of a record, or of a flattened value.
    fn gather(&mut self, shape: &Shape, members: &mut Members, inside: bool) {
        match shape {
            Shape::Record(fields) => {
                for field in *fields {
                    self.field(field, members, inside);
                }
            }
            Shape::Map(_, value) => {
                let value = self.schema(value);
                members.others(value);
            }
            Shape::Optional(inner) => {
                let inner = self.record(inner, true);
                members.also.push(any_of(vec![inner.into(), json!({ "type": "object" })]));
            }
            Shape::Choice(tagging, cases) => {
                let choice = self.choice(&Tagging::of(tagging), cases, true);
                members.also.push(choice.into());
            }
            Shape::Itself => members.also.push(self.itself().into()),
            Shape::Example(inner, _) | Shape::Lossy(inner) => self.gather(inner, members, inside),
            Shape::Recursive(name, inner) => {
                self.reference(name, inner);
                let around = self.around.clone();
                let nearest = self.named.iter().find(|(own, names, ..)| own == name && *names == around);
                self.around.extend(nearest.map(|(.., given)| given.clone()));
                self.gather(inner, members, inside);
                self.around = around;
            }
            Shape::Scalar("null") => {}
            Shape::Scalar(_) | Shape::Opaque(_) | Shape::List(_) | Shape::Array(..) | Shape::Tuple(_) => {
                members.others(json!({}));
            }
        }
    }

    fn field(&mut self, field: &Field, members: &mut Members, inside: bool) {
        let Some(shape) = &field.shape else { return };
        if field.label.starts_with("..") {
            if let Shape::Scalar("null") = shape {
                // A flattened value only takes the fields that it knows.
                members.strict |= !inside;
            } else {
                self.gather(shape, members, true);
            }
            return;
        }
        let label = Label::of(field);
        let schema = self.schema(shape);
        for name in &label.names {
            members.property(name, schema.clone());
        }
        if !(label.default || label.left_out || label.unread || may_be_missing(shape)) {
            members.require(&label.names);
        }
    }

    fn choice(&mut self, tagging: &Tagging, cases: &[Field], inside: bool) -> Map<String, Value> {
        let labels: Vec<(Label, &Field)> = cases.iter().map(|case| (Label::of(case), case)).collect();
        let known: Vec<&str> = labels
            .iter()
            .filter(|(label, _)| !label.other)
            .flat_map(|(label, _)| label.names.iter().map(String::as_str))
            .collect();
        let mut schemas = Vec::new();
        let mut bare: Vec<&str> = Vec::new();
        for (label, case) in &labels {
            let shape = case.shape.as_ref();
            match tagging {
                Tagging::Untagged | Tagging::Sides => schemas.push(self.untagged(shape, inside)),
                _ if label.untagged => schemas.push(self.untagged(shape, inside)),
                Tagging::Internal(tag) => schemas.push(self.internal(tag, label, &known, shape, inside)),
                Tagging::Adjacent { tag, content } => {
                    schemas.push(self.adjacent((tag, content), label, &known, shape));
                }
                Tagging::External => match shape {
                    None if label.other => schemas.push(name_of(label, &known)),
                    None if !inside => bare.extend(label.names.iter().map(String::as_str)),
                    shape => {
                        let schema = shape.map_or_else(|| scalar("null"), |shape| self.of_shape(shape));
                        schemas.extend(label.names.iter().map(|name| external(name, &schema, inside)));
                    }
                },
            }
        }
        match bare[..] {
            [] => {}
            [one] => schemas.insert(0, json!({ "type": "string", "const": one })),
            _ => schemas.insert(0, json!({ "type": "string", "enum": bare })),
        }
        let apart = match tagging {
            Tagging::Untagged | Tagging::Sides => false,
            Tagging::External => !inside,
            _ => true,
        };
        let apart = apart && !labels.iter().any(|(label, _)| label.untagged);
        object(if apart || schemas.is_empty() { one_of(schemas) } else { any_of(schemas) })
    }

    fn untagged(&mut self, shape: Option<&Shape>, inside: bool) -> Value {
        match shape {
            None => scalar("null").into(),
            Some(shape) if inside => self.record(shape, true).into(),
            Some(shape) => self.schema(shape),
        }
    }

    fn internal(
        &mut self,
        tag: &str,
        label: &Label,
        known: &[&str],
        shape: Option<&Shape>,
        inside: bool,
    ) -> Value {
        let mut members = Members::default();
        if let Some(shape) = shape {
            self.gather(shape, &mut members, inside);
        }
        members.property(tag, name_of(label, known));
        members.required.insert(0, tag.into());
        members.into_schema(self.dialect).into()
    }

    fn adjacent(
        &mut self,
        (tag, content): (&str, &str),
        label: &Label,
        known: &[&str],
        shape: Option<&Shape>,
    ) -> Value {
        let mut members = Members::default();
        members.property(tag, name_of(label, known));
        members.required.push(tag.into());
        if let Some(shape) = shape {
            let schema = self.schema(shape);
            members.property(content, schema);
            if !may_be_missing(shape) {
                members.required.push(content.into());
            }
        }
        members.into_schema(self.dialect).into()
    }
}

/// A case under its name: `{"Card": {…}}`.
fn external(name: &str, schema: &Map<String, Value>, inside: bool) -> Value {
    let mut members = Members::default();
    members.strict = !inside;
    members.property(name, schema.clone().into());
    members.required.push(name.into());
    members.into_schema(Dialect::Draft2020).into()
}

/// The name of a case.
fn name_of(label: &Label, known: &[&str]) -> Value {
    match &label.names[..] {
        _ if label.other && known.is_empty() => json!({ "type": "string" }),
        _ if label.other => json!({ "type": "string", "not": { "enum": known } }),
        [name] => json!({ "type": "string", "const": name }),
        names => json!({ "type": "string", "enum": names }),
    }
}
