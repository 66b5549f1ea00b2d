//! The program from outside: started as a process, its report read as JSON.
#![allow(dead_code, reason = "each test uses its part")]

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// The program, ready to be started.
pub(crate) fn program(database: &Path, file: Option<&Path>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_orders"));
    command.arg("--db").arg(database).args(file);
    command
}

/// Runs it to its end.
pub(crate) fn run(database: &Path, file: Option<&Path>) -> Value {
    let output = program(database, file).arg("--json").output().unwrap();
    assert!(output.status.success(), "{}", errors(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What it wrote to stderr.
pub(crate) fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A number in a report.
pub(crate) fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is not a number"))
}

/// The 1,639 commands of the Northwind sample. `None`, with a note about it, if they are not on this machine.
pub(crate) fn northwind(test: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/northwind-orders.jsonl");
    if path.is_file() {
        return Some(path);
    }
    // Written past the test harness, which captures what a passing test prints.
    let _ = writeln!(std::io::stderr(), "SKIPPED {test}: `northwind-orders.jsonl` is not on this machine");
    None
}

/// The expected result of a file of commands, computed without the framework.
#[derive(Default)]
pub(crate) struct Expected {
    /// Per order: status, customer, total.
    pub(crate) orders: BTreeMap<String, (&'static str, String, u64)>,
    /// Per customer: orders, total.
    pub(crate) customers: BTreeMap<String, (u64, u64)>,
    /// Per order the lines of the file, in order.
    pub(crate) lines: BTreeMap<String, Vec<usize>>,
}

impl Expected {
    /// The expected result of a file in which no command is rejected.
    pub(crate) fn of(path: &Path) -> Self {
        let mut expected = Self::default();
        for (index, line) in std::fs::read_to_string(path).unwrap().lines().enumerate() {
            let line: Value = serde_json::from_str(line).unwrap();
            let text = |name: &str| line[name].as_str().unwrap().to_owned();
            let order = text("orderId");
            expected.lines.entry(order.clone()).or_default().push(index + 1);
            if line["command"] == "ship" {
                expected.orders.get_mut(&order).unwrap().0 = "shipped";
                continue;
            }
            let items = line["items"].as_array().unwrap();
            let total = items.iter().map(|item| {
                let percent = 100 - number(&item["discountPercent"]);
                number(&item["quantity"]) * number(&item["unitPriceCents"]) * percent / 100
            });
            let total: u64 = total.sum();
            let customer = text("customerId");
            let totals = expected.customers.entry(customer.clone()).or_default();
            *totals = (totals.0 + 1, totals.1 + total);
            expected.orders.insert(order, ("open", customer, total));
        }
        expected
    }

    /// Compares the read models of a report.
    pub(crate) fn check_views(&self, report: &Value) {
        let tenant = &report["tenants"][0];
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let orders = tenant["orders"].as_array().unwrap().iter().map(|row| {
            let shown = (text(&row["status"]), text(&row["customerId"]), number(&row["total"]));
            (text(&row["orderId"]), shown)
        });
        let wanted = self.orders.iter().map(|(order, (status, customer, total))| {
            (order.clone(), ((*status).to_owned(), customer.clone(), *total))
        });
        assert_eq!(orders.collect::<BTreeMap<_, _>>(), wanted.collect());
        let customers = tenant["customers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| (text(&row["customerId"]), (number(&row["orders"]), number(&row["total"]))));
        assert_eq!(customers.collect::<BTreeMap<_, _>>(), self.customers);
    }
}
