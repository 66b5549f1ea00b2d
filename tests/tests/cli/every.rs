//! Every subcommand, with its output as JSON, and the effects of the dangerous ones.

use std::fs;

use cqrs_core::Timestamp;
use serde_json::{Value, json};

use crate::program::{Inn, bare, leaves, tree};

#[test]
fn every_subcommand_works_in_an_embedded_file() {
    every(&Inn::embedded());
}

#[test]
fn every_subcommand_works_on_ministack() {
    every(&Inn::ministack());
}

/// Runs all of them. A subcommand that is missing here fails.
fn every(inn: &Inn) {
    tables(inn);
    streams(inn);
    views(inn);
    dead_letters(inn);
    timers(inn);
    projections(inn);
    documents(inn);
    let ran = inn.ran.borrow();
    let missing: Vec<_> = leaves(&tree(), "").into_iter().filter(|path| !ran.contains(path)).collect();
    assert!(missing.is_empty(), "no test runs {missing:?}");
}

/// The texts of a field.
fn texts<'a>(lines: &'a [Value], pointer: &str) -> Vec<&'a str> {
    lines.iter().map(|line| line.pointer(pointer).and_then(Value::as_str).unwrap_or_default()).collect()
}

fn tables(inn: &Inn) {
    let tables = inn.json(&["tables", "list"]);
    assert_eq!(texts(&tables, "/status"), ["ACTIVE"; 5], "{tables:?}");
    assert!(tables[0]["table"].as_str().unwrap().ends_with("events"));
    assert_eq!(tables[1]["indexes"], 1);
    assert!(inn.ops(&["tables", "create"]).err(2).contains("--yes"));
    assert_eq!(inn.json(&["tables", "create", "--yes"]).len(), 5);
    let spent = inn.ops(&["tables", "create", "--yes", "--spend", "--json"]);
    let spent: Value = serde_json::from_str(spent.err(0).lines().last().unwrap()).unwrap();
    assert!(spent["spent"]["requests"].as_u64().unwrap() >= 5, "{spent}");
}

fn streams(inn: &Inn) {
    let entities = inn.json(&["entities"]);
    assert_eq!(texts(&entities, "/entity"), ["ROOM", "STAY"]);
    assert_eq!(texts(&entities, "/kind"), ["aggregate", "process"]);
    assert_eq!(inn.json(&["tenants"]), [json!({ "tenant": "INN" })]);

    let rooms = ["streams", "ROOM", "INN"];
    assert_eq!(texts(&inn.json(&rooms), "/id/0"), ["101", "102", "103"]);
    let first = inn.ops(&[&rooms[..], &["--limit", "2"]].concat());
    assert_eq!(first.out(0).lines().count(), 3, "a head and two rooms: {first:?}");
    let cursor = first.err.split('\'').nth(1).unwrap();
    let rest = inn.json(&[&rooms[..], &["--after", cursor]].concat());
    assert_eq!(texts(&rest, "/id/0"), ["103"]);
    assert!(inn.ops(&["streams", "ROMM", "INN"]).err(1).contains("`ROOM`, `STAY`"));

    let history = inn.json(&["history", "ROOM", "INN", "101"]);
    assert_eq!(texts(&history, "/commit/type"), ["RoomHeld", "RoomPaid"]);
    assert_eq!(texts(&history, "/commit/createdBy"), ["desk", "desk"]);
    assert_eq!(history[1]["changed"], json!(["paid"]));
    assert_eq!(history[1].get("state"), None);
    let whole = inn.json(&["history", "ROOM", "INN", "101", "--data", "--after", "1"]);
    assert_eq!(whole.len(), 1);
    assert_eq!(whole[0]["state"]["guest"], "Ada");
    assert!(inn.ops(&["history", "ROOM", "INN", "404"]).err(1).contains("no such commits"));

    let state = |more: &[&str]| {
        let stream = ["state", "ROOM", "INN", "101", "--data"];
        inn.json(&[&stream, more].concat()).remove(0)
    };
    assert_eq!(state(&[])["state"]["paid"], true);
    assert_eq!(state(&["--version", "1"])["state"]["paid"], false);
    assert_eq!(state(&["--at", "2020-01-01T00:00:00Z"])["version"], 0);
    assert_eq!(state(&["--recorded", &Timestamp::now().to_string()])["version"], 2);
    assert!(inn.ops(&["state", "ROOM", "INN", "101", "--version", "9"]).err(1).contains('9'));

    let correlation = history[0]["commit"]["correlationId"].as_str().unwrap();
    let related = inn.json(&["related", "INN", correlation]);
    let entities = texts(&related, "/place/entity");
    assert!(entities.contains(&"ROOM"), "{related:?}");
}

