use axum::extract::State;
use cqrs_core::inspect::{LinkedSchema, SchemaKind};
use cqrs_core::schema::{Entry, EventsLock, SchemaNumber};
use serde::Serialize;
use serde_json::{Value, json};

use super::{Answer, Shared, json as answer};
use crate::request::Params;

/// One schema, of the program, of the lock, or of both.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Schema<'a> {
    name: &'a str,
    /// `None` for an entry that only the lock has.
    kind: Option<SchemaKind>,
    owner: Option<&'a str>,
    schema: u32,
    /// How often the schema was widened; missing if it never was.
    #[serde(skip_serializing_if = "Option::is_none")]
    widened: Option<u32>,
    current: bool,
    aliases: &'a [&'static str],
    shape: Option<&'a str>,
    locked: Option<&'a str>,
    agrees: Option<bool>,
    difference: Option<&'a str>,
    examples: &'a [Value],
}

/// `GET /api/schemas`
pub(super) async fn schemas(State(context): Shared, params: Params) -> Answer {
    params.only(&[])?;
    let none = EventsLock::default();
    let lock = context.lock.as_ref().unwrap_or(&none);
    let linked = context.app.inspect().schemas(lock);
    let mut entries: Vec<_> = linked.iter().map(|linked| of_program(linked, lock)).collect();
    for (name, number, entry) in lock.iter() {
        let mut of_schema = linked
            .iter()
            .filter(|linked| linked.schema == number.schema && names(linked).any(|is| is == name));
        let (own, wider) =
            (of_schema.clone().any(|linked| linked.widened == number.widened), of_schema.next());
        if !own {
            entries.push(of_lock(name, number, entry, wider));
        }
    }
    entries.sort_by_key(|entry| (entry.name, entry.schema, entry.widened));
    let given = if context.lock.is_some() { "given" } else { "absent" };
    Ok(answer(json!({ "lock": given, "entries": entries })))
}

fn unless_never(widened: u32) -> Option<u32> {
    (widened > 0).then_some(widened)
}

fn names(linked: &LinkedSchema) -> impl Iterator<Item = &'static str> {
    std::iter::once(linked.name).chain(linked.aliases.iter().copied())
}

fn of_program<'a>(linked: &'a LinkedSchema, lock: &'a EventsLock) -> Schema<'a> {
    let entry = names(linked).find_map(|name| lock.get(name, linked.number()));
    Schema {
        name: linked.name,
        kind: Some(linked.kind),
        owner: linked.aggregate,
        schema: linked.schema,
        widened: unless_never(linked.widened),
        current: linked.current,
        aliases: linked.aliases,
        shape: linked.shape.as_deref(),
        locked: entry.map(|entry| entry.shape.as_str()),
        agrees: linked.difference.as_ref().map(String::is_empty),
        difference: linked.difference.as_deref().filter(|difference| !difference.is_empty()),
        examples: entry.map_or(&[], |entry| &entry.examples),
    }
}

/// A shape that only the lock has: from before a widening, or of a type that this program does not know.
fn of_lock<'a>(
    name: &'a str,
    number: SchemaNumber,
    entry: &'a Entry,
    wider: Option<&LinkedSchema>,
) -> Schema<'a> {
    Schema {
        name,
        kind: wider.map(|linked| linked.kind),
        owner: wider.and_then(|linked| linked.aggregate),
        schema: number.schema,
        widened: unless_never(number.widened),
        current: false,
        aliases: &[],
        shape: None,
        locked: Some(&entry.shape),
        agrees: None,
        difference: None,
        examples: &entry.examples,
    }
}
