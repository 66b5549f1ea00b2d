//! The section of `docs/benchmarks.md`.

use std::fmt::Write;

use crate::Fallible;
use crate::valgrind::{Counts, Taken};

const HEAD: &str = "\
## What it takes in the process

Instructions and allocations of what this project does between a request and the user's code, beside code by hand that \
knows these events and no others. No clock. `cargo bench -p cqrs-benches --bench instructions`.

| | instructions | allocations | bytes | by hand: instructions | allocations | bytes | instructions ÷ by hand |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
";

const METHOD: &str = "
Method: callgrind counts the instructions, dhat the allocations (blocks, and their bytes), of a release build, in two \
runs of 300 and 900 rounds; a figure is the difference of both by 600, so that nothing of the start is in it. \
Instructions are counted from the call of what is named to its end; what was prepared for it is not in them, and \
glibc's heap keeps what is freed by its size (`GLIBC_TUNABLES`), so that what was freed before decides nothing. What \
is the same on both sides, to drop the commits, is counted alone and subtracted. A second run differs by the seeds of \
hash maps, by less than a hundredth. Events have one to four fields (texts, numbers, an optional text, a list of three \
numbers), three kinds in turn. By hand is: a struct with serde's derives for each event, read from the same \
`serde_json::Value` and applied after a `match` of the stored name and schema. It leaves out what this project does \
beside: the version of each commit is checked for gaps, its command id is remembered, and an event that cannot be read \
is named with its stream, version and place; one in ten of that where ten events share a commit. The SDK's client gets \
its answers from memory. This project reads items straight from the body of the answer and writes records straight \
into that of the request; \"by the SDK\" it leaves both to the SDK (`Dynamo::with_sdk_bodies`), as by hand does. By \
hand reads the attributes of an item straight into the event and looks at none of the others (this project: all of \
them, into a commit), and sends the same `PutItem`, with version and state in a variable (this project: a lock and a \
cache by key, a command id, the answer with its events). A key by hand is two `format!`, which let two ids render \
alike; this project escapes. A message by hand is read for type, schema and data alone, its event decoded once and \
given to boxed functions; this project reads the whole commit, looks for a stream that waits, decodes the event once, \
too, catches the panics of each handler, counts its time where it waits, and has an `App` for each that asks for one, \
whose commands are its own. Nobody watches the spans of the handlers.
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
        "the same beside the SDK alone, which does not look at it",
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
        ("message taken to a process, beside a handler that sends a command", "to a quiet process"),
        ("the same, to a process that sends it", "to a sending process"),
    ] {
        row(name, counts.of(process)?, counts.of("to a sending handler")?)?;
    }
    Ok(text + METHOD)
}
