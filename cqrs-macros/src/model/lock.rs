use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;
use std::{env, fs, io};

use syn::Ident;

/// The name of the file beside `Cargo.toml`.
pub(crate) const FILE: &str = "events.lock";

/// There is an `events.lock`, and this is what it says about one event.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Locked {
    /// The shape; none for an event that is not in it yet.
    pub(crate) shape: Option<String>,
    /// Whether rustc has to be told of the file: once in a crate is enough, as every run of rustc expands all macros.
    pub(crate) first: bool,
}

/// A lock as it was read.
struct Lock {
    path: PathBuf,
    /// A compiler runs shortly; an editor's server sees the file change.
    written: Option<SystemTime>,
    entries: Result<Entries, String>,
}

/// The shapes by the heads of their entries: `OrderCreated 1`.
type Entries = HashMap<String, String>;

/// The lock of the package that is compiled. In a crate of a thousand events, each of them would else read all of it.
static LAST: Mutex<Option<Lock>> = Mutex::new(None);

/// Looks an event up in the lock of the package that is compiled; none where it has no lock.
pub(crate) fn find(name: &str, aliases: &[String], schema: u32, at: &Ident) -> syn::Result<Option<Locked>> {
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
    let shape = look_up(entries, name, aliases, schema);
    Ok(Some(Locked { shape, first }))
}

fn read(path: &Path) -> Result<Entries, String> {
    entries(&fs::read_to_string(path).map_err(|error| error.to_string())?)
}

/// The entry under the first of the names that has one.
fn look_up(entries: &Entries, name: &str, aliases: &[String], schema: u32) -> Option<String> {
    let plain = |character: char| character.is_alphanumeric() || matches!(character, '_' | '-' | '.' | ':');
    let head = |name: &str| {
        if name.chars().all(plain) { format!("{name} {schema}") } else { format!("{name:?} {schema}") }
    };
    std::iter::once(name)
        .chain(aliases.iter().map(String::as_str))
        .find_map(|name| entries.get(&head(name)).cloned())
}

/// The shapes of a lock, each in one line, as its text is written: up to the example, the next entry or the end.
fn entries(text: &str) -> Result<Entries, String> {
    let mut entries = Entries::new();
    let mut open: Option<(&str, String)> = None;
    for (index, line) in text.lines().enumerate() {
        // One that git has left unmerged would lock half of the events.
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

/// `OrderCreated 1` and what follows it; none for an example.
fn head(line: &str) -> Option<(&str, &str)> {
    let name = if line.starts_with('"') { quoted(line)? } else { line.split(' ').next()? };
    let schema = line[name.len()..].strip_prefix(' ')?.split(' ').next()?;
    let end = name.len() + 1 + schema.len();
    (name != "=" && end < line.len()).then(|| line.split_at(end))
}

/// The text in quotes at the front, with them.
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
    entries.entry(head.to_owned()).or_insert(shape);
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "# remark\n\nReOrderCreated 1 {}\nOrderCreated 11 {}\n\nOrderCreated 1 {\n    id: string,\n    \"a, b\": [{ sku: string }],\n}\n= {}\n\n\"Two \\\"Words\\\"\" 1 {}\n";

    #[test]
    fn a_shape_is_read_as_the_compiler_writes_it() {
        for text in [LOCK.to_owned(), LOCK.replace('\n', "\r\n")] {
            let entries = entries(&text).unwrap();
            let shape = |name| look_up(&entries, name, &[], 1);
            assert_eq!(shape("OrderCreated").unwrap(), "{ id: string, \"a, b\": [{ sku: string }] }");
            assert_eq!(shape("Two \"Words\"").unwrap(), "{}");
            assert_eq!(shape("Created"), None);
            assert_eq!(look_up(&entries, "Ordered", &["OrderCreated".to_owned()], 11).unwrap(), "{}");
        }
    }

    #[test]
    fn a_conflict_is_found_with_its_line() {
        let refused = entries(&LOCK.replace("OrderCreated 11", ">>>>>>> theirs"));
        assert_eq!(refused.unwrap_err(), "line 4: `>>>>>>> theirs {}` is a conflict that was not merged");
    }
}
