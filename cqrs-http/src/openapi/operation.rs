use cqrs_core::schema::Shape;
use serde_json::{Map, Value, json};

use super::schemas::{Schemas, reference};
use crate::api::{Content, ListedIndex, Operation, Path};
use crate::names::{camel, kebab, plural};

/// A name for the operation, for generated clients: `accountDeposit`, `getStatement`, `listStatements`,
/// `accountHistory`.
pub(super) fn id(operation: &Operation) -> String {
    let entity = kebab(operation.entity);
    let words = match operation.content {
        Content::Command { .. } => format!("{entity}-{}", kebab(operation.name)),
        Content::View { .. } => format!("get-{entity}"),
        Content::Query { .. } => format!("list-{}", plural(&entity)),
        Content::History { .. } => format!("{entity}-history"),
    };
    camel(&words.replace('-', "_"))
}

/// The operation in the document, with the fields of its key named as in `path`.
pub(super) fn described(operation: &Operation, path: &Path, id: &str, schemas: &mut Schemas) -> Value {
    let mut parameters: Vec<Value> = path.parameters().map(in_path).collect();
    let mut described = json!({ "operationId": id, "tags": [kebab(operation.entity)] });
    let (answer, description) = match &operation.content {
        Content::Command { shape } => {
            parameters.extend(command_headers());
            let command = schemas.of(operation.name, shape);
            let content = json!({ "application/json": { "schema": command } });
            described["summary"] = format!("Executes `{}`.", operation.name).into();
            described["requestBody"] = json!({ "required": true, "content": content });
            (reference("Done"), "It was executed, now or earlier.")
        }
        Content::View { shape } => {
            parameters.extend(waiting());
            parameters.push(header(
                "If-None-Match",
                "An entity tag: the answer is 304 while the view is the same.",
            ));
            parameters.push(header("If-Match", "An entity tag: the answer is 412 if the view has changed."));
            described["summary"] = format!("Reads a view of `{}`.", operation.name).into();
            (schemas.of(operation.name, shape), "The view.")
        }
        Content::Query { shape, key, indexes } => {
            parameters.extend(waiting());
            parameters.extend(listing(key, indexes));
            described["summary"] = format!("Lists the views of `{}`.", operation.name).into();
            let view = schemas.of(operation.name, shape);
            let listed = schemas.add(&format!("Listed{}", operation.name), listed(key, &view));
            (schemas.add(&format!("{}Page", operation.name), page(&listed)), "A page of views.")
        }
        Content::History { events } => {
            parameters.extend(paging("The version after which the page begins."));
            described["summary"] = format!("Lists the commits of a stream of `{}`.", operation.name).into();
            let events = events.iter().map(|(name, shape)| (*name, event(name, shape.as_ref(), schemas)));
            let events: Vec<_> = events.collect();
            let commit = schemas.add(&format!("{}Commit", operation.name), commit(&events));
            (schemas.add(&format!("{}History", operation.name), page(&commit)), "A page of commits.")
        }
    };
    described["parameters"] = parameters.into();
    described["responses"] = responses(operation, description, &answer);
    described
}

fn responses(operation: &Operation, description: &str, answer: &Value) -> Value {
    let text = json!({ "schema": { "type": "string" } });
    let headers = match operation.content {
        Content::Command { .. } => {
            json!({ "ETag": text, "Commit-Token": text, "Idempotency-Replayed": text })
        }
        Content::View { .. } => json!({ "ETag": text }),
        Content::Query { .. } | Content::History { .. } => json!({ "Link": text }),
    };
    let good = json!({
        "description": description,
        "headers": headers,
        "content": { "application/json": { "schema": answer } },
    });
    let problem = |description: &str| {
        let content = json!({ "application/problem+json": { "schema": reference("Problem") } });
        json!({ "description": description, "content": content })
    };
    let retried = |description: &str| {
        let mut response = problem(description);
        response["headers"] = json!({ "Retry-After": { "schema": { "type": "integer" } } });
        response
    };
    let mut responses = json!({ "200": good, "default": problem("Any other problem.") });
    match operation.content {
        Content::Command { .. } => {
            responses["400"] = problem("The command, or a header, is wrong.");
            responses["409"] = problem("The command was rejected.");
            responses["412"] = problem("The stream is at another version than `If-Match` says.");
            responses["503"] =
                retried("The store does not answer now, or too many others write to the stream.");
        }
        Content::View { .. } => {
            responses["304"] = json!({ "description": "The view is the same." });
            responses["404"] = problem("There is no such view.");
            responses["412"] = problem("The view is not the one that `If-Match` says.");
        }
        Content::History { .. } => responses["404"] = problem("There is no such stream."),
        Content::Query { .. } => {}
    }
    responses
}

fn in_path(name: &str) -> Value {
    json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string", "minLength": 1 } })
}

fn header(name: &str, description: &str) -> Value {
    json!({ "name": name, "in": "header", "description": description, "schema": { "type": "string" } })
}

