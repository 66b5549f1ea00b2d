//! What errors say: the whole story in their own text, down to the cause, and nothing twice where a chain is printed.

use std::convert::Infallible;
use std::error::Error;
use std::fs;
use std::path::Path;

use cqrs_core::app::{QueryError, ReadError, ScheduleError};
use cqrs_core::causes::chain;
use cqrs_core::delivery::{DeliveryError, PublishError, PublishFault};
use cqrs_core::replay::ReplayError;
use cqrs_core::{ExecuteError, RefusedKind, StoreError, TransactionError};
use quote::ToTokens;
use syn::{Attribute, Fields, Item, Meta};

/// The packages, one after another.
const PACKAGES: [&str; 6] =
    ["cqrs-core", "cqrs-dynamo", "cqrs-http", "cqrs-cli", "cqrs-console", "cqrs-export"];

/// What the client of a database said, with a cause of its own.
#[derive(Debug, thiserror::Error)]
#[error("the connection broke")]
struct Broken(#[source] std::io::Error);

fn broken() -> Box<dyn Error + Send + Sync> {
    Box::new(Broken(std::io::Error::other("the cable is cut")))
}

fn store() -> StoreError {
    StoreError::Unavailable { source: broken() }
}

#[test]
fn every_text_goes_down_to_the_cause_and_a_chain_tells_it_once() {
    let command_id = || "send-1".to_owned();
    let publish = || PublishError::new(3, PublishFault::Refused { source: broken() });
    let unreadable = || QueryError::Unreadable {
        view: "Statement",
        id: "STATEMENT#1".to_owned(),
        next: "AAAAAAAAAABB".parse().unwrap(),
        source: Box::new(store()),
    };
    let execute = ExecuteError::<Infallible>::Store { command_id: command_id(), source: store() };
    let errors: [(&str, Box<dyn Error>); 16] = [
        ("throttles", Box::new(StoreError::Throttled { source: broken() })),
        ("may have happened", Box::new(store())),
        ("denies", Box::new(StoreError::Denied { source: broken() })),
        ("cannot be read", Box::new(StoreError::refused(RefusedKind::Unreadable, broken()))),
        ("command `send-1`", Box::new(execute)),
        (
            "transaction `send-1`",
            Box::new(TransactionError::Store { command_id: command_id(), source: store() }),
        ),
        ("command `send-1`", Box::new(ScheduleError::Store { command_id: command_id(), source: store() })),
        ("cannot be reached", Box::new(ReadError::Store(store()))),
        ("cannot be reached", Box::new(QueryError::Store(store()))),
        ("`STATEMENT#1`", Box::new(unreadable())),
        ("feed", Box::new(DeliveryError::Feed(Box::new(store())))),
        (
            "`clerk`",
            Box::new(DeliveryError::Outage { subscriber: "clerk".into(), source: Box::new(store()) }),
        ),
        (
            "of `clerk`",
            Box::new(DeliveryError::Store { subscriber: "clerk".into(), source: Box::new(store()) }),
        ),
        ("3 messages", Box::new(DeliveryError::Publish(Box::new(publish())))),
        ("`Statement`", Box::new(ReplayError::Store { projection: "Statement", source: Box::new(store()) })),
        ("`Statement`", Box::new(ReplayError::Unreadable { projection: "Statement", source: broken() })),
    ];
    for (thing, error) in errors {
        let text = error.to_string();
        assert!(text.contains(thing), "{text}");
        assert!(text.ends_with("the connection broke: the cable is cut"), "{text}");
        assert!(error.source().is_none(), "a printer of chains would tell twice: {text}");
        assert_eq!(chain(&*error), text);
    }
}

/// An error that is derived: its name, its variants or itself, each with the attributes and the fields.
struct Derived {
    name: String,
    shapes: Vec<(Vec<Attribute>, Fields)>,
}

#[test]
fn no_derived_error_of_any_package_has_a_source() {
    for package in PACKAGES {
        let mut errors = Vec::new();
        read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(package).join("src"), &mut errors);
        assert!(!errors.is_empty() || package == "cqrs-http" || package == "cqrs-cli", "{package}");
        let faults: Vec<String> = errors.iter().flat_map(faults).collect();
        assert_eq!(faults, Vec::<String>::new(), "{package}");
    }
}

fn read(folder: &Path, errors: &mut Vec<Derived>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, errors);
        } else if path.extension().is_some_and(|end| end == "rs") {
            // A snapshot of the macros is not always a whole file.
            let Ok(file) = syn::parse_file(&fs::read_to_string(&path).unwrap()) else { continue };
            errors.extend(file.items.into_iter().filter_map(derived));
        }
    }
}

fn derived(item: Item) -> Option<Derived> {
    let (attributes, name, shapes) = match item {
        Item::Enum(item) => {
            let shapes = item.variants.into_iter().map(|variant| (variant.attrs, variant.fields)).collect();
            (item.attrs, item.ident, shapes)
        }
        Item::Struct(item) => (item.attrs.clone(), item.ident, vec![(item.attrs, item.fields)]),
        _ => return None,
    };
    let derives = attributes.iter().filter(|attribute| attribute.path().is_ident("derive"));
    let is_error = derives
        .map(|derive| derive.to_token_stream().to_string())
        .any(|derive| derive.contains("thiserror :: Error"));
    is_error.then(|| Derived { name: name.to_string(), shapes })
}

/// A transparent one has what its inner error has. Of another one each field that is an error is told, and is no source.
fn faults(error: &Derived) -> Vec<String> {
    let Derived { name, shapes } = error;
    let mut faults = Vec::new();
    for (attributes, fields) in shapes {
        let format = attributes.iter().find(|attribute| attribute.path().is_ident("error"));
        let Some(Meta::List(format)) = format.map(|attribute| &attribute.meta) else { continue };
        let format = format.tokens.to_string();
        if format == "transparent" {
            continue;
        }
        for (place, field) in fields.iter().enumerate() {
            let own = field.ident.as_ref().map_or_else(|| place.to_string(), ToString::to_string);
            let marked = field
                .attrs
                .iter()
                .any(|attribute| attribute.path().is_ident("source") || attribute.path().is_ident("from"));
            if marked || own == "source" {
                faults.push(format!(
                    "`{name}`: `{own}` is a source; write `r#source`, and tell it in the text"
                ));
            }
            let field_name = own.trim_start_matches("r#");
            let ty = field.ty.to_token_stream().to_string();
            let is_cause = ["Error", "Source", "Fault >", "PublishFault"].iter().any(|end| ty.contains(end));
            // `said` is what the cause says, in short.
            if is_cause && !format.contains(field_name) && !format.contains("{said}") {
                faults.push(format!("`{name}`: the text does not tell `{field_name}`"));
            }
        }
    }
    faults
}
