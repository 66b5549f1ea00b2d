//! A report, for people.

use std::fmt::Write;

use serde_json::Value;

use crate::domain::Status;
use crate::money::Money;
use crate::options::{Options, Place};
use crate::outcome::{Counts, Outcome};
use crate::read_models::OrderSummary;
use crate::report::{
    Commands, CustomerOrders, Delivery, Executed, Rebuilt, Report, Spent, State, TenantViews, Trail,
};
use crate::table::Align::{Left, Right};
use crate::table::{Table, printable};

/// Event data longer than this is cut.
const DATA_CHARACTERS: usize = 72;

/// The whole report.
#[must_use]
pub fn of(report: &Report) -> String {
    let mut parts = vec![commands(report)];
    parts.extend(undone(&report.commands.lines));
    parts.extend(report.tenants.iter().map(views));
    parts.extend(report.customer.as_ref().map(newest));
    parts.extend(report.order.as_ref().map(trail));
    parts.extend(dead_letters(&report.delivery));
    parts.extend(replays(&report.replays));
    parts.push(costs(&report.commands, &report.delivery));
    parts.join("\n")
}

/// How to see everything in the browser; nothing in a build without the console.
#[must_use]
pub fn way_to_console(place: &Place) -> String {
    let Options { place: usual, .. } = Options::default();
    let where_it_is = match place {
        _ if !cfg!(feature = "console") => return String::new(),
        Place::Embedded(_) if *place == usual => String::new(),
        Place::Embedded(path) => format!(" --db {}", path.display()),
        Place::Aws(stack) => format!(" --aws --prefix {}", stack.prefix),
    };
    format!("\nin the browser: cargo run -p orders -- console{where_it_is}\n")
}

fn commands(report: &Report) -> String {
    let Commands { total, counts, .. } = &report.commands;
    let mut text = format!("{total} commands of {} on {}\n", report.file, report.database);
    let named = [
        ("done", counts.done, "became commits"),
        ("rejected", counts.rejected, "a rule said no"),
        ("unchanged", counts.unchanged, "there was nothing to do"),
        ("duplicate", counts.duplicate, "executed before under the same command id"),
        ("conflict", counts.conflict, "the order was not at the expected version"),
    ];
    for (name, count, meaning) in named {
        let _ = writeln!(text, "  {name:<9} {count:>6}  {meaning}");
    }
    if counts.done == 0 {
        let _ = writeln!(text, "\n{}", nothing_new(counts));
    }
    text
}

fn nothing_new(counts: &Counts) -> &'static str {
    if counts.duplicate > 0 {
        "Nothing has changed: every command that could be executed had been executed before."
    } else {
        "Nothing has changed."
    }
}

/// The commands that a reader of the file would look for: neither done, nor executed by an earlier run.
fn undone(lines: &[Executed]) -> Option<String> {
    let mut table = Table::new(&[
        ("line", Right),
        ("tenant", Left),
        ("order", Left),
        ("command", Left),
        ("outcome", Left),
        ("because", Left),
    ]);
    let all_old = lines.iter().all(|line| !matches!(line.outcome, Outcome::Done { .. }));
    for line in lines {
        let because = match &line.outcome {
            Outcome::Done { .. } => continue,
            Outcome::Duplicate { .. } if all_old => continue,
            Outcome::Duplicate { version } => {
                format!("command `{}` is version {version} already", line.command_id)
            }
            Outcome::Unchanged { version } => format!("version {version} is as it should be"),
            Outcome::Rejected { reason } => reason.clone(),
            Outcome::Conflict { expected, actual } => {
                format!("it expects version {expected}, and the order is at version {actual}")
            }
        };
        table.row([
            line.line.to_string(),
            line.tenant.clone(),
            line.order_id.clone(),
            line.command.to_owned(),
            line.outcome.name().to_owned(),
            because,
        ]);
    }
    (!table.is_empty()).then(|| format!("Not done\n{table}"))
}

fn views(views: &TenantViews) -> String {
    let tenant = printable(&views.tenant);
    let mut orders = Table::new(&[
        ("order", Left),
        ("version", Right),
        ("status", Left),
        ("customer", Left),
        ("items", Right),
        ("total", Right),
        ("destination", Left),
    ]);
    for row in &views.orders {
        let summary = &row.summary;
        orders.row([
            row.order_id.clone(),
            row.version.to_string(),
            status(summary.status).to_owned(),
            summary.customer_id.clone(),
            summary.items.to_string(),
            Money(summary.total).to_string(),
            summary.destination.clone().unwrap_or_default(),
        ]);
    }
    let mut customers = Table::new(&[("customer", Left), ("orders", Right), ("total", Right)]);
    for row in &views.customers {
        let totals = &row.totals;
        customers.row([row.customer_id.clone(), totals.orders.to_string(), Money(totals.total).to_string()]);
    }
    let mut open = Table::new(&[("order", Left), ("customer", Left), ("total", Right)]);
    for row in &views.largest_open {
        let OrderSummary { customer_id, total, .. } = &row.summary;
        open.row([row.order_id.clone(), customer_id.clone(), Money(*total).to_string()]);
    }
    let open = if open.is_empty() {
        String::new()
    } else {
        format!("\nThe largest open orders of {tenant}\n{open}")
    };
    let count = views.orders.len();
    let sum = Money(views.customers.iter().map(|row| row.totals.total).sum());
    format!(
        "Orders of {tenant}: {count}, {shipped} of them shipped\n{orders}\n\
         Customers of {tenant}: {clients}, together {sum}\n{customers}{open}",
        shipped = views.orders.iter().filter(|row| row.summary.status == Status::Shipped).count(),
        clients = views.customers.len(),
    )
}

