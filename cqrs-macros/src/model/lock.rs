use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;
use std::{env, fs, io};

use syn::Ident;

/// The name of the file next to `Cargo.toml`.
pub(crate) const FILE: &str = "events.lock";

/// What an existing `events.lock` says about one schema of one event.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// The shapes by how often the schema was widened; empty for an event that is not in the lock yet.
    shapes: Shapes,
    first: bool,
    /// `OrderCreated` (schema 1), for messages.
    name: String,
    schema: u32,
}

type Shapes = BTreeMap<u32, String>;

/// What the lock says about an event, for one number of widenings.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Locked {
    /// The shape; `None` if it is not in the lock yet.
    pub(crate) shape: Option<String>,
    /// The previous shape, and how often the schema was widened then.
    pub(crate) before: Option<(u32, String)>,
    /// Whether rustc has to track the file: once in a crate is enough, because every run of rustc expands all macros.
    pub(crate) first: bool,
}

/// A lock as it was read.
struct Lock {
    path: PathBuf,
    /// When the file was written. A compiler runs only for a short time, but an editor's server sees the file change.
    written: Option<SystemTime>,
    entries: Result<Entries, String>,
}

/// The shapes by the heads of their entries, `OrderCreated 1`, and by how often they were widened.
type Entries = HashMap<String, Shapes>;

/// The lock of the package that is compiled. Otherwise each event of a crate with a thousand events would read all of
/// it.
static LAST: Mutex<Option<Lock>> = Mutex::new(None);

