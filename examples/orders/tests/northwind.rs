//! The 830 orders of the Northwind sample, through to the read models; and again with the process killed 20 times.

mod support;

use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::Value;

use orders::domain::OrderKey;
use orders::session::Session;
use support::{Expected, northwind, number, program, run};

#[test]
fn all_commands_are_executed_once_and_the_views_add_up() {
    let Some(file) = northwind("all_commands_are_executed_once_and_the_views_add_up") else { return };
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("northwind.db");
    let report = run(&database, Some(&file));
    let commands = &report["commands"];
    assert_eq!((number(&commands["total"]), number(&commands["done"])), (1639, 1639));

    let tenant = &report["tenants"][0];
    let orders = tenant["orders"].as_array().unwrap();
    let shipped = orders.iter().filter(|order| order["status"] == "shipped").count();
    let sum: u64 = orders.iter().map(|order| number(&order["total"])).sum();
    assert_eq!((orders.len(), shipped, sum), (830, 809, 126_579_264));
    let customers = tenant["customers"].as_array().unwrap();
    let sum: u64 = customers.iter().map(|customer| number(&customer["total"])).sum();
    assert_eq!((customers.len(), sum), (89, 126_579_264));
    Expected::of(&file).check_views(&report);

    // Two requests for the first command of an order, one for the second; a write unit each, two for the one
    // order whose items take more than a kilobyte.
    assert_eq!(commands["cost"]["requests"], 830 * 2 + 809);
    assert_eq!(commands["cost"]["writeUnits"], 1640.0);

    let again = run(&database, Some(&file));
    assert_eq!(number(&again["commands"]["duplicate"]), 1639);
    assert_eq!(again["tenants"], report["tenants"]);
}

/// How often the process is killed.
const KILLS: usize = 20;
/// The longest time that it may live; the shortest is none.
const LIFE: Duration = Duration::from_millis(900);

#[test]
fn a_process_that_is_killed_at_any_moment_loses_nothing_and_repeats_nothing() {
    let Some(file) = northwind("a_process_that_is_killed_at_any_moment_loses_nothing_and_repeats_nothing")
    else {
        return;
    };
    let expected = Expected::of(&file);
    let mut random = fastrand::Rng::with_seed(20_240_101);
    let mut kills = 0;
    while kills < KILLS {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("northwind.db");
        // Until one lives to the end: then the work is done, and nothing is left to interrupt.
        while kills < KILLS && kill_after(&database, &file, LIFE.mul_f64(random.f64())) {
            kills += 1;
        }
        let report = run(&database, Some(&file));
        expected.check_views(&report);
        check_streams(&database, &expected, &report);
    }
}

/// Starts the program and kills it; false if it was faster.
fn kill_after(database: &Path, file: &Path, life: Duration) -> bool {
    let mut child: Child =
        program(database, Some(file)).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(life);
    let alive = child.try_wait().unwrap().is_none();
    // SIGKILL: no destructor runs, nothing is flushed.
    child.kill().unwrap();
    child.wait().unwrap();
    alive
}

/// Every command of the file is one commit of its order, in the order of the file.
#[tokio::main(flavor = "current_thread")]
async fn check_streams(database: &Path, expected: &Expected, report: &Value) {
    let session = Session::open(database).await.unwrap();
    let lines = report["commands"]["lines"].as_array().unwrap();
    for (order, numbers) in &expected.lines {
        let tenant = "NORTHWIND".parse().unwrap();
        let trail = session.trail(&OrderKey::new(&tenant, order.as_str())).await.unwrap().unwrap();
        let found: Vec<&str> = trail.history.iter().map(|event| event.command_id.as_str()).collect();
        let wanted: Vec<&str> =
            numbers.iter().map(|number| lines[number - 1]["commandId"].as_str().unwrap()).collect();
        assert_eq!(found, wanted, "order {order}");
    }
}
