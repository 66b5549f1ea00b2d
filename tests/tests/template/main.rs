//! The template that is made from an app's wiring: the linter finds nothing in it, it makes what `create_tables` makes,
//! and every role may do exactly what it has to do.

mod capacity;
mod exports;
mod fed;
mod indexes;
mod limits;
mod order;
mod permissions;
mod queues;
mod rendered;
mod retired;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use cqrs_core::app::{SubscriberKind, Wiring};
use cqrs_core::prelude::*;
use cqrs_core::store::MemoryEventStore;
use cqrs_core::view::MemoryViewStore;
use cqrs_dynamo::template::Template;
use cqrs_tests::bank::{Opened, Statement, Withdrawn, account, deposit};
use serde_json::Value;

#[event_handler(Opened)]
async fn send_welcome(_: &Opened) -> Result<(), HandlerError> {
    Ok(())
}

#[event_handler(Withdrawn)]
async fn send_receipt(_: &Withdrawn) -> Result<(), HandlerError> {
    Ok(())
}

/// Does everything that a handler may: it reads a view, and executes a command.
#[event_handler(Withdrawn, once)]
async fn audit(event: &Recorded<Withdrawn>, app: &App) -> Result<(), HandlerError> {
    app.view::<Statement>(&account(&event.owner)).await?;
    app.execute(&account("fees"), deposit(1)).await?;
    Ok(())
}

const PREFIX: &str = "bank-test-";
/// The queues: name, what the logical ids of their parts begin with, the types of their events.
const QUEUES: [(&str, &str, &[&str]); 4] = [
    ("Statement", "Statement", &["Deposited", "Withdrawn"]),
    ("Wealth", "Wealth", &["Deposited", "Opened", "Withdrawn"]),
    ("audit", "audit", &["Withdrawn"]),
    ("mail-out", "mailX2Dout", &["Opened", "Withdrawn"]),
];

/// The bank with three handlers: two share a queue, the third has an inbox.
fn wiring() -> Wiring {
    let app = App::builder(MemoryEventStore::new()).views(MemoryViewStore::new()).build().unwrap();
    let mut wiring = app.wiring().clone();
    for subscriber in &mut wiring.subscribers {
        if subscriber.name.starts_with("send_") {
            subscriber.queue = "mail-out";
        }
    }
    wiring
}

/// The bank without its handlers.
fn projections() -> Wiring {
    let mut wiring = wiring();
    wiring.subscribers.retain(|subscriber| subscriber.kind == SubscriberKind::Projection);
    wiring
}

fn template() -> Template {
    Template::of(&wiring()).prefix(PREFIX)
}

/// The linter finds nothing in these templates, not even for information.
fn lint<'a>(templates: impl IntoIterator<Item = (&'a str, Value)>) {
    let (is_clean, found) = linted(templates, false);
    assert!(is_clean, "{found}");
}

/// The same for the steps of one template, without what SAM makes of each.
fn lint_steps(steps: impl IntoIterator<Item = Value>) {
    let (is_clean, found) = linted(steps.into_iter().map(|step| ("step", step)), true);
    assert!(is_clean, "{found}");
}

/// Whether the linter finds nothing, and what it finds.
fn linted<'a>(templates: impl IntoIterator<Item = (&'a str, Value)>, source_only: bool) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for (name, template) in templates {
        let file = folder.path().join(format!("{}-{name}.json", files.len()));
        std::fs::write(&file, template.to_string()).unwrap();
        files.push(file);
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/cfn-lint");
    let mut linter = Command::new(&script);
    linter.args(["--include-checks", "I", "--"]).args(files).env_remove("SOURCE_ONLY");
    if source_only {
        linter.env("SOURCE_ONLY", "1");
    }
    let linted = linter.output();
    let linted = linted.unwrap_or_else(|error| panic!("{} cannot be run: {error}", script.display()));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (linted.status.success(), text(&linted.stdout) + &text(&linted.stderr))
}

/// The resources, by logical id.
fn resources(template: &Template) -> BTreeMap<String, Value> {
    serde_json::from_value(template.render().unwrap()["Resources"].take()).unwrap()
}

/// Those of one type.
fn of_type(kind: &str, resources: &BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    let found = resources.iter().filter(|(_, resource)| resource["Type"] == kind);
    found.map(|(id, resource)| (id.clone(), resource["Properties"].clone())).collect()
}
