//! What `#[event]` costs the compiler, compared with serde's two derives on the same structs: the time of `cargo check`, and the
//! bytes of the expansion.
//!
//! `cargo bench -p cqrs-benches --bench compile`; a number after `--` is how often each crate is checked, 7 times by default. It
//! writes four crates of 200 structs, with the same dependencies: plain structs, serde's derives, `#[event]`, and `#[event]` with
//! an `events.lock` that has them all. In every round each crate is touched and checked in turn, so that drift of the machine
//! affects all of them; the median counts. The time is processor time if `/proc` has it, so that other programs have little
//! effect. The figures of the plain structs are subtracted, so that the start of cargo and the metadata of the dependencies,
//! which are the same for all, do not hide the difference. rustc prints the expansions (`-Zunpretty=expanded`, with unstable
//! options enabled).
//!
//! Then it builds crates of one aggregate with 2 and with 12 parts of one sort, such as projections: what one more part costs.

mod events;
mod parts;

use std::env;
use std::error::Error;
use std::path::Path;

use cqrs_benches::median::median;
use cqrs_benches::package::{Package, time};

use events::Form;
use parts::Part;

const EVENTS: usize = 200;
const ROUNDS: usize = 7;

/// How many parts the crates have.
const FEW: usize = 2;
const MANY: usize = 12;

/// How often each of these crates is built.
const BUILDS: usize = 3;

type Fallible<T> = Result<T, Box<dyn Error>>;

/// A crate of such structs.
struct Events {
    form: Form,
    package: Package,
}

/// What one form takes in addition to another, per event.
#[derive(Clone, Copy)]
struct Cost {
    bytes: f64,
    check: f64,
    again: f64,
}

fn main() -> Fallible<()> {
    let rounds = env::args().find_map(|argument| argument.parse().ok()).unwrap_or(ROUNDS);
    let mut all = Vec::new();
    for form in [Form::Plain, Form::Serde, Form::Event, Form::Locked] {
        let events = Events::new(form)?;
        events.check(false)?;
        all.push(events);
    }
    let bytes = all.iter().map(Events::expanded).collect::<Fallible<Vec<f64>>>()?;
    let check = times(&all, false, rounds)?;
    let again = times(&all, true, rounds)?;
    let costs: Vec<Cost> = (1..all.len())
        .map(|at| Cost {
            bytes: (bytes[at] - bytes[0]) / EVENTS as f64,
            check: check[at - 1],
            again: again[at - 1],
        })
        .collect();
    print(&costs, rounds);
    let parts = Part::ALL.iter().map(|part| Ok((part.title(), built(*part)?)));
    print_parts(&parts.collect::<Fallible<Vec<_>>>()?);
    Ok(())
}

/// What one more part costs: milliseconds of a build in the dev profile.
fn built(part: Part) -> Fallible<f64> {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("parts");
    let (folder, target) = (place.join(part.name()), place.join("target"));
    let dependencies = "\
        serde = { version = \"1\", features = [\"derive\"] }\n\
        cqrs-core = { package = \"foldline-core\", path = \"$ROOT/cqrs-core\" }";
    let package = Package::new(folder, target, "parts", dependencies)?;
    let build = |count| -> Fallible<f64> {
        package.write("src/lib.rs", &parts::source(part, count))?;
        let (_, took) = time(&mut package.cargo(&["build", "--offline"], false))?;
        Ok(took.processor.as_secs_f64() * 1e3)
    };
    // The first build has the dependencies, too.
    build(FEW)?;
    let mut beyond = Vec::new();
    for round in 1..=BUILDS {
        let (few, many) = (build(FEW)?, build(MANY)?);
        eprintln!("{}, round {round} of {BUILDS}: {few:.0} and {many:.0} ms", part.name());
        beyond.push((many - few) / (MANY - FEW) as f64);
    }
    Ok(median(beyond))
}

fn print_parts(parts: &[(&str, f64)]) {
    println!(
        "\n## What a part of an app costs the compiler\n\n\
         The share of one more part in `cargo build`. `cargo bench -p cqrs-benches --bench compile`.\n\n\
         | part | `cargo build`, ms |\n\
         | --- | ---: |"
    );
    for (title, cost) in parts {
        println!("| {title} | {cost:.0} |");
    }
    println!(
        "\nMethod: crates of one aggregate with {FEW} and with {MANY} parts of one sort, in turns; the difference of both builds \
         divided by {}, median of {BUILDS}. Processor time in the dev profile, without the dependencies and without the \
         incremental cache.",
        MANY - FEW
    );
}

