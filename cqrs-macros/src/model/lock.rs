use std::path::PathBuf;
use std::{env, fs, io};

use syn::Ident;

/// The name of the file beside `Cargo.toml`.
pub(crate) const FILE: &str = "events.lock";

/// There is an `events.lock`, and this is what it says about one event.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Locked {
    /// The shape; none for an event that is not in it yet.
    pub(crate) shape: Option<String>,
}

/// Looks an event up in the lock of the package that is compiled; none where it has no lock.
pub(crate) fn find(name: &str, aliases: &[String], schema: u32, at: &Ident) -> syn::Result<Option<Locked>> {
    let Some(folder) = env::var_os("CARGO_MANIFEST_DIR") else { return Ok(None) };
    let refuse = |reason: String| syn::Error::new(at.span(), format!("{FILE}: {reason}"));
    match fs::read_to_string(PathBuf::from(folder).join(FILE)) {
        Ok(text) => {
            let names: Vec<&str> = std::iter::once(name).chain(aliases.iter().map(String::as_str)).collect();
            look_up(&text, &names, schema).map(Some).map_err(refuse)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(refuse(error.to_string())),
    }
}

/// The entry under the first of the names that has one.
fn look_up(text: &str, names: &[&str], schema: u32) -> Result<Locked, String> {
    // One that git has left unmerged would lock half of the events.
    if let Some(at) = ["<<<<<<<", ">>>>>>>"].iter().find_map(|mark| line_with(text, mark)) {
        let (before, line) = (&text[..at], text[at..].lines().next().unwrap_or_default());
        let number = before.lines().count() + 1;
        return Err(format!("line {number}: `{line}` is a conflict that was not merged"));
    }
    let shape = names.iter().find_map(|name| entry(text, name, schema));
    Ok(Locked { shape })
}

/// The shape behind `OrderCreated 1 `: up to the example, the next entry or the end.
fn entry(text: &str, name: &str, schema: u32) -> Option<String> {
    let plain = name
        .chars()
        .all(|character| character.is_alphanumeric() || matches!(character, '_' | '-' | '.' | ':'));
    let head = if plain { format!("{name} {schema} ") } else { format!("{name:?} {schema} ") };
    let start = line_with(text, &head)? + head.len();
    let mut lines = text[start..].lines();
    let mut shape = lines.next()?.trim().to_owned();
    // On one line, as the compiler writes the shape that it compares with this.
    for line in lines.take_while(|line| line.starts_with(' ') || line.starts_with('}')) {
        if line.starts_with('}') && shape.ends_with(',') {
            shape.pop();
        }
        shape.push(' ');
        shape.push_str(line.trim());
    }
    Some(shape)
}

/// Where the first line begins that begins so. Every event looks through the whole lock, so it is no loop over its lines.
fn line_with(text: &str, begin: &str) -> Option<usize> {
    if text.starts_with(begin) {
        return Some(0);
    }
    text.find(&format!("\n{begin}")).map(|at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "# remark\n\nReOrderCreated 1 {}\nOrderCreated 11 {}\n\nOrderCreated 1 {\n    id: string,\n    \"a, b\": [{ sku: string }],\n}\n= {}\n\n\"Two Words\" 1 {}\n";

    #[test]
    fn a_shape_is_read_as_the_compiler_writes_it() {
        let shape = |name| look_up(LOCK, &[name], 1).unwrap().shape;
        assert_eq!(shape("OrderCreated").unwrap(), "{ id: string, \"a, b\": [{ sku: string }] }");
        assert_eq!(shape("Two Words").unwrap(), "{}");
        assert_eq!(shape("Created"), None);
        assert_eq!(
            look_up(&LOCK.replace('\n', "\r\n"), &["OrderCreated"], 1),
            look_up(LOCK, &["OrderCreated"], 1)
        );
    }

    #[test]
    fn a_conflict_is_found_with_its_line() {
        let refused = look_up(&LOCK.replace("OrderCreated 11", ">>>>>>> theirs"), &["OrderCreated"], 1);
        assert_eq!(refused.unwrap_err(), "line 4: `>>>>>>> theirs {}` is a conflict that was not merged");
    }
}
