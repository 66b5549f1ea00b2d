use std::fmt::Write;

use super::contracts::{Contracts, Stored};
use super::names::Names;
use super::types::Types;

/// What every text has beside the types of an app.
const HEAD: &str = "\
// The events, stored commands and views of an app, as JSON has them. Written by a program: changes are lost.

/**
 * An integer of 64 bits. `JSON.parse` rounds those beyond `Number.MAX_SAFE_INTEGER` (2^53 - 1) without a word: where such numbers occur,
 * read the text with a parser that keeps them, and write the types with `bigint`.
 */
export type Integer64 = {integer};

/** What every commit has beside its events. */
export type CommitMetadata = {
  /** The partition key of its stream. */
  pk: string;
  /** The sort key: the stream's, and the version behind `@`, ten digits. */
  sk: string;
  /** Its place in its stream: 1, 2, 3 … */
  version: number;
  /** When it was decided, as RFC 3339; in an import, when it happened. */
  createdAt: string;
  /** When it was stored; missing where that is `createdAt`. */
  recordedAt?: string;
  createdBy?: string;
  commandId: string;
  commandDigest?: string;
  correlationId: string;
  causationId?: string;
  traceContext?: string;
  transaction?: string;
};

/** The message of a commit that is too large for the topic: it is read from the events table by its keys. */
export type CommitReference = { pk: string; sk: string };
";

/// How TypeScript has integers of 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Integers {
    /// `number`: what `JSON.parse` gives. Values beyond 2^53 are rounded.
    #[default]
    Number,
    /// `bigint`: for a parser that gives it.
    BigInt,
}

impl Contracts {
    /// TypeScript types of all events, of the stored commands and of the views, as one module without code.
    ///
    /// `OrderCreated` is the data of the event in today's schema, and `OrderCreatedV1` in an earlier one that may still be stored.
    /// `OrderEvent` has all events of the aggregate `Order`, told apart by `type` and `schema`; `OrderCommit` is a commit of
    /// it, what a message of the topic holds. An enum is a union that is told apart as serde does it.
    ///
    /// Types inside of them have no names of their own, but for those that contain themselves. What has no known shape is
    /// `unknown`: a field with `#[event_data(opaque)]`, and a view's field of a type without [`EventData`](trait@crate::EventData).
    /// Integers of 64 bits are `Integer64`, which is [`Integers`]. What a flattened map or option stands for may be
    /// any field, of type `unknown`.
    ///
    /// ```rust,standalone_crate
    /// # mod order { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.rs")); }
    /// # use cqrs_core::App;
    /// # use cqrs_core::store::MemoryEventStore;
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let app = App::builder(MemoryEventStore::new()).build()?;
    /// use cqrs_core::contract::Integers;
    ///
    /// let text = app.contracts().typescript(Integers::Number);
    /// assert!(text.contains("export type OrderCreated = { customerId: string; total: Integer64 };"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn typescript(&self, integers: Integers) -> String {
        let named = self.named(&["Integer64", "CommitMetadata", "CommitReference"]);
        let integer = match integers {
            Integers::Number => "number",
            Integers::BigInt => "bigint",
        };
        let mut module = Module { text: HEAD.replace("{integer}", integer), types: Types::new(named.names) };
        let mut given = named.events.into_iter();
        for aggregate in &self.aggregates {
            let names: Vec<String> = given.by_ref().take(aggregate.events.len()).collect();
            if names.is_empty() {
                continue;
            }
            for (event, name) in aggregate.events.iter().zip(&names) {
                module.stored("Event", event, name);
            }
            module.aggregate(aggregate.name, &aggregate.events, &names);
        }
        for (command, name) in self.commands.iter().zip(&named.commands) {
            module.stored("Command", command, name);
        }
        for (view, name) in self.views.iter().zip(&named.views) {
            let described = module.types.of(&view.shape);
            module.declare(&format!("The view `{}`.", view.name), name, &described);
        }
        module.text
    }
}

struct Module {
    text: String,
    types: Types,
}

impl Module {
    fn stored(&mut self, what: &str, stored: &Stored, name: &str) {
        let about = match (stored.latest, &stored.shape) {
            (true, _) => format!("{what} `{}`, schema {}.", stored.name(), stored.schema),
            (false, Some(_)) => {
                format!("{what} `{}`, schema {}, which may still be stored.", stored.name(), stored.schema)
            }
            (false, None) => format!(
                "{what} `{}`, schema {}, which may still be stored; what it consists of is not known.",
                stored.name(),
                stored.schema
            ),
        };
        let described = stored.shape.map_or_else(|| "unknown".to_owned(), |shape| self.types.of(&shape));
        self.declare(&about, name, &described);
    }

    fn aggregate(&mut self, aggregate: &str, events: &[Stored], names: &[String]) {
        let event = self.types.names().give(&format!("{aggregate}Event"), "Type");
        let commit = self.types.names().give(&format!("{aggregate}Commit"), "Type");
        let mut cases = String::new();
        for (stored, name) in events.iter().zip(names) {
            let types: Vec<String> = stored.names.iter().map(|name| quoted(name)).collect();
            let _ = write!(
                cases,
                "\n  | {{ type: {}; schema: {}; data: {name} }}",
                types.join(" | "),
                stored.schema
            );
        }
        self.declare(&format!("An event of `{aggregate}`, by its type and schema."), &event, &cases);
        self.declare(
            &format!("A commit of `{aggregate}`: its first event, and the others in `rest`."),
            &commit,
            &format!("CommitMetadata & {event} & {{ rest?: {event}[] }}"),
        );
    }

    /// A type, behind those that it needs.
    fn declare(&mut self, about: &str, name: &str, described: &str) {
        for (name, described) in self.types.take() {
            let _ = write!(self.text, "\nexport type {name} = {described};\n");
        }
        let space = if described.starts_with('\n') { "" } else { " " };
        let about = about.replace("*/", "* /");
        let _ = write!(self.text, "\n/** {about} */\nexport type {name} ={space}{described};\n");
    }
}

/// A text in the source of a program.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

impl Types {
    fn names(&mut self) -> &mut Names {
        &mut self.names
    }
}
