//! The arrows between the rooms of each crate run down, and no rooms lie on a circle.
//!
//! A room is a module of the crate's root. [`plan`] puts each on a floor; [`house`] knows where a path leads; [`faults`] judges the
//! arrows. One to a room on the same floor is free, unless it closes a circle. What `lib.rs` re-exports is a door for users, and
//! no arrow of its own; a path within the crate that goes through it is an arrow to the room behind it.

mod faults;
mod house;
mod made_up;
mod plan;
mod reader;
mod tokens;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use faults::faults;

/// Source files by their path below `src`.
type Files = BTreeMap<String, String>;

/// All source files of a crate.
fn files(krate: &str) -> Files {
    fn read(folder: &Path, below: &str, files: &mut Files) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = format!("{below}{}", path.file_name().unwrap().to_str().unwrap());
            if path.is_dir() {
                read(&path, &format!("{name}/"), files);
            } else if name.ends_with(".rs") {
                files.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut files = Files::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(krate).join("src"), "", &mut files);
    files
}

fn hold(krate: &str, floors: &[&[&str]]) {
    let faults = faults(&format!("{krate}/src/"), floors, &files(krate));
    assert!(faults.is_empty(), "\n\n{}\n", faults.join("\n\n"));
}

#[test]
fn the_floors_of_cqrs_core_hold() {
    hold("cqrs-core", plan::CORE);
}

/// Code that is generic over a projection is compiled again for each projection of a program.
#[test]
fn what_delivers_and_replays_is_compiled_once_for_all_projections() {
    const ROOMS: [&str; 5] = ["delivery/", "engine/", "projector/", "replay/", "runtime/"];
    // A few lines each: what a caller gets with its type, and what he may ask for.
    const TYPED: [&str; 2] = ["projector/read.rs", "replay/mod.rs"];
    let is_generic = |line: &str| {
        let code = line.split("//").next().unwrap_or_default();
        [": Projection", ": View"].iter().any(|bound| {
            code.match_indices(bound).any(|(at, _)| {
                !code[at + bound.len()..].starts_with(|next: char| next.is_alphanumeric() || next == '_')
            })
        })
    };
    let files = files("cqrs-core").into_iter().filter(|(name, _)| {
        ROOMS.iter().any(|room| name.starts_with(room)) && !TYPED.contains(&name.as_str())
    });
    let mut found = Vec::new();
    for (name, text) in files {
        for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| is_generic(line)) {
            found.push(format!("cqrs-core/src/{name}:{number}: {}", line.trim()));
        }
    }
    assert!(found.is_empty(), "take `Erased` in place of the type:\n{}", found.join("\n"));
}

#[test]
fn the_floors_of_cqrs_dynamo_hold() {
    hold("cqrs-dynamo", plan::DYNAMO);
}

#[test]
fn the_floors_of_cqrs_cli_hold() {
    hold("cqrs-cli", plan::CLI);
}

#[test]
fn the_floors_of_cqrs_macros_hold() {
    hold("cqrs-macros", plan::MACROS);
}
