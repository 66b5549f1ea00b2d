use serde_json::{Map, Value, json};

use super::contracts::{Aggregate, Contracts, Stored};
use super::json_schema::{Definitions, Dialect};
use super::names::Names;
use crate::commit::record::WIDENED;
use crate::schema::SchemaNumber;

/// What an AsyncAPI document says about itself, and what only the deployment knows.
///
/// ```
/// use cqrs_core::contract::Info;
///
/// let info = Info::new("Shop", "1.4.0").description("Orders of the web shop.").topic("shop-commits");
/// # let _ = info;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Info {
    title: String,
    version: String,
    description: Option<String>,
    topic: Option<String>,
}

impl Info {
    /// The title of the document, and the version of the program that it describes.
    #[must_use]
    pub fn new(title: impl Into<String>, version: impl Into<String>) -> Self {
        Self { title: title.into(), version: version.into(), description: None, topic: None }
    }

    /// What the program is about, in Markdown.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = Some(text.into());
        self
    }

    /// The address of the topic: its name, or its ARN. Without it, the document says that the address is not known.
    #[must_use]
    pub fn topic(mut self, address: impl Into<String>) -> Self {
        self.topic = Some(address.into());
        self
    }
}

/// Where the schemas are.
const SCHEMAS: &str = "#/components/schemas/";
/// The schemas that every document has, in addition to those of events.
const REFERENCE: &str = "CommitReference";
const HEADERS: &str = "CommitHeaders";
const OWN: [&str; 2] = [REFERENCE, HEADERS];

impl Contracts {
    /// The AsyncAPI document, version 3.0.0, of the topic that the relay publishes to, as JSON. It has one channel, one
    /// message for each aggregate (a commit), and the message that has only the keys of a commit that is too large for
    /// the topic.
    ///
    /// The data of every event has a schema for each of its event schemas that may still be stored, because stored data
    /// is published as it is. The schemas are in the dialect of AsyncAPI itself, JSON Schema draft 7. There, a tuple is
    /// an `items` with a list, and fields beside flattened ones are not restricted. The steps of processes are on the
    /// topic too. They are not for others, and are not described.
    ///
    /// ```rust,standalone_crate
    /// # mod order { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.rs")); }
    /// # use cqrs_core::App;
    /// # use cqrs_core::store::MemoryEventStore;
    /// use cqrs_core::contract::Info;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let app = App::builder(MemoryEventStore::new()).build()?;
    /// let document = app.contracts().asyncapi(&Info::new("Orders", "1.0.0").topic("orders-commits"));
    /// assert_eq!(document["channels"]["commits"]["address"], "orders-commits");
    /// assert!(document["components"]["schemas"]["OrderCreated"].is_object());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn asyncapi(&self, info: &Info) -> Value {
        let named = self.named(&OWN);
        let mut document = Document::new(named.names);
        let mut given = named.events.into_iter();
        for aggregate in &self.aggregates {
            let names: Vec<String> = given.by_ref().take(aggregate.events.len()).collect();
            if !names.is_empty() {
                document.aggregate(aggregate, &names);
            }
        }
        document.finish(info)
    }
}

struct Document {
    definitions: Definitions,
    schemas: Map<String, Value>,
    messages: Map<String, Value>,
}

impl Document {
    fn new(names: Names) -> Self {
        let own = [(REFERENCE, reference()), (HEADERS, headers())];
        Self {
            definitions: Definitions::of(Dialect::Draft7, SCHEMAS, names),
            schemas: own.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect(),
            messages: Map::new(),
        }
    }

    fn aggregate(&mut self, aggregate: &Aggregate, names: &[String]) {
        let mut cases = Vec::new();
        for (event, name) in aggregate.events.iter().zip(names) {
            let schema = self.data(event);
            self.schemas.insert(name.clone(), schema);
            cases.push(case(event, name));
        }
        let event = self.definitions.names.give(&format!("{}Event", aggregate.name), "Schema");
        let commit = self.definitions.names.give(&format!("{}Commit", aggregate.name), "Schema");
        let mut schema = metadata();
        schema["title"] = commit.as_str().into();
        schema["properties"]["rest"] = json!({
            "description": "The events after the first one.",
            "type": "array",
            "items": { "$ref": at(&event) },
        });
        // Beside the properties, and not in an `allOf`: there, generators of types forget it (Modelina 5.10).
        schema["oneOf"] = cases.as_slice().into();
        self.schemas.insert(commit.clone(), schema);
        self.schemas.insert(
            event.clone(),
            json!({ "title": event, "description": "One event, by its type and schema.", "oneOf": cases }),
        );
        let types: Vec<&str> =
            aggregate.events.iter().flat_map(|event| event.names.iter().copied()).collect();
        self.messages.insert(
            commit.clone(),
            message(
                &commit,
                &format!("A commit of {}", aggregate.name),
                &format!(
                    "All events of one command on one {}. Its attribute `entity` is `{}`; its attribute `types` has some of: {}.",
                    aggregate.name,
                    aggregate.entity,
                    types.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
                ),
                &commit,
            ),
        );
    }

    /// The schema of an event's data.
    fn data(&mut self, event: &Stored) -> Value {
        let mut about = json!({
            "title": format!("{} (schema {})", event.name(), SchemaNumber::new(event.schema, event.widened)),
            "description": match (event.latest, &event.shape) {
                (_, None) => "The data of an event that was stored under an earlier schema, of which only its name is known.",
                (true, _) => "The data of the event as it is stored today.",
                (false, _) => "The data of an event that was stored under an earlier schema.",
            },
        });
        match event.shape.map(|shape| self.definitions.schema(&shape)) {
            // In draft 7, what is beside a reference counts for nothing.
            Some(schema) if schema.get("$ref").is_some() => {
                json!({ "allOf": [schema], "title": about["title"], "description": about["description"] })
            }
            Some(mut schema) => {
                schema["title"] = about["title"].take();
                schema["description"] = about["description"].take();
                schema
            }
            None => about,
        }
    }

