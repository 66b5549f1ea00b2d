use serde_json::{Map, Value, json};

use super::contracts::{Contracts, Stored};
use super::json_schema::{Definitions, Dialect};

impl Contracts {
    /// One JSON Schema document (draft 2020-12). Below `$defs`, it has the data of every event and of every stored
    /// command, in each schema that may still be stored, and every view. The name of today's schema is the stored name.
    /// The name of an earlier schema has the schema's number at its end: `OrderCreated`, `OrderCreatedV1`. Characters
    /// of a name other than ASCII letters and digits become `_`.
    ///
    /// ```rust,standalone_crate
    /// # mod order { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.rs")); }
    /// # use cqrs_core::App;
    /// # use cqrs_core::store::MemoryEventStore;
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let app = App::builder(MemoryEventStore::new()).build()?;
    /// let schemas = app.contracts().json_schemas();
    /// assert_eq!(schemas["$defs"]["OrderCreated"]["properties"]["customerId"]["type"], "string");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn json_schemas(&self) -> Value {
        let named = self.named(&[]);
        let mut definitions = Definitions::of(Dialect::Draft2020, "#/$defs/", named.names);
        let mut all = Map::new();
        let events = self.aggregates.iter().flat_map(|aggregate| &aggregate.events);
        for (stored, name) in events.zip(named.events).chain(self.commands.iter().zip(named.commands)) {
            all.insert(name, described(stored, &mut definitions));
        }
        for (view, name) in self.views.iter().zip(named.views) {
            all.insert(name, definitions.schema(&view.shape));
        }
        all.extend(definitions.into_schemas());
        json!({ "$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": all })
    }
}

/// The schema of an event or a command; for an unknown shape, its name.
fn described(stored: &Stored, definitions: &mut Definitions) -> Value {
    let title = format!("{} (schema {})", stored.name(), stored.schema);
    let mut schema = stored.shape.map_or_else(|| json!({}), |shape| definitions.schema(&shape));
    if let Value::Object(schema) = &mut schema {
        schema.insert("title".to_owned(), title.into());
    }
    schema
}
