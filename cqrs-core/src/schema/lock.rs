use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde_json::Value;

use super::notation::{entry_at, find, trim};
use super::number::SchemaNumber;

/// The shapes of stored events, and examples of them: `events.lock`.
///
/// ```text
/// OrderCreated 1 {
///     customerId: string,
///     items: [{ sku: string, quantity: u32 }],
/// }
/// = {"customerId":"text","items":[{"quantity":7,"sku":"text"}]}
/// ```
///
/// An entry begins with the stored type name, in quotes if it has spaces, and the schema. The shape follows. A schema
/// that was widened has an entry for each of its shapes: `OrderCreated 1`, `OrderCreated 1.1`. A line with `=` is an
/// example of the event's data, and a line with `#` is a remark.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EventsLock {
    entries: BTreeMap<(String, SchemaNumber), Entry>,
}

/// What the lock says about one shape of one event.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The shape, as its text.
    pub shape: String,
    /// Data of that shape.
    pub examples: Vec<Value>,
}

/// A line of `events.lock` that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
#[non_exhaustive]
pub struct LockError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}

const REMARK: &str = "\
# What stored events look like. If a shape that is recorded here changes, the program does not compile.
# `EVENTS_LOCK=write cargo test events_lock` adds what is missing; commit this file.
";

impl EventsLock {
    /// The entry of an event's shape.
    #[must_use]
    pub fn get(&self, name: &str, number: SchemaNumber) -> Option<&Entry> {
        self.entries.get(&(name.to_owned(), number))
    }

    /// The widest locked shape of a schema that is narrower than this one: how often it was widened, and its entry.
    #[must_use]
    pub fn before(&self, name: &str, number: SchemaNumber) -> Option<(SchemaNumber, &Entry)> {
        let first = (name.to_owned(), SchemaNumber::new(number.schema, 0));
        let before = self.entries.range(first..(name.to_owned(), number)).next_back();
        before.map(|((_, number), entry)| (*number, entry))
    }

    /// Every entry: the stored name, the schema, and what is known about it.
    pub fn iter(&self) -> impl Iterator<Item = (&str, SchemaNumber, &Entry)> {
        self.entries.iter().map(|((name, number), entry)| (name.as_str(), *number, entry))
    }

    /// Adds an entry.
    pub fn insert(&mut self, name: &str, number: SchemaNumber, entry: Entry) {
        self.entries.insert((name.to_owned(), number), entry);
    }
}

impl FromStr for EventsLock {
    type Err = LockError;

    fn from_str(text: &str) -> Result<Self, LockError> {
        let mut lock = Self::default();
        let mut open: Option<((String, SchemaNumber), Entry)> = None;
        for (index, line) in text.lines().enumerate() {
            let refused = |reason: &str| LockError { line: index + 1, reason: reason.to_owned() };
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            match (&mut open, line.strip_prefix('=')) {
                (None, Some(_)) => return Err(refused("an example without an event")),
                (Some((_, entry)), Some(example)) => {
                    let example = serde_json::from_str(example);
                    entry.examples.push(example.map_err(|error| refused(&error.to_string()))?);
                }
                (Some((_, entry)), None) if line.starts_with([' ', '}']) => {
                    entry.shape.push_str(line.trim());
                }
                (_, None) => {
                    let (name, rest) = head(line).ok_or_else(|| refused("expected `Name schema shape`"))?;
                    let (schema, shape) = rest.split_once(' ').unwrap_or((rest, ""));
                    let schema = number(schema).ok_or_else(|| {
                        refused(&format!(
                            "`{schema}` is not a schema: write 1, 2, …, or 1.1 after a widening"
                        ))
                    })?;
                    lock.close(open.take());
                    if lock.get(&name, schema).is_some() {
                        return Err(refused(&format!("`{name}` (schema {schema}) is listed twice")));
                    }
                    let entry = Entry { shape: shape.trim().to_owned(), examples: Vec::new() };
                    open = Some(((name, schema), entry));
                }
            }
        }
        lock.close(open);
        Ok(lock)
    }
}