/// Looks an event up in the lock of the package that is compiled; `None` if the package has no lock.
pub(crate) fn find(name: &str, aliases: &[String], schema: u32, at: &Ident) -> syn::Result<Option<Found>> {
    let Some(folder) = env::var_os("CARGO_MANIFEST_DIR") else { return Ok(None) };
    let path = PathBuf::from(folder).join(FILE);
    let refuse = |reason: String| syn::Error::new(at.span(), format!("{FILE}: {reason}"));
    let written = match fs::metadata(&path) {
        Ok(metadata) => metadata.modified().ok(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(refuse(error.to_string())),
    };
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    let kept = last.take().filter(|last| last.path == path && last.written == written && written.is_some());
    let first = kept.is_none();
    let lock = last.insert(kept.unwrap_or_else(|| Lock { entries: read(&path), path, written }));
    let entries = lock.entries.as_ref().map_err(|reason| refuse(reason.clone()))?;
    let shapes = look_up(entries, name, aliases, schema);
    Ok(Some(Found { shapes, first, name: name.to_owned(), schema }))
}

impl Found {
    /// The entry of an event for this number of widenings.
    ///
    /// # Errors
    /// If the lock has a wider one, or lacks the one just before.
    pub(crate) fn at(mut self, widened: u32) -> Result<Locked, String> {
        let Self { name, schema, .. } = &self;
        let last = self.shapes.last_key_value().map(|(last, _)| *last);
        if let Some(last) = last.filter(|last| *last > widened) {
            return Err(format!(
                "{FILE} has `{name}` (schema {schema}.{last}), which is wider: add `widened = {last}`; if none of it was ever stored outside of this machine, delete that entry"
            ));
        }
        if let Some(last) = last.filter(|last| *last + 1 < widened) {
            let next = last + 1;
            let known = if last == 0 { schema.to_string() } else { format!("{schema}.{last}") };
            return Err(format!("{FILE} has `{name}` up to schema {known}: the next is `widened = {next}`"));
        }
        let shape = self.shapes.remove(&widened);
        Ok(Locked { shape, before: self.shapes.pop_last(), first: self.first })
    }
}

fn read(path: &Path) -> Result<Entries, String> {
    entries(&fs::read_to_string(path).map_err(|error| error.to_string())?)
}

/// The shapes, each under the first of the names that has it.
fn look_up(entries: &Entries, name: &str, aliases: &[String], schema: u32) -> Shapes {
    let plain = |character: char| character.is_alphanumeric() || matches!(character, '_' | '-' | '.' | ':');
    let head = |name: &str| {
        if name.chars().all(plain) { format!("{name} {schema}") } else { format!("{name:?} {schema}") }
    };
    let mut shapes = Shapes::new();
    for name in std::iter::once(name).chain(aliases.iter().map(String::as_str)) {
        for (widened, shape) in entries.get(&head(name)).into_iter().flatten() {
            shapes.entry(*widened).or_insert_with(|| shape.clone());
        }
    }
    shapes
}

/// The shapes of a lock, each on one line. The text of an entry ends at the example, at the next entry or at the end.
fn entries(text: &str) -> Result<Entries, String> {
    let mut entries = Entries::new();
    let mut open: Option<(&str, String)> = None;
    for (index, line) in text.lines().enumerate() {
        // A lock that git has left unmerged would lock half of the events.
        if line.starts_with("<<<<<<<") || line.starts_with(">>>>>>>") {
            return Err(format!("line {}: `{line}` is a conflict that was not merged", index + 1));
        }
        match line.bytes().next() {
            Some(b' ' | b'}') => {
                if let Some((_, shape)) = open.as_mut().filter(|_| !line.trim().is_empty()) {
                    shape.push(' ');
                    shape.push_str(line.trim());
                }
            }
            None | Some(b'#') => {}
            Some(_) => {
                close(open.take(), &mut entries);
                open = head(line).map(|(head, shape)| (head, shape.trim().to_owned()));
            }
        }
    }
    close(open, &mut entries);
    Ok(entries)
}

/// `OrderCreated 1` and what follows it; `None` for an example.
fn head(line: &str) -> Option<(&str, &str)> {
    let name = if line.starts_with('"') { quoted(line)? } else { line.split(' ').next()? };
    let schema = line[name.len()..].strip_prefix(' ')?.split(' ').next()?;
    let end = name.len() + 1 + schema.len();
    (name != "=" && end < line.len()).then(|| line.split_at(end))
}

/// The quoted text at the front, with its quotes.
fn quoted(line: &str) -> Option<&str> {
    let mut escaped = true;
    let end = line.find(|character| {
        let closing = character == '"' && !escaped;
        escaped = character == '\\' && !escaped;
        closing
    })?;
    Some(&line[..=end])
}

fn close(entry: Option<(&str, String)>, entries: &mut Entries) {
    let Some((head, mut shape)) = entry else { return };
    if let Some(fields) = shape.strip_suffix(", }") {
        shape = format!("{fields} }}");
    }
    let (head, widened) = widened(head);
    entries.entry(head.to_owned()).or_default().entry(widened).or_insert(shape);
}

/// `OrderCreated 1`, and how often it was widened: once for `OrderCreated 1.1`.
fn widened(head: &str) -> (&str, u32) {
    let schema = head.rfind(' ').map_or(0, |space| space + 1);
    let split = head[schema..]
        .split_once('.')
        .and_then(|(number, widened)| Some((&head[..schema + number.len()], widened.parse().ok()?)));
    split.unwrap_or((head, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "# remark\n\nReOrderCreated 1 {}\nOrderCreated 11 {}\n\nOrderCreated 1 {\n    id: string,\n    \"a, b\": [{ sku: string }],\n}\n= {}\n\n\"Two \\\"Words\\\"\" 1 {}\n";

    #[test]
    fn a_shape_is_read_as_the_compiler_writes_it() {
        for text in [LOCK.to_owned(), LOCK.replace('\n', "\r\n")] {
            let entries = entries(&text).unwrap();
            let shape = |name| look_up(&entries, name, &[], 1).remove(&0);
            assert_eq!(shape("OrderCreated").unwrap(), "{ id: string, \"a, b\": [{ sku: string }] }");
            assert_eq!(shape("Two \"Words\"").unwrap(), "{}");
            assert_eq!(shape("Created"), None);
            let before = look_up(&entries, "Ordered", &["OrderCreated".to_owned()], 11);
            assert_eq!(before, Shapes::from([(0, "{}".to_owned())]));
        }
    }

    fn found(widened: &[u32]) -> Found {
        let entry = |widened: &u32| (*widened, format!("{{ a: [u8; {widened}] }}"));
        Found {
            shapes: widened.iter().map(entry).collect(),
            first: true,
            name: "Ordered".to_owned(),
            schema: 2,
        }
    }

    #[test]
    fn a_widened_schema_has_its_shapes_in_their_order() {
        let lock =
            "\"Two.5 Words\" 2 {}\n\nOrdered 2 {}\n\nOrdered 2.1 {\n    a: u8?,\n}\n\nOrdered 2.10 {}\n";
        let entries = entries(lock).unwrap();
        let shapes = look_up(&entries, "Ordered", &[], 2);
        assert_eq!(shapes.keys().copied().collect::<Vec<_>>(), [0, 1, 10]);
        assert_eq!(shapes[&1], "{ a: u8? }");
        assert_eq!(look_up(&entries, "Two.5 Words", &[], 2).len(), 1);

        let locked = found(&[0, 1]).at(1).unwrap();
        assert_eq!(locked.shape.unwrap(), "{ a: [u8; 1] }");
        assert_eq!(locked.before.unwrap(), (0, "{ a: [u8; 0] }".to_owned()));
        let next = found(&[0, 1]).at(2).unwrap();
        assert_eq!((next.shape, next.before.unwrap().0), (None, 1));
        assert_eq!(found(&[]).at(3).unwrap().before, None);
    }

    #[test]
    fn a_number_that_does_not_follow_the_locked_one_is_refused() {
        let said = found(&[0, 2]).at(1).unwrap_err();
        assert!(
            said.starts_with("events.lock has `Ordered` (schema 2.2), which is wider: add `widened = 2`"),
            "{said}"
        );
        let said = found(&[0]).at(2).unwrap_err();
        assert_eq!(said, "events.lock has `Ordered` up to schema 2: the next is `widened = 1`");
        let said = found(&[0, 1]).at(3).unwrap_err();
        assert_eq!(said, "events.lock has `Ordered` up to schema 2.1: the next is `widened = 2`");
    }

    #[test]
    fn a_conflict_is_found_with_its_line() {
        let refused = entries(&LOCK.replace("OrderCreated 11", ">>>>>>> theirs"));
        assert_eq!(refused.unwrap_err(), "line 4: `>>>>>>> theirs {}` is a conflict that was not merged");
    }
}
