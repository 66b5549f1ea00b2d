//! The text around the tables: what they show, and how they were measured.

use crate::price;

/// The command that writes the page again.
pub const COMMAND: &str = "cargo run --release --manifest-path benches/peers/Cargo.toml";

/// The command that writes a section again.
fn command(name: &str) -> String {
    format!("`{COMMAND} -- {name}`")
}

pub fn cost(table: &str) -> String {
    format!(
        "## What a command costs\n\n\
         One command that makes one event. Its item is about 430 bytes here, 360 in cqrs-es and 340 in event-store-adapter. \
         Some lines have five events. Nothing is timed: the figures are the same on every machine. {}.\n\n{table}\n\
         Method: the libraries send through one SDK to one embedded DynamoDB. A counter replaces the SDK's HTTP client; it \
         adds `ReturnConsumedCapacity` to requests that lack it, and sums the units of the answers. The answer to a write \
         whose condition failed has no units. Such a write counts by the size of its item, a canceled transaction once for \
         each of its items (DynamoDB may charge twice that). The race is always lost: another process commits between the read \
         and the write. cqrs-es and \
         event-store-adapter then return an error, and the caller sends the command again; this project does so \
         itself. \"Kept in memory\" is event-store-adapter in a program that caches its aggregates itself; the library allows \
         this, but does not do it. Snapshots are taken every 100 commits.\n\n\
         Dollars: {}; without storage.\n",
        command("cost"),
        price::SOURCE,
    )
}

pub fn contention(table: &str) -> String {
    format!(
        "## Twenty commands at once on one stream\n\n\
         Each command is sent once; medians of 9 rounds. {}.\n\n{table}\n\
         Method: 20 tasks start together on a runtime with a thread per core; a command that ends in a conflict error counts \
         as failed. No embedded database emulates `TransactionConflict`, with which DynamoDB would refuse some transactions of \
         the peers in advance.\n",
        command("contention"),
    )
}

pub fn latency(table: &str) -> String {
    format!(
        "## How long a command takes\n\n\
         Compared with the floor: the bare SDK's requests, with the same items as this project's, ignoring the answers. On an \
         embedded DynamoDB in memory, so without a network; a request to DynamoDB takes milliseconds more, and each request \
         counts. Read the ratios. {}.\n\n{table}\n\
         Method: all lines of one length take turns in one run, each with its own database. Each cold command comes from a \
         process that has not seen its stream (another `App`, another client). Streams are filled without commands if the \
         library allows it. Snapshots are taken every 100 commits. A stream grows by at most a fortieth while it is timed. No \
         table has a DynamoDB stream: DynamoDB feeds it outside the write, the embedded database within the write.\n",
        command("latency"),
    )
}

pub fn throughput(table: &str) -> String {
    format!(
        "## How many commands a second\n\n\
         Commands that succeeded. The embedded DynamoDB in memory is one SQLite database that writes one request after \
         another: the machine is the limit, so read the ratios and the share that succeeds. {}.\n\n{table}\n\
         Method: rounds of half a second, with the libraries in turns; medians of 5; a new database for each round. A task \
         does not retry a command that ends in a conflict, but continues with its next command.\n",
        command("throughput"),
    )
}

pub fn growth(plots: [&str; 4]) -> String {
    let images: Vec<String> = plots.iter().map(|name| format!("![{name}]({name}.svg)")).collect();
    format!(
        "## How the cost grows\n\nCounted, as above. {}.\n\n{}\n\n\
         Method: by length, cold commands half way between two snapshots. By streams and tenants, the second command on each, \
         from the process that has executed the first (this project keeps 10,000 states in memory by default; beyond that, \
         some are read again; the peers have no tenants, so their id contains it). By views, a command and its read models: \
         this project's get the commit from their queues, with the view in memory as in a running process; those of cqrs-es \
         are queries of its framework. SNS and SQS are not included. event-store-adapter has no read models.\n",
        command("growth"),
        images.join("\n\n"),
    )
}
