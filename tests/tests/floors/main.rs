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