impl EventsLock {
    fn close(&mut self, open: Option<((String, SchemaNumber), Entry)>) {
        if let Some((id, mut entry)) = open {
            if let Some(fields) = fields(&entry.shape) {
                entry.shape =
                    if fields.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", fields.join(", ")) };
            }
            self.entries.insert(id, entry);
        }
    }
}

/// `2`, or `2.1` after one widening.
fn number(text: &str) -> Option<SchemaNumber> {
    let (schema, widened) = match text.split_once('.') {
        Some((schema, widened)) => (schema, widened.parse().ok().filter(|widened| *widened > 0)?),
        None => (text, 0),
    };
    Some(SchemaNumber::new(schema.parse().ok()?, widened))
}

/// The name of an entry, and what follows it.
fn head(line: &str) -> Option<(String, &str)> {
    if !line.starts_with('"') {
        return line.split_once(' ').map(|(name, rest)| (name.to_owned(), rest));
    }
    let end = super::notation::quote_end(line.as_bytes(), 0);
    let (quoted, rest) = line.split_at(end);
    Some((unquoted(quoted), rest.strip_prefix(' ')?))
}

/// A name without the quotes that a label or a head may have put it in.
pub(crate) fn unquoted(name: &str) -> String {
    match name.strip_prefix('"').and_then(|name| name.strip_suffix('"')) {
        Some(inner) => inner.replace("\\\"", "\"").replace("\\\\", "\\"),
        None => name.to_owned(),
    }
}

/// The fields of a record; `None` if the shape is something else.
fn fields(shape: &str) -> Option<Vec<&str>> {
    let inner = shape.strip_prefix('{')?.strip_suffix('}')?;
    let mut fields = Vec::new();
    let mut at = 0;
    while let Some((_, next)) = entry_at(inner.as_bytes(), at) {
        let end = find(inner.as_bytes(), at, b',');
        fields.push(inner.get(at..end)?.trim());
        at = next;
    }
    Some(fields)
}

/// The same shape with the fields of every record in the order of their names, because their order is not stored.
pub(super) fn in_order(shape: &str) -> String {
    let bytes = shape.as_bytes();
    let opening = find_brace(bytes);
    let Some(closing) = opening.map(|opening| find(bytes, opening + 1, b'}')) else {
        return shape.to_owned();
    };
    let (Some(before), Some(inner), Some(after)) = (
        shape.get(..opening.unwrap_or_default()),
        shape.get(opening.unwrap_or_default() + 1..closing),
        shape.get(closing..),
    ) else {
        return shape.to_owned();
    };
    let mut entries: Vec<String> = Vec::new();
    let mut at = 0;
    while at < inner.len() {
        let end = find(inner.as_bytes(), at, b',');
        let entry = trim(&inner.as_bytes()[at..end]);
        entries.extend(std::str::from_utf8(entry).ok().filter(|entry| !entry.is_empty()).map(in_order));
        at = end + 1;
    }
    // The cases of an untagged enum are tried in turn.
    if !before.trim_end().ends_with("enum untagged") {
        entries.sort();
    }
    format!("{before}{{{}{}", entries.join(", "), in_order(after))
}

/// The first brace outside quotes.
fn find_brace(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'{' => return Some(at),
            b'"' => at = super::notation::quote_end(bytes, at),
            _ => at += 1,
        }
    }
    None
}

impl fmt::Display for EventsLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REMARK)?;
        for ((name, number), entry) in &self.entries {
            let plain =
                |character: char| character.is_alphanumeric() || matches!(character, '_' | '-' | '.' | ':');
            if name.chars().all(plain) {
                write!(f, "\n{name} {number} ")?;
            } else {
                write!(f, "\n{name:?} {number} ")?;
            }
            match fields(&entry.shape) {
                Some(fields) if !fields.is_empty() => {
                    writeln!(f, "{{")?;
                    for field in fields {
                        writeln!(f, "    {field},")?;
                    }
                    writeln!(f, "}}")?;
                }
                _ => writeln!(f, "{}", entry.shape)?,
            }
            for example in &entry.examples {
                // So the text is the same with `serde_json/preserve_order`.
                let mut example = example.clone();
                example.sort_all_objects();
                writeln!(f, "= {example}")?;
            }
        }
        Ok(())
    }
}