fn print(costs: &[Cost], rounds: usize) {
    println!(
        "## What an event costs the compiler\n\n\
         `#[event]` derives serde's two traits and adds those of an event. It is compared with the two derives alone on the \
         same structs. `cargo bench -p cqrs-benches --bench compile`.\n\n\
         | | expansion beyond serde's, bytes | ÷ serde's | `cargo check`, ms | ÷ serde | changed and checked again, ms | ÷ serde |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    );
    let serde = costs[0];
    let rows = ["serde's two derives", "`#[event]`", "`#[event]`, with an `events.lock`"];
    for (row, cost) in rows.iter().zip(costs) {
        let (beyond, share) = match cost.bytes - serde.bytes {
            0.0 => (format!("(serde's: {:.0})", serde.bytes), String::new()),
            beyond => (format!("{beyond:.0}"), format!("{:.1} %", beyond / serde.bytes * 100.0)),
        };
        println!(
            "| {row} | {beyond} | {share} | {:.2} | {:.2} | {:.2} | {:.2} |",
            cost.check,
            cost.check / serde.check,
            cost.again,
            cost.again / serde.again,
        );
    }
    println!(
        "\nMethod: four crates of {EVENTS} structs of four fields each, with the same dependencies: the structs alone, \
         with serde's derives, with `#[event]`, and with `#[event]` and an `events.lock` of all of them. Each figure is one \
         struct's share of what its crate takes in addition to the crate of the structs alone: processor time of `cargo \
         check`, with the crates in turns, medians of {rounds} rounds; bytes of the expansion that rustc prints \
         (`-Zunpretty=expanded`). Checked again means with rustc's incremental cache, after the file was written again without \
         a change."
    );
}

/// The median of what each other form takes in addition to the first one: milliseconds per event.
fn times(all: &[Events], incremental: bool, rounds: usize) -> Fallible<Vec<f64>> {
    let mut beyond = vec![Vec::new(); all.len() - 1];
    for round in 0..=rounds {
        let mut taken = vec![0.0; all.len()];
        for place in 0..all.len() {
            let at = (place + round) % all.len();
            taken[at] = all[at].check(incremental)?;
        }
        eprintln!("round {round} of {rounds}: {taken:.0?} ms");
        // The first round fills the caches.
        if round > 0 {
            for (at, beyond) in beyond.iter_mut().enumerate() {
                beyond.push((taken[at + 1] - taken[0]) / EVENTS as f64);
            }
        }
    }
    Ok(beyond.into_iter().map(median).collect())
}

impl Events {
    fn new(form: Form) -> Fallible<Self> {
        let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compile");
        // One target directory, so that the dependencies are compiled once.
        let (folder, target) = (place.join(form.name()), place.join("target"));
        let dependencies = "\
            serde = { version = \"1\", features = [\"derive\"] }\n\
            cqrs-core = { package = \"foldline-core\", path = \"$ROOT/cqrs-core\" }";
        let package = Package::new(folder, target, "events", dependencies)?;
        if form == Form::Locked {
            package.write("events.lock", &events::lock(EVENTS))?;
        }
        Ok(Self { form, package })
    }

    fn write(&self) -> Fallible<()> {
        Ok(self.package.write("src/lib.rs", &events::source(self.form, EVENTS))?)
    }

    /// Checks it again; returns milliseconds.
    fn check(&self, incremental: bool) -> Fallible<f64> {
        self.write()?;
        let (_, took) = time(&mut self.package.cargo(&["check", "--offline"], incremental))?;
        Ok(took.processor.as_secs_f64() * 1e3)
    }

    /// How many bytes rustc prints as the expansion.
    fn expanded(&self) -> Fallible<f64> {
        self.write()?;
        let mut cargo = self.package.cargo(&["rustc", "--offline", "--lib", "--profile", "check"], false);
        cargo.args(["--", "-Zunpretty=expanded"]).env("RUSTC_BOOTSTRAP", "1");
        Ok(time(&mut cargo)?.0.stdout.len() as f64)
    }
}