fn newest(listed: &CustomerOrders) -> String {
    let mut table = Table::new(&[
        ("page", Right),
        ("order", Left),
        ("ordered at", Left),
        ("status", Left),
        ("total", Right),
    ]);
    for (page, rows) in listed.pages.iter().enumerate() {
        for row in rows {
            let summary = &row.summary;
            table.row([
                (page + 1).to_string(),
                row.order_id.clone(),
                summary.ordered_at.map(|at| at.to_string()).unwrap_or_default(),
                status(summary.status).to_owned(),
                Money(summary.total).to_string(),
            ]);
        }
    }
    let (customer, tenant) = (printable(&listed.customer_id), printable(&listed.tenant));
    format!("Orders of customer {customer} of {tenant}, newest first\n{table}")
}

fn trail(trail: &Trail) -> String {
    let mut history =
        Table::new(&[("version", Right), ("at", Left), ("by", Left), ("event", Left), ("data", Left)])
            .whole();
    for happened in &trail.history {
        history.row([
            happened.version.to_string(),
            happened.at.to_string(),
            happened.by.clone().unwrap_or_default(),
            happened.event.clone(),
            shortened(&happened.data),
        ]);
    }
    let mut states = Table::new(&[
        ("state", Left),
        ("version", Right),
        ("status", Left),
        ("customer", Left),
        ("total", Right),
    ]);
    let mut add = |when: String, state: &State| {
        let total = Money(state.total).to_string();
        let (version, status) = (state.version.to_string(), status(state.status).to_owned());
        states.row([when, version, status, state.customer_id.clone(), total]);
    };
    add("now".to_owned(), &trail.now);
    add(format!("at version {}", trail.at_version.version), &trail.at_version);
    add(format!("at {}", trail.as_of.time), &trail.as_of.state);
    let (order, tenant) = (printable(&trail.order_id), printable(&trail.tenant));
    format!("Audit trail of order {order} of {tenant}\n{history}\n{states}")
}

fn dead_letters(delivery: &Delivery) -> Option<String> {
    let mut table = Table::new(&[("subscriber", Left), ("pk", Left), ("sk", Left), ("because", Left)]);
    for letter in &delivery.dead_letters {
        table.row([letter.subscriber.clone(), letter.pk.clone(), letter.sk.clone(), letter.reason.clone()]);
    }
    (!table.is_empty()).then(|| format!("Dead letters: {}\n{table}", delivery.dead_letters.len()))
}

fn replays(replays: &[Rebuilt]) -> Option<String> {
    let mut table = Table::new(&[
        ("built anew", Left),
        ("commits", Right),
        ("streams", Right),
        ("views", Right),
        ("seconds", Right),
        ("requests", Right),
        ("WCU", Right),
        ("RCU", Right),
    ]);
    for rebuilt in replays {
        let Rebuilt { projection, commits, streams, views, seconds, cost } = rebuilt;
        table.row([
            (*projection).to_owned(),
            commits.to_string(),
            streams.to_string(),
            views.to_string(),
            format!("{seconds:.2}"),
            cost.requests.to_string(),
            cost.write_units.to_string(),
            cost.read_units.to_string(),
        ]);
    }
    (!table.is_empty()).then(|| table.to_string())
}

fn costs(commands: &Commands, delivery: &Delivery) -> String {
    let mut table = Table::new(&[
        ("cost", Left),
        ("count", Right),
        ("requests", Right),
        ("WCU", Right),
        ("RCU", Right),
        ("each: requests", Right),
        ("WCU", Right),
        ("RCU", Right),
    ]);
    let count = u32::try_from(commands.total).unwrap_or(u32::MAX);
    table.row(cost("commands", count, &commands.cost));
    let count = u32::try_from(delivery.commits).unwrap_or(u32::MAX);
    table.row(cost("commits delivered", count, &delivery.cost));
    format!(
        "{table}  {} confirmations sent, {} reads of the change stream\n",
        delivery.confirmations, delivery.cost.stream_requests
    )
}

#[expect(clippy::cast_precision_loss, reason = "it is shown with two decimals")]
fn cost(what: &str, count: u32, spent: &Spent) -> [String; 8] {
    let each = |amount: f64| {
        if count == 0 { String::from("–") } else { format!("{:.2}", amount / f64::from(count)) }
    };
    [
        what.to_owned(),
        count.to_string(),
        spent.requests.to_string(),
        spent.write_units.to_string(),
        spent.read_units.to_string(),
        each(spent.requests as f64),
        each(spent.write_units),
        each(spent.read_units),
    ]
}

fn status(status: Status) -> &'static str {
    match status {
        Status::New => "new",
        Status::Open => "open",
        Status::Shipped => "shipped",
        Status::Cancelled => "cancelled",
    }
}

fn shortened(data: &Value) -> String {
    let text = data.to_string();
    match text.char_indices().nth(DATA_CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
