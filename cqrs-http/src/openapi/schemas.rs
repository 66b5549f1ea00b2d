use cqrs_core::contract::Definitions;
use cqrs_core::schema::Shape;
use serde_json::{Map, Value, json};

/// The schemas that the document refers to by name.
pub(super) struct Schemas {
    named: Map<String, Value>,
    /// Types that contain themselves. Their names have a dot, and the names of the others have none.
    recursive: Definitions,
}

impl Schemas {
    /// With the schemas that every API has.
    pub(super) fn new() -> Self {
        let mut named = Map::new();
        named.insert("Problem".to_owned(), problem());
        named.insert("Done".to_owned(), done());
        Self { named, recursive: Definitions::new(&place("type.")) }
    }

    /// A reference to the schema of a shape.
    pub(super) fn of(&mut self, name: &str, shape: &Shape) -> Value {
        let schema = self.recursive.schema(shape);
        self.add(name, schema)
    }

    /// A reference to a schema. Its name is the given one, or a similar one if another schema has that name.
    pub(super) fn add(&mut self, name: &str, schema: Value) -> Value {
        let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        let plain = if plain.is_empty() { "Data".to_owned() } else { plain };
        let is_free = |name: &String| self.named.get(name).is_none_or(|other| *other == schema);
        let numbered = (2..).map(|number: u32| format!("{plain}{number}"));
        let name = std::iter::once(plain.clone()).chain(numbered).find(is_free).unwrap_or(plain);
        let reference = reference(&name);
        self.named.insert(name, schema);
        reference
    }

    pub(super) fn into_map(self) -> Map<String, Value> {
        let mut schemas = self.named;
        let recursive = self.recursive.into_schemas();
        schemas.extend(recursive.into_iter().map(|(name, schema)| (format!("type.{name}"), schema)));
        schemas
    }
}

pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": place(name) })
}

fn place(name: &str) -> String {
    format!("#/components/schemas/{name}")
}

fn problem() -> Value {
    json!({
        "type": "object",
        "description": "RFC 9457. A rejection, and some other problems, have further members.",
        "required": ["type", "title", "status"],
        "properties": {
            "type": { "type": "string", "format": "uri-reference" },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string" },
        },
    })
}

fn done() -> Value {
    json!({
        "type": "object",
        "description": "A command was executed.",
        "required": ["outcome", "version", "token"],
        "properties": {
            "outcome": { "type": "string", "enum": ["committed", "unchanged"] },
            "version": { "type": "integer", "minimum": 0, "description": "The version of the stream." },
            "token": { "type": "string", "description": "Pass it to a read as `Commit-Token`: the answer contains this commit." },
        },
    })
}
