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
    if let Some((number, line)) =
        text.lines().enumerate().find(|(_, line)| line.starts_with("<<<<<<<") || line.starts_with(">>>>>>>"))
    {
        return Err(format!("line {}: `{line}` is a conflict that was not merged", number + 1));
    }
    let shape = names.iter().find_map(|name| entry(text, name, schema));
    Ok(Locked { shape })
}

/// The shape behind `OrderCreated 1 `, as its text is written in one line: up to the example, the next entry or the end.
fn entry(text: &str, name: &str, schema: u32) -> Option<String> {
    let plain = |character: char| character.is_alphanumeric() || matches!(character, '_' | '-' | '.' | ':');
    let head =
        if name.chars().all(plain) { format!("{name} {schema} ") } else { format!("{name:?} {schema} ") };
    let mut lines = text.lines().skip_while(|line| !line.starts_with(&head));
    let mut shape = lines.next()?[head.len()..].trim().to_owned();
    for line in lines.filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        if !line.starts_with([' ', '}']) {
            break;
        }
        shape.push(' ');
        shape.push_str(line.trim());
    }
    match shape.strip_suffix(", }") {
        Some(fields) => Some(format!("{fields} }}")),
        None => Some(shape),
    }
}
