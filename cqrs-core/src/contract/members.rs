use serde_json::{Map, Value, json};

use super::combine::any_of;
use super::json_schema::Dialect;

/// The members of an object, put together from a record and the values that are flattened into it.
#[derive(Default)]
pub(super) struct Members {
    pub(super) properties: Map<String, Value>,
    pub(super) required: Vec<Value>,
    /// Further conditions.
    pub(super) also: Vec<Value>,
    /// The rule for other fields.
    rest: Option<Value>,
    /// No other fields.
    pub(super) strict: bool,
}

impl Members {
    pub(super) fn property(&mut self, name: &str, schema: Value) {
        self.properties.insert(name.to_owned(), schema);
    }

    /// One of the names must be there.
    pub(super) fn require(&mut self, names: &[String]) {
        match names {
            [name] => self.required.push(name.as_str().into()),
            names => self.also.push(any_of(names.iter().map(|name| json!({ "required": [name] })).collect())),
        }
    }

    /// Other fields may be there, of one kind.
    pub(super) fn others(&mut self, schema: Value) {
        self.rest = Some(match self.rest.take() {
            Some(already) => any_of(vec![already, schema]),
            None => schema,
        });
    }

    pub(super) fn into_schema(self, dialect: Dialect) -> Map<String, Value> {
        let mut schema = Map::new();
        schema.insert("type".to_owned(), "object".into());
        if !self.properties.is_empty() {
            schema.insert("properties".to_owned(), self.properties.into());
        }
        if !self.required.is_empty() {
            schema.insert("required".to_owned(), self.required.into());
        }
        let rest = match self.rest {
            Some(rest) => Some(rest).filter(|rest| *rest != json!({})),
            None => self.strict.then_some(Value::Bool(false)),
        };
        if let Some(rest) = rest {
            if self.also.is_empty() {
                schema.insert("additionalProperties".to_owned(), rest);
            } else if dialect == Dialect::Draft2020 {
                schema.insert("unevaluatedProperties".to_owned(), rest);
            }
        }
        if !self.also.is_empty() {
            schema.insert("allOf".to_owned(), self.also.into());
        }
        schema
    }
}
