//! What one command takes: requests and capacity, independent of clock and machine.

use cqrs_dynamo::Embedded;

use crate::price;
use crate::system::{Fallible, Kind, Outcome};
use crate::wire::{Taken, Wire};

/// One command, and what happened before it.
#[derive(Clone, Copy)]
pub struct Case {
    /// Commits of the stream.
    pub prior: u64,
    /// Events that the command makes.
    pub events: usize,
    /// The process has just executed another command on the stream.
    pub warm: bool,
    /// Another process commits between the read and the write, so that the write fails.
    pub race: bool,
    /// The mean over this number of commands, one after another, each from a new process.
    pub commands: u32,
}

const ONE: Case = Case { prior: 0, events: 1, warm: false, race: false, commands: 1 };

/// Commits between two snapshots, over which the mean is taken.
const ROUND: u32 = 100;

pub async fn section() -> Fallible<String> {
    let warm = [Kind::Ours, Kind::CqrsEs, Kind::Adapter, Kind::AdapterKept];
    let every = [&Kind::PLAIN[..], &Kind::SNAPSHOTS[..]].concat();
    let cases: [(&str, Case, &[Kind]); 8] = [
        ("first command of a stream", ONE, &Kind::PLAIN),
        ("cold, after 20 commits", Case { prior: 20, ..ONE }, &Kind::PLAIN),
        ("cold, after 200 commits", Case { prior: 200, ..ONE }, &Kind::PLAIN),
        ("warm", Case { warm: true, prior: 20, ..ONE }, &warm),
        ("warm, five events", Case { warm: true, prior: 20, events: 5, ..ONE }, &warm),
        ("cold, the race for the version is lost once", Case { race: true, prior: 20, ..ONE }, &Kind::PLAIN),
        ("warm, the race is lost once", Case { race: true, warm: true, prior: 20, ..ONE }, &warm),
        ("cold, after 201 to 300 commits, mean", Case { prior: 200, commands: ROUND, ..ONE }, &every),
    ];
    let mut table = String::from(
        "| command | | requests | read units | write units | $ per million |\n\
         | --- | --- | ---: | ---: | ---: | ---: |\n",
    );
    for (what, case, kinds) in cases {
        let mut what = what;
        for kind in kinds {
            let taken = measure(*kind, case).await?;
            let Taken { requests, read_units, write_units } = taken;
            let dollars = price::dollars_per_million(taken);
            let [requests, read_units, write_units] = [requests, read_units, write_units].map(short);
            table += &format!(
                "| {what} | {} | {requests} | {read_units} | {write_units} | {dollars:.2} |\n",
                kind.name()
            );
            what = "";
        }
    }
    Ok(table)
}

/// What one command of the case takes; after a conflict, until it is done.
pub async fn measure(kind: Kind, case: Case) -> Fallible<Taken> {
    let database = Embedded::in_memory()?;
    let uncounted = database.sdk_config();
    kind.create_tables(&uncounted).await?;
    let prior = if case.warm { case.prior.saturating_sub(1) } else { case.prior };
    kind.open(&uncounted).await?.fill("1", prior).await?;
    let mut sum = Taken::default();
    for _ in 0..case.commands {
        let wire = Wire::to(&database);
        let process = kind.open(&wire.sdk_config()).await?;
        if case.warm {
            process.execute("1", 1).await?;
        }
        if case.race {
            let rival = kind.open(&uncounted).await?;
            wire.before_next_write(async move {
                // Its result shows in the command: it has a conflict, or not.
                drop(rival.execute("1", 1).await);
            });
        }
        let before = wire.taken();
        while process.execute("1", case.events).await? == Outcome::Conflict {}
        sum = sum + (wire.taken() - before);
    }
    Ok(sum / f64::from(case.commands))
}

fn short(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