fn in_query(name: &str, description: &str, schema: Value) -> Value {
    json!({ "name": name, "in": "query", "description": description, "schema": schema })
}

fn command_headers() -> [Value; 3] {
    [
        header("Idempotency-Key", "With the same key, the command happens once."),
        header("If-Match", "The version that the stream must be at: `\"3\"`."),
        header("If-None-Match", "`*`: the stream must have no commit."),
    ]
}

fn waiting() -> [Value; 2] {
    [
        header("Commit-Token", "The token of a command: the answer contains its commit."),
        header("Prefer", "`wait=10`: how many seconds to wait for that."),
    ]
}

fn paging(after: &str) -> [Value; 2] {
    [
        in_query("limit", "The most items on the page.", json!({ "type": "integer", "minimum": 1 })),
        in_query("after", after, json!({ "type": "string" })),
    ]
}

fn listing(key: &[&str], indexes: &[ListedIndex]) -> Vec<Value> {
    let text = || json!({ "type": "string" });
    let mut parameters = paging("Where the page begins: `next` of the previous page.").to_vec();
    parameters.push(in_query(
        "order",
        "`desc`: from the last to the first.",
        json!({ "type": "string", "enum": ["asc", "desc"] }),
    ));
    let mut seen = Vec::new();
    let mut add = |name: String, what: &str| {
        if !seen.contains(&name) {
            parameters.push(in_query(&name, what, text()));
            seen.push(name);
        }
    };
    for (at, field) in key.iter().map(|field| camel(field)).enumerate() {
        if at + 1 == key.len() {
            add(format!("{field}.prefix"), "The beginning of the field of the key.");
        }
        add(field, "The value of the field of the key.");
    }
    for index in indexes {
        for (at, name) in index.fields.iter().enumerate() {
            let field = camel(name);
            if at > 0 {
                add(format!("{field}.from"), "The first value of the field.");
                add(format!("{field}.to"), "The value before which the list ends.");
                if index.texts.contains(name) {
                    add(format!("{field}.prefix"), "The beginning of the field's text.");
                }
            }
            add(field, "The value of the field.");
        }
    }
    if !indexes.is_empty() {
        parameters.push(by(indexes));
    }
    parameters
}

/// The parameter that names the index.
fn by(indexes: &[ListedIndex]) -> Value {
    let names: Vec<_> = indexes.iter().map(|index| index.name).collect();
    let shown = indexes.iter().map(|index| {
        let fields: Vec<_> = index.fields.iter().map(|field| camel(field)).collect();
        format!("`{}` takes {}", index.name, fields.join(", "))
    });
    let description = format!(
        "The index; without it, all views are listed by their keys. {}.",
        shown.collect::<Vec<_>>().join("; ")
    );
    in_query("by", &description, json!({ "type": "string", "enum": names }))
}

fn page(item: &Value) -> Value {
    json!({
        "type": "object",
        "required": ["items"],
        "properties": {
            "items": { "type": "array", "items": item },
            "next": { "type": "string", "description": "`after` of the next page." },
        },
    })
}

fn listed(key: &[&str], view: &Value) -> Value {
    let fields: Vec<_> = key.iter().map(|field| camel(field)).collect();
    let properties: serde_json::Map<_, _> =
        fields.iter().map(|field| (field.clone(), json!({ "type": "string" }))).collect();
    json!({
        "type": "object",
        "required": ["key", "version", "updatedAt", "view"],
        "properties": {
            "key": { "type": "object", "required": fields, "properties": properties },
            "version": { "type": "integer", "minimum": 0 },
            "updatedAt": { "type": "string", "format": "date-time" },
            "view": view,
        },
    })
}

/// One event of a commit.
fn event(name: &str, shape: Option<&Shape>, schemas: &mut Schemas) -> Value {
    let data = shape.map_or_else(|| json!({ "type": "object" }), |shape| schemas.of(name, shape));
    let event = json!({
        "type": "object",
        "required": ["type", "data"],
        "properties": { "type": { "type": "string", "const": name }, "data": data },
    });
    schemas.add(&format!("{name}Event"), event)
}

/// A commit, whose events a client distinguishes by their type.
fn commit(events: &[(&str, Value)]) -> Value {
    let one: Vec<&Value> = events.iter().map(|(_, event)| event).collect();
    let by_type: Map<_, _> =
        events.iter().map(|(name, event)| ((*name).to_owned(), event["$ref"].clone())).collect();
    let events = match one.is_empty() {
        true => json!({ "type": "array", "maxItems": 0 }),
        false => {
            let discriminator = json!({ "propertyName": "type", "mapping": by_type });
            json!({ "type": "array", "items": { "oneOf": one, "discriminator": discriminator } })
        }
    };
    json!({
        "type": "object",
        "required": ["version", "createdAt", "events"],
        "properties": {
            "version": { "type": "integer", "minimum": 1 },
            "createdAt": { "type": "string", "format": "date-time" },
            "createdBy": { "type": "string" },
            "events": events,
        },
    })
}