    fn finish(mut self, info: &Info) -> Value {
        self.messages.insert(
            REFERENCE.to_owned(),
            message(
                REFERENCE,
                "The keys of a large commit",
                "A commit that is too large for the topic: its keys, by which it is read from the events table.",
                REFERENCE,
            ),
        );
        self.schemas.extend(self.definitions.into_schemas());
        let names: Vec<String> = self.messages.keys().cloned().collect();
        let channel: Map<String, Value> = names
            .iter()
            .map(|name| (name.clone(), json!({ "$ref": format!("#/components/messages/{name}") })))
            .collect();
        let sent: Vec<Value> = names
            .iter()
            .map(|name| json!({ "$ref": format!("#/channels/commits/messages/{name}") }))
            .collect();
        let mut about = json!({ "title": info.title, "version": info.version });
        if let Some(description) = &info.description {
            about["description"] = description.as_str().into();
        }
        json!({
            "asyncapi": "3.0.0",
            "info": about,
            "defaultContentType": "application/json",
            "channels": {
                "commits": {
                    "address": info.topic,
                    "title": "Commits",
                    "description": "Every commit, at least once; those of one stream in the order of their versions as far as the \
                        topic keeps it. A consumer tells a commit that comes again by `pk` and `sk`.",
                    "messages": channel,
                },
            },
            "operations": {
                "publishCommits": {
                    "action": "send",
                    "channel": { "$ref": "#/channels/commits" },
                    "summary": "Publishes what was committed.",
                    "messages": sent,
                },
            },
            "components": {
                "schemas": self.schemas,
                "messages": self.messages,
                "correlationIds": {
                    "correlationId": {
                        "description": "The same for everything that follows from one command.",
                        "location": "$message.header#/correlationId",
                    },
                },
            },
        })
    }
}

fn at(name: &str) -> String {
    format!("{SCHEMAS}{name}")
}

fn message(name: &str, title: &str, summary: &str, payload: &str) -> Value {
    json!({
        "name": name,
        "title": title,
        "summary": summary,
        "contentType": "application/json",
        "headers": { "$ref": at(HEADERS) },
        "correlationId": { "$ref": "#/components/correlationIds/correlationId" },
        "payload": { "$ref": at(payload) },
    })
}

/// An event in a commit: its type and schema determine its data.
fn case(event: &Stored, name: &str) -> Value {
    let types = match &event.names[..] {
        [one] => json!({ "type": "string", "const": one }),
        several => json!({ "type": "string", "enum": several }),
    };
    let mut case = json!({
        "type": "object",
        "required": ["type", "schema", "data"],
        "properties": {
            "type": types,
            "schema": { "type": "integer", "const": event.schema },
            "data": { "$ref": at(name) },
        },
    });
    if event.widened > 0 {
        case["properties"][WIDENED] = json!({
            "type": "integer",
            "minimum": 1,
            "maximum": event.widened,
            "description": "How often the schema had been widened when the event was stored; missing if it had not been.",
        });
    }
    case
}

fn keys() -> Map<String, Value> {
    let mut keys = Map::new();
    keys.insert(
        "pk".to_owned(),
        json!({ "type": "string", "description": "The partition key of its stream." }),
    );
    keys.insert(
        "sk".to_owned(),
        json!({ "type": "string", "description": "The sort key: the stream's, and the version after `@`, ten digits." }),
    );
    keys
}

/// What every commit has beside its events.
fn metadata() -> Value {
    let text = |about: &str| json!({ "type": "string", "description": about });
    let time = |about: &str| json!({ "type": "string", "format": "date-time", "description": about });
    let mut properties = keys();
    properties.extend(
        [
            ("version", json!({ "type": "integer", "minimum": 1, "description": "Its place in its stream: 1, 2, 3 …" })),
            ("createdAt", time("When it was decided; in an import, when it happened.")),
            ("recordedAt", time("When it was stored; missing if that is `createdAt`.")),
            ("createdBy", text("Who sent the command; missing if that is not known.")),
            ("commandId", text("The id of the command: the same if it is sent again.")),
            ("commandDigest", text("A digest of the command's content; missing if there is none.")),
            ("correlationId", text("The same for everything that follows from one command.")),
            ("causationId", text("The command id of the commit that caused it; missing for a command from outside.")),
            ("traceContext", text("The `traceparent` of W3C Trace Context; missing if nothing was traced.")),
            ("transaction", text("The transaction that it belongs to; missing if it was executed alone.")),
        ]
        .map(|(name, schema)| (name.to_owned(), schema)),
    );
    json!({
        "type": "object",
        "properties": properties,
        "required": ["pk", "sk", "version", "createdAt", "commandId", "correlationId"],
    })
}

fn reference() -> Value {
    json!({
        "title": "The keys of a commit",
        "type": "object",
        "properties": keys(),
        "required": ["pk", "sk"],
        "additionalProperties": false,
    })
}

fn headers() -> Value {
    json!({
        "title": "The attributes of a message",
        "type": "object",
        "properties": {
            "types": {
                "type": "string",
                "contentMediaType": "application/json",
                "description": "The stored type names of its events, each once, as a JSON array: what a subscription filters on.",
            },
            "tenant": { "type": "string", "description": "The tenant that the commit belongs to." },
            "entity": { "type": "string", "description": "The entity of its aggregate." },
            "correlationId": {
                "type": "string",
                "description": "The correlation id; missing if it is too large for a message.",
            },
        },
        "required": ["types"],
    })
}