fn views(inn: &Inn) {
    let free = ["views", "RoomList", "INN", "--index", "by_paid", "--is", "false"];
    assert_eq!(texts(&inn.json(&free), "/id/0"), ["103", "102"]);
    let dear = inn.json(&[&free[..], &["--from", "8000", "--data"]].concat());
    assert_eq!((dear.len(), &dear[0]["view"]["guest"]), (1, &json!("Bob")));
    assert_eq!(
        texts(&inn.json(&["views", "RoomList", "INN", "--descending", "--limit", "1"]), "/id/0"),
        ["103"]
    );
    assert!(inn.ops(&["views", "RoomList", "INN", "--index", "by_day"]).err(1).contains("by_paid"));

    let view = inn.json(&["view", "GuestTotals", "INN", "Ada", "--data"]);
    assert_eq!(view[0]["view"], json!({ "cents": 12_000, "R-101": 12_000 }));
    // The keys of a map are data, although they are stored beside the fields.
    assert_eq!(inn.json(&["view", "GuestTotals", "INN", "Ada"])[0]["fields"], json!(["cents"]));
    assert!(inn.ops(&["view", "GuestTotals", "INN", "Eve"]).err(1).contains("no view"));
}

fn dead_letters(inn: &Inn) {
    let list = ["dead-letters", "list", "--json"];
    let letters = inn.ops(&[&list[..], &["--check"]].concat()).json(3);
    assert_eq!(texts(&letters, "/subscriber"), ["invoice"; 3]);
    assert!(letters.iter().all(|letter| letter.get("record").is_none()), "{letters:?}");
    let [pk, sk] = ["pk", "sk"].map(|name| letters[0][name].as_str().unwrap());
    let shown = inn.json(&["dead-letters", "show", "invoice", pk, sk, "--data"]);
    assert_eq!(shown[0]["record"]["type"], "RoomHeld");

    // Without `--yes`, and without a terminal, nothing happens.
    let discard = ["dead-letters", "discard", "invoice", pk, sk, "--reason", "paid in cash"];
    let redrive = ["dead-letters", "redrive", "invoice"];
    let hand_over = ["dead-letters", "hand-over", "invoice", "invoice"];
    for dangerous in [&discard[..], &redrive, &hand_over] {
        assert!(inn.ops(dangerous).err(2).contains("--yes"), "{dangerous:?}");
    }
    assert_eq!(inn.json(&list[..2]), letters);

    inn.ops(&[&discard[..], &["--yes"]].concat()).out(0);
    let left = inn.ops(&[&redrive[..], &["--yes", "--json"]].concat()).json(3);
    assert_eq!(left, [json!({ "subscriber": "invoice", "done": 0, "left": 2 })]);
    assert_eq!(inn.json(&["dead-letters", "discarded", "RoomList"]), Vec::<Value>::new());
    let moved = inn.json(&["dead-letters", "hand-over", "bills", "invoice", "--yes"]);
    assert_eq!(moved, [json!({ "old": "bills", "new": "invoice", "moved": 0 })]);
    assert!(inn.ops(&["dead-letters", "show", "invoice", pk, sk]).err(1).contains("no dead letter"));
}

