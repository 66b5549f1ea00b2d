//! Nothing that is public is unknown to those who read: each public item is named in the code of a page.
//!
//! An item is what a public module has under a public name, re-exports included: a type, a trait, a function, a constant, a macro. A page
//! is what people read from its beginning: a chapter, a file of `docs`, a page of a macro, a README, and the text above a module.
//! What an item says of itself is no page: only a reader who knows its name finds that. Methods are left to the page of their
//! type, which lists them, and the promises of the conformance suite to the macro that makes a test of each.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Item, Lit, Meta, Token, UseTree, Visibility};

use crate::pages;

/// The crates and their folders. `cqrs` only shows what these have, and `cqrs_macros` is shown by `cqrs_core`.
const CRATES: [(&str, &str); 6] = [
    ("cqrs_core", "cqrs-core"),
    ("cqrs_dynamo", "cqrs-dynamo"),
    ("cqrs_http", "cqrs-http"),
    ("cqrs_cli", "cqrs-cli"),
    ("cqrs_console", "cqrs-console"),
    ("cqrs_export", "cqrs-export"),
];

/// The modules of promises, each of which is a test and has the name of one.
const PROMISES: &str = "cqrs_core::conformance::";

#[derive(Default)]
struct Crate {
    /// Each public item, with the modules that have it.
    items: BTreeMap<String, BTreeSet<String>>,
    /// The texts above the public modules, one for each.
    texts: Vec<String>,
}

impl Crate {
    fn read(name: &str, folder: &str) -> Self {
        let source = pages::root().join(folder).join("src");
        let mut read = Self::default();
        read.module(name, &source.join("lib.rs"), &source);
        read
    }

    /// A public module in `file`, whose submodules are in `folder`.
    fn module(&mut self, name: &str, file: &Path, folder: &Path) {
        let source = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let parsed = syn::parse_file(&source).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.texts.push(text(&parsed.attrs, file));
        for item in &parsed.items {
            self.item(name, folder, item);
        }
    }

    fn item(&mut self, module: &str, folder: &Path, item: &Item) {
        let (attributes, visibility, name) = match item {
            Item::Const(item) => (&item.attrs, &item.vis, item.ident.to_string()),
            Item::Enum(item) => (&item.attrs, &item.vis, item.ident.to_string()),
            Item::Fn(item) => (&item.attrs, &item.vis, item.sig.ident.to_string()),
            Item::Static(item) => (&item.attrs, &item.vis, item.ident.to_string()),
            Item::Struct(item) => (&item.attrs, &item.vis, item.ident.to_string()),
            Item::Trait(item) => (&item.attrs, &item.vis, item.ident.to_string()),
            Item::Type(item) => (&item.attrs, &item.vis, item.ident.to_string()),
            Item::Mod(item) if is_public(&item.vis) && !is_hidden(&item.attrs) => {
                let name = item.ident.to_string();
                let inner = format!("{module}::{name}");
                self.texts.push(text(&item.attrs, folder));
                if let Some((_, items)) = &item.content {
                    for item in items {
                        self.item(&inner, &folder.join(&name), item);
                    }
                } else {
                    let [file, beside] =
                        [folder.join(&name).join("mod.rs"), folder.join(format!("{name}.rs"))];
                    self.module(&inner, if file.exists() { &file } else { &beside }, &folder.join(&name));
                }
                return;
            }
            Item::Use(item) if is_public(&item.vis) && !is_hidden(&item.attrs) => {
                for name in used(&item.tree) {
                    self.items.entry(name).or_default().insert(module.to_owned());
                }
                return;
            }
            _ => return,
        };
        if is_public(visibility) && !is_hidden(attributes) && !module.starts_with(PROMISES) {
            self.items.entry(name).or_default().insert(module.to_owned());
        }
    }
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn is_hidden(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let is_doc = attribute.path().is_ident("doc");
        is_doc && attribute.parse_args::<syn::Ident>().is_ok_and(|word| word == "hidden")
    })
}

