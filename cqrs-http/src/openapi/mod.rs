//! The OpenAPI 3.1 document, made of the listed operations and the shapes of their types.

mod operation;
mod schemas;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::api::Operation;
use schemas::Schemas;

/// Where the document is served.
pub(crate) const PATH: &str = "/openapi.json";

/// What the document says about the API as a whole.
#[derive(Debug, Clone)]
pub(crate) struct About {
    pub(crate) title: String,
    pub(crate) version: String,
    pub(crate) servers: Vec<String>,
    /// Whether callers send a bearer token.
    pub(crate) bearer: bool,
}

impl Default for About {
    fn default() -> Self {
        Self { title: "API".to_owned(), version: "0.1.0".to_owned(), servers: Vec::new(), bearer: false }
    }
}

/// The document.
pub(crate) fn document(about: &About, operations: &[&Operation]) -> Value {
    let mut schemas = Schemas::new();
    let mut paths = Map::new();
    let mut ids = BTreeSet::new();
    // `/orders/{id}` and `/orders/{orderId}` are the same path. Its fields have the names of the path that is listed
    // first.
    let mut listed = BTreeMap::new();
    for operation in operations {
        let id = unique(operation::id(operation), &mut ids);
        let path = *listed.entry(operation.path.for_router()).or_insert(&operation.path);
        let described = operation::described(operation, path, &id, &mut schemas);
        let path = paths.entry(path.to_string()).or_insert_with(|| json!({}));
        if let Value::Object(path) = path {
            path.insert(operation.method().as_str().to_ascii_lowercase(), described);
        }
    }
    let mut document = json!({
        "openapi": "3.1.0",
        "info": { "title": about.title, "version": about.version },
        "paths": paths,
        "components": { "schemas": schemas.into_map() },
    });
    if !about.servers.is_empty() {
        let servers = about.servers.iter().map(|url| json!({ "url": url }));
        document["servers"] = servers.collect();
    }
    if about.bearer {
        document["components"]["securitySchemes"] =
            json!({ "bearer": { "type": "http", "scheme": "bearer" } });
        document["security"] = json!([{ "bearer": [] }]);
    }
    document
}

/// An id that no other operation has.
fn unique(id: String, taken: &mut BTreeSet<String>) -> String {
    let numbered = (2..).map(|number: u32| format!("{id}{number}"));
    let free = std::iter::once(id.clone()).chain(numbered).find(|id| !taken.contains(id)).unwrap_or(id);
    taken.insert(free.clone());
    free
}
