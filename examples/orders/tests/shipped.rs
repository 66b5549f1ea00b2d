//! The commands that ship with the program.

mod support;

use std::process::Stdio;

use serde_json::{Value, json};

use support::{errors, program, run};

/// `counts`, as a report has them.
fn counts(report: &Value) -> [&Value; 5] {
    ["done", "rejected", "unchanged", "duplicate", "conflict"].map(|name| &report["commands"][name])
}

#[test]
fn every_outcome_is_seen_and_a_second_run_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("orders.db");
    let first = run(&database, None);
    assert_eq!(counts(&first), [30, 6, 1, 2, 1]);
    assert_eq!(first["commands"]["total"], 40);
    assert_eq!(first["delivery"]["commits"], 30);
    assert_eq!(first["delivery"]["confirmations"], 16);
    assert_eq!(first["delivery"]["deadLetters"], json!([]));

    let second = run(&database, None);
    assert_eq!(counts(&second), [0, 6, 1, 32, 1]);
    assert_eq!(second["commands"]["cost"]["writeUnits"], 0.0, "nothing is written");
    assert_eq!(second["delivery"]["commits"], 0);
    assert_eq!(second["delivery"]["confirmations"], 0);
    assert_eq!(second["tenants"], first["tenants"]);
    assert_eq!(second["order"], first["order"]);

    let output = program(&database, None).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("Nothing has changed"));
}

#[test]
fn processes_that_start_at_once_on_a_new_file_share_the_work() {
    let folder = tempfile::tempdir().unwrap();
    let alone = run(&folder.path().join("alone.db"), None);
    let database = folder.path().join("orders.db");
    let start = || {
        let (out, err) = (Stdio::null(), Stdio::piped());
        program(&database, None).stdout(out).stderr(err).spawn().unwrap()
    };
    for child in [start(), start(), start()] {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", errors(&output));
    }
    let after = run(&database, None);
    assert_eq!(counts(&after), [0, 6, 1, 32, 1]);
    assert_eq!(after["tenants"], alone["tenants"]);
}

#[test]
fn a_replay_builds_the_read_models_anew_and_tells_what_it_did() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("orders.db");
    let first = run(&database, None);
    assert_eq!(first["replays"], json!([]));
    let output = program(&database, None).args(["--replay", "--json"]).output().unwrap();
    let second: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(second["tenants"], first["tenants"]);
    let told = ["projection", "commits", "streams", "views"];
    let told = |replay: &Value| told.map(|name| replay[name].clone());
    assert_eq!(told(&second["replays"][0]), [json!("OrderSummary"), json!(30), json!(16), json!(16)]);
    assert_eq!(told(&second["replays"][1]), [json!("CustomerTotals"), json!(30), json!(16), json!(11)]);
    assert!(second["replays"][0]["cost"]["writeUnits"].as_f64().unwrap() >= 16.0);

    let output = program(&database, None).arg("--replay").output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("built anew"));
}

#[test]
fn the_trail_tells_what_happened_and_how_it_stood() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("orders.db");
    let output = program(&database, None).args(["--json", "--order", "20240101-003"]).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let trail = &report["order"];
    let events: Vec<_> = trail["history"].as_array().unwrap().iter().map(|event| &event["event"]).collect();
    assert_eq!(events, ["OrderCreated", "OrderCancelled"]);
    assert_eq!(trail["history"][1]["by"], "user-456");
    assert_eq!(trail["history"][1]["data"]["reason"], "ordered twice");
    let state = |status: &str, version: u64| json!({ "version": version, "status": status, "customerId": "CUST-001", "total": 90_615 });
    assert_eq!(trail["now"], state("cancelled", 2));
    assert_eq!(trail["atVersion"], state("open", 1));
    assert_eq!(trail["asOf"]["status"], "open");
}

#[test]
fn the_orders_of_a_customer_are_listed_newest_first_page_by_page() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("orders.db");
    let report = run(&database, None);
    let listed = &report["customer"];
    let (tenant, customer) = (&listed["tenant"], &listed["customerId"]);
    let pages: Vec<&Vec<Value>> =
        listed["pages"].as_array().unwrap().iter().map(|page| page.as_array().unwrap()).collect();
    assert!(pages.iter().rev().skip(1).all(|page| page.len() == 5), "{listed}");
    let joined: Vec<&Value> = pages.into_iter().flatten().collect();
    let views =
        report["tenants"].as_array().unwrap().iter().find(|views| views["tenant"] == *tenant).unwrap();
    let mut wanted: Vec<&Value> =
        views["orders"].as_array().unwrap().iter().filter(|order| order["customerId"] == *customer).collect();
    wanted.sort_by_key(|order| order["orderedAt"].as_str().unwrap().to_owned());
    wanted.reverse();
    assert_eq!(joined, wanted);

    let mut open: Vec<&Value> =
        views["orders"].as_array().unwrap().iter().filter(|order| order["status"] == "open").collect();
    open.sort_by_key(|order| std::cmp::Reverse(order["total"].as_u64()));
    let largest: Vec<&Value> = views["largestOpen"].as_array().unwrap().iter().collect();
    assert_eq!(largest, open[..open.len().min(3)]);

    let output = program(&database, None).args(["--customer", "CUST-002"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("Orders of customer CUST-002 of"), "{said}");
}

#[test]
fn a_bad_file_is_refused_as_a_whole_with_every_line_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bad.jsonl");
    let good = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/commands.jsonl")).unwrap();
    let bad = format!("{good}{{\"command\": \"refund\"}}\nnonsense\n");
    std::fs::write(&file, bad).unwrap();
    let database = folder.path().join("orders.db");
    let output = program(&database, Some(&file)).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = errors(&output);
    assert!(said.contains("nothing was executed"), "{said}");
    assert!(said.contains("bad.jsonl:41: ") && said.contains("bad.jsonl:42: column 2: not JSON"), "{said}");
    assert!(!database.exists(), "not even the database is made");
}

#[test]
fn what_is_no_database_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("notes.txt");
    std::fs::write(&database, "this is no database ".repeat(100)).unwrap();
    let output = program(&database, None).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(errors(&output).contains("notes.txt"), "{}", errors(&output));
}

#[test]
fn wrong_arguments_end_with_2() {
    let output = program("x.db".as_ref(), None).arg("--jsno").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(errors(&output).contains("--jsno"));
}