/// The names that a `use` gives. One of everything gives none: it would need what it names.
fn used(tree: &UseTree) -> Vec<String> {
    match tree {
        UseTree::Path(path) => used(&path.tree),
        UseTree::Name(name) => vec![name.ident.to_string()],
        UseTree::Rename(rename) if rename.rename == "_" => Vec::new(),
        UseTree::Rename(rename) => vec![rename.rename.to_string()],
        UseTree::Glob(_) => panic!("a public `use …::*`: the check has to learn what it gives"),
        UseTree::Group(group) => group.items.iter().flat_map(used).collect(),
    }
}

/// What an attribute says. What a `cfg_attr` says counts under any condition.
fn metas(attribute: &Attribute) -> Vec<Meta> {
    if !attribute.path().is_ident("cfg_attr") {
        return vec![attribute.meta.clone()];
    }
    let metas = attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
    metas.expect("cfg_attr(…)").into_iter().skip(1).collect()
}

/// What is written above a module, and what it includes there.
fn text(attributes: &[Attribute], file: &Path) -> String {
    let mut text = String::new();
    for meta in attributes.iter().flat_map(metas) {
        let Meta::NameValue(meta) = &meta else { continue };
        if !meta.path.is_ident("doc") {
            continue;
        }
        match &meta.value {
            Expr::Lit(literal) => {
                if let Lit::Str(line) = &literal.lit {
                    text.push_str(&line.value());
                }
            }
            Expr::Macro(include) => {
                let path: syn::LitStr = include.mac.parse_body().expect("include_str!(\"…\")");
                let path = file.parent().unwrap().join(path.value());
                text.push_str(&fs::read_to_string(path).unwrap());
            }
            _ => {}
        }
        text.push('\n');
    }
    text
}

/// Each word in code: in a block, or between backticks.
fn words_in_code(text: &str, words: &mut BTreeSet<String>) {
    let mut in_block = false;
    for line in text.lines() {
        if let Some(language) = line.trim().strip_prefix("```") {
            // A fence with a language begins a block, also below another one: two `cfg_attr` may give a block either of two languages.
            in_block = !language.is_empty() || !in_block;
        } else {
            let code = line.split('`').enumerate().filter(|(part, _)| in_block || part % 2 == 1);
            let separated = code.flat_map(|(_, code)| code.split(|c: char| !c.is_alphanumeric() && c != '_'));
            words.extend(separated.map(str::to_owned));
        }
    }
}

fn pages() -> Vec<PathBuf> {
    let folders = ["docs/book/src", "docs", "docs/decisions", "cqrs-macros/docs", "cqrs-http/docs"];
    let pages = folders.into_iter().flat_map(pages::folder).map(|page| page.path);
    let readmes = CRATES.map(|(_, folder)| Path::new(folder).join("README.md"));
    pages.chain(readmes).chain(["README.md".into(), "cqrs/README.md".into()]).collect()
}

#[test]
fn a_page_names_every_public_item() {
    let crates = CRATES.map(|(name, folder)| Crate::read(name, folder));
    let mut words = BTreeSet::new();
    for page in pages() {
        words_in_code(&pages::page(page).text, &mut words);
    }
    for text in crates.iter().flat_map(|one| &one.texts) {
        words_in_code(text, &mut words);
    }
    let mut unnamed = Vec::new();
    let mut count = 0;
    for (item, modules) in crates.iter().flat_map(|one| &one.items) {
        count += 1;
        if !words.contains(item) {
            unnamed.push(format!("`{item}` of {}", modules.iter().cloned().collect::<Vec<_>>().join(", ")));
        }
    }
    assert!(count > 200, "only {count} items were found");
    assert!(unnamed.is_empty(), "no page names {} of {count} items:\n{}", unnamed.len(), unnamed.join("\n"));
}

#[test]
fn words_of_prose_name_nothing() {
    let mut words = BTreeSet::new();
    words_in_code("Call `App::run` to Deliver.\n```\nlet app = Stores::new();\n```\nBuild", &mut words);
    words_in_code("```rust\n```ignore\nlet key = Tenant::new(\"BANK\");\n```\nReplay", &mut words);
    for (word, named) in [
        ("App", true),
        ("run", true),
        ("Stores", true),
        ("Tenant", true),
        ("Deliver", false),
        ("Build", false),
        ("Replay", false),
    ] {
        assert_eq!(words.contains(word), named, "{word}");
    }
}
