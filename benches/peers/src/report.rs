//! What stands around the tables: what they show, and how they were taken.

use crate::price;

/// How to take the page anew.
pub const COMMAND: &str = "cargo run --release --manifest-path benches/peers/Cargo.toml";

/// How to take a section anew.
fn command(name: &str) -> String {
    format!("`{COMMAND} -- {name}`")
}

pub fn cost(table: &str) -> String {
    format!(
        "## What a command costs\n\n\
         One command that makes one event, whose item is about 430 bytes here, 360 at cqrs-es and 340 at \
         event-store-adapter; five events where it says so. No clock: the same figures on every machine. {}.\n\n{table}\n\
         Method: the libraries send through one SDK to one embedded DynamoDB. Requests are counted below the SDK, in \
         the place of its HTTP client; there, `ReturnConsumedCapacity` is put into requests that lack it, and the \
         answer's units are added up. The answer to a write whose condition failed names no units; it counts by the \
         size of its item, a canceled transaction once for each of its items (DynamoDB may charge twice that). The \
         race is lost for certain: another process commits between the read and the write. cqrs-es and \
         event-store-adapter then return an error, and the caller sends the command again; this project does so \
         itself. \"Kept in memory\" is event-store-adapter in a program that keeps its aggregates itself, which the \
         library allows and does not do. Snapshots are taken every 100 commits.\n\n\
         Dollars: {}; without storage.\n",
        command("cost"),
        price::SOURCE,
    )
}

pub fn contention(table: &str) -> String {
    format!(
        "## Twenty commands at once on one stream\n\n\
         Each command once, and what the library makes of it; medians of 9 rounds. {}.\n\n{table}\n\
         Method: 20 tasks start together on a runtime with a thread per core; a command that ends in a conflict error \
         did not succeed. No embedded database emulates `TransactionConflict`, with which DynamoDB would refuse some \
         transactions of the peers before they are tried.\n",
        command("contention"),
    )
}

pub fn latency(table: &str) -> String {
    format!(
        "## How long a command takes\n\n\
         Beside the floor: the bare SDK's requests, with the same items as this project's and their answers not \
         looked at. On an embedded DynamoDB in memory, so that there is no network in it; a request to DynamoDB takes \
         milliseconds more, and each request counts. Read the ratios. {}.\n\n{table}\n\
         Method: all lines of one length in turns, in one run, each with a database of its own; each cold command by \
         a process that has not seen its stream (another `App`, another client); streams filled without commands \
         where a library has a way. Snapshots are taken every 100 commits. A stream gets longer by at most a fortieth \
         while it is timed. No table has a DynamoDB stream: DynamoDB feeds it beside the write, the embedded \
         database looks through all of its records in each write.\n",
        command("latency"),
    )
}

pub fn throughput(table: &str) -> String {
    format!(
        "## How many commands a second\n\n\
         Commands that succeeded. The embedded DynamoDB in memory is one SQLite database that writes one request after \
         the other: the limit is the machine, so read the ratios and the share that succeeds. {}.\n\n{table}\n\
         Method: rounds of half a second, the libraries in turns, medians of 5; a database for each round; a command \
         that ends in a conflict is not tried again by the task, which goes on to its next.\n",
        command("throughput"),
    )
}

pub fn growth(plots: [&str; 4]) -> String {
    let images: Vec<String> = plots.iter().map(|name| format!("![{name}]({name}.svg)")).collect();
    format!(
        "## How the cost grows\n\nCounted, as above. {}.\n\n{}\n\n\
         Method: cold commands on streams of so many commits, half way between two snapshots; the second command on \
         each of so many streams or tenants, by one process that has executed the first (this project keeps 10,000 \
         states in memory by default: beyond, some are read again; the peers have no tenants, their id names it); a \
         command with so many read models, this project's as their queues hand the commit to them, with the view in \
         memory as in a process that runs on, cqrs-es' as queries of its framework. SNS and SQS are not in it. \
         event-store-adapter has no read models.\n",
        command("growth"),
        images.join("\n\n"),
    )
}