#[test]
fn dead_letters_are_redriven_when_the_cause_is_gone() {
    let inn = Inn::embedded().with("INN_INVOICES", "yes");
    let redriven = inn.json(&["dead-letters", "redrive", "invoice", "--yes"]);
    assert_eq!(redriven, [json!({ "subscriber": "invoice", "done": 3, "left": 0 })]);
    inn.ops(&["dead-letters", "list", "--check"]).out(0);
}

#[test]
fn the_dead_letters_of_queues_are_those_of_the_broker() {
    let inn = Inn::ministack();
    assert_eq!(inn.json(&["dead-letters", "list", "--queues"]), Vec::<Value>::new());
    let inn = Inn::embedded();
    assert!(inn.ops(&["dead-letters", "list", "--queues"]).err(2).contains(".broker(&broker)"));
}

fn timers(inn: &Inn) {
    let timers = inn.json(&["timers", "list"]);
    assert_eq!(texts(&timers, "/name"), ["unpaid", "unpaid", "unpaid", "Release"]);
    assert!(timers.iter().all(|timer| timer.get("data").is_none()), "{timers:?}");
    assert_eq!(inn.json(&["timers", "list", "--due"]), Vec::<Value>::new());
    assert!(inn.ops(&["timers", "list", "--limit", "1"]).err(0).contains("there are more"));
    let [deadline, command] = [0, 3].map(|at: usize| timers[at]["id"].as_str().unwrap());
    assert!(
        inn.ops(&["timers", "cancel", deadline, "--yes"]).err(1).contains("only a reaction of the process")
    );
    assert!(inn.ops(&["timers", "cancel", command]).err(2).contains("--yes"));
    assert_eq!(inn.json(&["timers", "list"]), timers);
    let (pk, sk) = command.split_once(' ').unwrap();
    assert_eq!(inn.json(&["timers", "cancel", pk, sk, "--yes"]), [json!({ "cancelled": command })]);
    assert!(inn.ops(&["timers", "cancel", pk, sk, "--yes"]).err(1).contains("nothing waits"));
    assert_eq!(inn.json(&["timers", "list"]), timers[..3]);

    let deadlines = |stay: &str| inn.json(&["deadlines", "STAY", "INN", stay]);
    assert_eq!(texts(&deadlines("R-101"), "/state"), ["cancelled"]);
    assert_eq!(texts(&deadlines("R-102"), "/state"), ["waits"]);
    assert!(inn.ops(&["deadlines", "ROOM", "INN", "101"]).err(2).contains("aggregate"));
}

fn projections(inn: &Inn) {
    let states = inn.ops(&["projections", "list", "--check", "--json"]);
    let states = states.json(0);
    assert_eq!(texts(&states, "/projection"), ["GuestTotals", "RoomList"]);
    assert_eq!(texts(&states, "/build/state"), ["whole"; 2], "{states:?}");
    let declared = inn.json(&["projections", "declared"]);
    assert_eq!(declared[1]["indexes"], json!([{ "name": "by_paid", "fields": ["paid", "cents"] }]));
    assert_eq!(inn.json(&["projections", "unreplayed"]), Vec::<Value>::new());
    assert!(inn.ops(&["projections", "waive", "RoomList"]).err(2).contains("--yes"));
    assert_eq!(inn.json(&["projections", "waive", "RoomList", "--yes"]), [json!({ "waived": "RoomList" })]);

    let replayed = inn.json(&["replay", "RoomList"]);
    assert_eq!((&replayed[0]["projection"], &replayed[0]["views"]), (&json!("RoomList"), &json!(3)));
    assert!(inn.ops(&["replay", "RomList"]).err(1).contains("RoomList"));
    assert!(inn.ops(&["after-restore"]).err(2).contains("--yes"));
    assert_eq!(texts(&inn.json(&["after-restore", "--yes"]), "/projection").len(), 2);
}

