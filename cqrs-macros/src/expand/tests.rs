//! Expansions, next to their sources: `snapshots/event.rs` expands to `snapshots/event.expanded.rs`.
//!
//! `UPDATE_SNAPSHOTS=1 cargo test -p foldline-macros` writes them again; read the difference before you commit it.

use std::path::Path;
use std::{env, fs};

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Attribute, Item, Meta};

use crate::macros::{self, Macro};

fn macro_of(attribute: &Attribute) -> Option<Macro> {
    let name = attribute.path().get_ident()?.to_string();
    Some(match name.as_str() {
        "event" => macros::event,
        "command" => macros::command,
        "aggregate" => macros::aggregate,
        "projection" => macros::projection,
        "process" => macros::process,
        "event_handler" => macros::event_handler,
        _ => return None,
    })
}

fn expand(mut item: Item) -> TokenStream {
    if let Item::Macro(item) = &item {
        assert!(item.mac.path.is_ident("app"), "the one function-like macro");
        return macros::run(macros::app, item.mac.tokens.clone(), TokenStream::new());
    }
    let attributes = match &mut item {
        Item::Struct(item) if derives_data(&item.attrs) => {
            return macros::event_data(item.to_token_stream());
        }
        Item::Enum(item) if derives_data(&item.attrs) => return macros::event_data(item.to_token_stream()),
        Item::Struct(item) => &mut item.attrs,
        Item::Impl(item) => &mut item.attrs,
        Item::Fn(item) => &mut item.attrs,
        _ => return item.into_token_stream(),
    };
    let found = attributes.iter().enumerate().find_map(|(at, attribute)| Some((at, macro_of(attribute)?)));
    let Some((at, expand)) = found else { return item.into_token_stream() };
    let args = match attributes.remove(at).meta {
        Meta::List(list) => list.tokens,
        _ => TokenStream::new(),
    };
    macros::run(expand, args, item.into_token_stream())
}

fn derives_data(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| attribute.to_token_stream().to_string() == "# [derive (EventData)]")
}

fn check(name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/expand/snapshots");
    let input = fs::read_to_string(folder.join(format!("{name}.rs"))).unwrap();
    let items = syn::parse_file(&input).unwrap().items;
    let tokens: TokenStream = items.into_iter().map(expand).collect();
    let expanded = prettyplease::unparse(&syn::parse2(tokens).unwrap());
    let path = folder.join(format!("{name}.expanded.rs"));
    if env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(&path, &expanded).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(expanded, expected, "`UPDATE_SNAPSHOTS=1` writes {name}.expanded.rs anew");
}

#[test]
fn event() {
    check("event");
}

#[test]
fn command() {
    check("command");
}

#[test]
fn event_data() {
    check("event_data");
}

#[test]
fn aggregate_struct() {
    check("aggregate_struct");
}

#[test]
fn aggregate_impl() {
    check("aggregate_impl");
}

#[test]
fn projection() {
    check("projection");
}

#[test]
fn process() {
    check("process");
}

#[test]
fn event_handler() {
    check("event_handler");
}

#[test]
fn app() {
    check("app");
}

#[test]
fn broken_items_come_out_whole() {
    check("broken");
}

/// Every block of the page is cut from a snapshot, or from the source of one. A line `// …` marks what is left out.
#[test]
fn the_page_shows_what_the_macros_write() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let lines = |text: &str| -> Vec<String> {
        text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
    };
    let sources: Vec<_> = fs::read_dir(root.join("src/expand/snapshots"))
        .unwrap()
        .map(|entry| lines(&fs::read_to_string(entry.unwrap().path()).unwrap()))
        .collect();
    let is_cut = |part: &[String]| {
        part.is_empty() || sources.iter().any(|source| source.windows(part.len()).any(|lines| lines == part))
    };
    let page = fs::read_to_string(root.join("../docs/expansion.md")).unwrap();
    let blocks: Vec<_> =
        page.split("```rust\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(blocks.len() > 10, "{} blocks", blocks.len());
    for block in blocks {
        for part in lines(block).split(|line| line.starts_with("// …")) {
            assert!(is_cut(part), "docs/expansion.md shows what no snapshot has:\n{}", part.join("\n"));
        }
    }
}
