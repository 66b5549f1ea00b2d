//! The section of `docs/benchmarks.md`.

use std::fmt::Write;

use crate::Fallible;
use crate::valgrind::{Counts, Taken};

const HEAD: &str = "\
## What it takes in the process

Instructions and allocations of this project between a request and the user's code, compared with hand-written code that knows \
only these events. Nothing is timed. `cargo bench -p cqrs-benches --bench instructions`.

| | instructions | allocations | bytes | by hand: instructions | allocations | bytes | instructions ÷ by hand |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
";

const METHOD: &str = "
Method: callgrind counts the instructions, dhat the allocations (blocks, and their bytes), of a release build, in two \
runs of 300 and 900 rounds; a figure is the difference of both divided by 600, so that the start does not count. Instructions \
are counted from the call of the named code to its end, without its preparation. glibc's heap keeps freed blocks by size \
(`GLIBC_TUNABLES`), so that earlier frees have no effect. Dropping the commits, which is the same on both sides, is counted \
alone and subtracted. A second run differs by less than a hundredth, because of the seeds of hash maps. Events have one to \
four fields (texts, numbers, an optional text, a list of three \
numbers), three kinds in turn. By hand means: a struct with serde's derives for each event, read from the same \
`serde_json::Value` and applied after a `match` of the stored name and schema. It leaves out the other work of this project: \
checking the version of each commit for gaps, remembering its command id, and naming an event that cannot be read with its \
stream, version and place; a tenth of that if ten events share a commit. The SDK's client gets its answers from memory. This \
project reads items straight from the body of the answer and writes records straight into the body of the request; \"by the \
SDK\" leaves both to the SDK (`Dynamo::with_sdk_bodies`), as by hand does. By hand reads an item's attributes straight into \
the event and ignores the others (this project: all of them, into a commit), and sends the same `PutItem`, with version and \
state in a variable (this project: a lock and a cache by key, a command id, the answer with its events). A key by hand is two \
`format!`, with which two ids may render alike; this project escapes. Of a message, by hand reads only type, schema and data, \
decodes the event once and passes it to boxed functions. This project reads the whole commit, checks for a waiting stream, \
also decodes the event once, catches the panics of each handler, measures its time at each await, and creates an `App` for \
each handler that needs one, with its own commands. A command by HTTP goes from a request in memory to a response, without a \
socket, through the router and an extractor. There is no subscriber for the handlers' spans.
";

/// The section of these figures.
pub(crate) fn of(counts: &Counts) -> Fallible<String> {
    let mut text = HEAD.to_owned();
    let beyond = |case: &str, base: &str| -> Fallible<Taken> { Ok(counts.of(case)? - counts.of(base)?) };
    let mut row = |name: &str, ours: Taken, by_hand: Taken| {
        writeln!(
            text,
            "| {name} | {:.0} | {:.2} | {:.0} | {:.0} | {:.2} | {:.0} | {:.2} |",
            ours.instructions,
            ours.allocations,
            ours.bytes,
            by_hand.instructions,
            by_hand.allocations,
            by_hand.bytes,
            ours.instructions / by_hand.instructions,
        )
    };
    for (name, of, events) in [
        ("stored event decoded and applied, ten in a commit", "ten", 10.0),
        ("alone in its commit", "mixed", 1.0),
        ("alone, of an event with two earlier schemas", "newest", 1.0),
        ("alone, stored under the first of three schemas", "oldest", 1.0),
    ] {
        let base = format!("prepared {of}");
        let ours = beyond(&format!("loaded {of}"), &base)? / events;
        row(name, ours, beyond(&format!("{of} by hand"), &base)? / events)?;
    }
    row(
        "item of a `Query`, read, decoded and applied",
        counts.of("items loaded")?,
        counts.of("items by hand")?,
    )?;
    row("the same, read by the SDK", counts.of("items by the sdk")?, counts.of("items by hand")?)?;
    row(
        "the same, compared with the SDK alone, which does not decode it",
        counts.of("items loaded")?,
        counts.of("items read")?,
    )?;
    for (name, ours, by_hand) in [
        ("event encoded", "encoded", "encoded by hand"),
        ("key rendered", "key", "key by hand"),
        ("warm command, through the SDK", "commands", "commands by hand"),
        ("the same, written by the SDK", "commands by the sdk", "commands by hand"),
        ("message taken to 1 handler", "to 1", "to 1 by hand"),
        ("message taken to 10 handlers", "to 10", "to 10 by hand"),
        ("message taken to 100 handlers", "to 100", "to 100 by hand"),
    ] {
        row(name, counts.of(ours)?, counts.of(by_hand)?)?;
    }
    for (name, process) in [
        ("message taken to a process, compared with a handler that sends a command", "to a quiet process"),
        ("the same, to a process that sends it", "to a sending process"),
    ] {
        row(name, counts.of(process)?, counts.of("to a sending handler")?)?;
    }
    row(
        "warm command by HTTP on the embedded store, beside `App::execute`",
        counts.of("commands by http")?,
        counts.of("commands by the app")?,
    )?;
    Ok(text + METHOD)
}