fn documents(inn: &Inn) {
    let wiring = inn.json(&["wiring"]);
    assert_eq!(wiring[0]["subscribers"].as_array().unwrap().len(), 4);
    assert!(inn.ops(&["wiring", "--mermaid"]).out(0).starts_with("flowchart"));

    let lock = inn.folder.path().join("inn.lock");
    let [own, other] =
        ["inn.lock", "other.lock"].map(|name| inn.folder.path().join(name).display().to_string());
    fs::write(&lock, inn.ops(&["schema", "lock"]).out(0)).unwrap();
    assert_eq!(
        texts(&inn.json(&["schema", "lock"]), "/name"),
        ["Release", "RoomHeld", "RoomPaid", "RoomReleased"]
    );
    inn.ops(&["schema", "compat", "--reader", &own, "--writer", &own]).out(0);
    fs::write(&other, "RoomHeld 2 {\n    guest: string,\n}\n").unwrap();
    let broken = inn.ops(&["schema", "compat", "--writer", &other, "--json"]).json(3);
    assert_eq!((broken.len(), &broken[0]["name"], &broken[0]["schema"]), (1, &json!("RoomHeld"), &json!(2)));
    assert_eq!(inn.ops(&["schema", "compat", "--reader", &other]).out(3).lines().count(), 4);
    inn.ops(&["schema", "compat"]).err(2);

    let topic = inn.json(&["contracts", "asyncapi", "--release", "1.0.0", "--topic", "inn-commits"]);
    assert_eq!(topic[0]["channels"]["commits"]["address"], "inn-commits");
    assert_eq!(topic[0]["info"], json!({ "title": "inn", "version": "1.0.0" }));
    assert!(inn.json(&["contracts", "json-schema"])[0]["$defs"]["RoomHeld"].is_object());
    assert!(inn.ops(&["contracts", "typescript"]).out(0).contains("export type RoomHeld"));
    assert!(inn.ops(&["contracts", "typescript", "--bigint"]).out(0).contains("bigint"));

    let folder = inn.folder.path().join("export").display().to_string();
    let exported =
        inn.json(&["export", &folder, "--format", "json-lines", "--entity", "ROOM", "--tenant", "INN"]);
    assert_eq!(texts(&exported, "/event"), ["RoomHeld", "RoomPaid"]);
    let held = exported.iter().find(|file| file["event"] == "RoomHeld").unwrap();
    assert_eq!(fs::read_to_string(held["path"].as_str().unwrap()).unwrap().lines().count(), 3);
    // A complete export is not made again.
    assert_eq!(
        inn.json(&["export", &folder, "--format", "json-lines", "--entity", "ROOM", "--tenant", "INN"]),
        exported
    );
    assert!(
        inn.ops(&["export", &folder]).err(1).contains("export"),
        "with other options it is another export"
    );

    let template = inn.json(&["template"]);
    assert!(template[0]["Resources"].is_object());
    assert!(inn.ops(&["completion", "bash"]).out(0).contains("dead-letters"));
}

#[test]
fn what_was_not_given_is_said() {
    assert!(bare(&["tables", "list"]).err(2).contains(".dynamo(&dynamo)"));
    assert!(bare(&["template"]).err(2).contains(".template(Template::of(app.wiring())"));
    assert!(bare(&["entities", "--spend"]).err(0).contains(".dynamo(&dynamo)"));
    assert_eq!(bare(&["entities", "--json"]).json(0).len(), 2);
}

#[test]
fn what_needs_no_app_opens_none() {
    let nowhere = |arguments: &[&str]| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("missing/inn.db");
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_inn"));
        command.arg("ops").args(arguments).env("INN_FILE", &file).output().unwrap().status.code()
    };
    assert_eq!(nowhere(&["schema", "lock"]), Some(0));
    assert_eq!(nowhere(&["completion", "zsh"]), Some(0));
    assert_eq!(nowhere(&["wiring"]), Some(1));
}
