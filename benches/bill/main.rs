//! The whole bill of one command, from the API's function to the views, by counted requests and list prices.
//!
//! `cargo bench -p cqrs-benches --bench bill` prints a section of `docs/benchmarks.md`. It counts, so `--profile dev` gives the
//! same.

mod account;
mod price;
mod way;

use std::fmt::Write;

use account::{ACROSS, HANDLERS, OWN};
use price::{SOURCES, Usage};
use way::{Fallible, LOADS, Way};

const METHOD: &str = "
Method: an embedded DynamoDB counts the write and read units of a round of commands, and of their delivery by the functions' \
consumers; a commit and a view are below 1 KB. Requests to SNS and SQS, and invocations, follow from the batches that the \
template sets: a function behind a queue gets up to 10 messages, one behind the stream up to 100 records, and a publish takes \
10. Sparse: every command comes alone to a stream of 10 commits, and neither its state nor its views are in memory. Busy: \
batches are full, states and views are in memory, and 100 streams get a command each, or 10 streams get 10 each. The command \
itself is also an invocation. A function has 256 MB, a request takes 10 ms, and 16 streams are processed at a time. Lambda's \
polls of an empty queue are extra: about $0.26 a month for each queue (5 connections that wait 20 s each). Not included: \
storage, logs, alarms, and the API in front of the function.

mbc-cqrs-serverless is the framework whose documentation this project was created from. According to it \
(<https://mbc-cqrs-serverless.mbc-net.com/architecture/step-functions>), and to its source, each command executes a standard \
workflow of 8 state transitions and one for each subscriber; 5 of the states and one for each subscriber invoke a function, \
which writes the command's status before and after. This is counted here, with the command's own write and the invocations of \
its API and of its stream, which delivers records one by one. Not counted are the run time of its functions, its history, its \
views, its notifications of each status, and the log of each transition. So the figure is a lower bound.
";

#[tokio::main]
async fn main() -> Fallible<()> {
    let mixed: Vec<&str> = OWN[..6].iter().chain(ACROSS).chain(HANDLERS).copied().collect();
    let rows: [(&str, &[&str]); 5] = [
        ("1 own view", &OWN[..1]),
        ("1 view across aggregates", &ACROSS[..1]),
        ("3 own views", &OWN[..3]),
        ("10 own views", OWN),
        ("6 own views, 2 across aggregates, 2 handlers", &mixed),
    ];
    println!("## What a command costs on its whole way\n");
    println!(
        "Dollars per million commands, from the function that executes them to the views and handlers: with a queue for each \
         subscriber, and with projections fed from the stream (`Template::projections`). \
         `cargo bench -p cqrs-benches --bench bill`.\n"
    );
    let mut head =
        "| subscribers | commands come | through queues | projections from the stream | ÷ queues |"
            .to_owned();
    head.push_str(" DynamoDB | SNS and SQS | Lambda | mbc-cqrs-serverless, at least |");
    println!("{head}\n| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    for (subscribers, names) in rows {
        for load in LOADS {
            let queues = way::usage(names, Way::Queues, load).await?;
            let stream = way::usage(names, Way::Stream, load).await?;
            println!("{}", row(subscribers, load.name, &queues, &stream, names.len()));
        }
    }
    println!(
        "\nDynamoDB, SNS and SQS, and Lambda are the parts of the bill of projections from the stream.\n{METHOD}\n{SOURCES}"
    );
    Ok(())
}

fn row(subscribers: &str, load: &str, queues: &Usage, stream: &Usage, count: usize) -> String {
    let mut row = format!("| {subscribers} | {load} |");
    let ratio = stream.dollars() / queues.dollars();
    let parts =
        [queues.dollars(), stream.dollars(), ratio, stream.database(), stream.messages(), stream.functions()];
    for part in parts {
        let _ = write!(row, " {part:.2} |");
    }
    let _ = write!(row, " {:.0} |", seed(count).dollars());
    row
}

/// A lower bound for a framework with a workflow for each command.
fn seed(subscribers: usize) -> Usage {
    let subscribers = subscribers as f64;
    let invoking = 5.0 + subscribers;
    Usage {
        transitions: 8.0 + subscribers,
        invocations: 2.0 + invoking,
        write_units: 1.0 + 2.0 * invoking,
        ..Usage::default()
    }
}
