//! Figures of this project and its peers, and the page that shows them.
//!
//! `cargo run --release --manifest-path benches/peers/Cargo.toml` writes `docs/benchmarks.md` and the plots next to it; names of
//! sections after `--` measure only those again: `cost`, `bill`, `contention`, `latency`, `snapshot`, `throughput`, `replay`,
//! `instructions`, `console`, `compile`, `build`, `growth`. A section that fails does not affect the others.

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use page::{Page, SECTIONS};
use system::Fallible;

mod adapter;
mod benches;
mod contention;
mod cost;
mod cqrs_es_store;
mod event;
mod growth;
mod item;
mod latency;
mod ours;
mod page;
mod plot;
mod price;
mod report;
mod setting;
mod system;
mod table;
mod throughput;
mod views;
mod wire;

const TENANT: &str = "BANK";
const SNAPSHOT_EVERY: usize = 100;

#[tokio::main]
async fn main() -> ExitCode {
    let asked: Vec<String> = env::args().skip(1).collect();
    if let Some(unknown) = asked.iter().find(|asked| !SECTIONS.contains(&asked.as_str())) {
        eprintln!("`{unknown}` is not a section; the sections are {}", SECTIONS.join(", "));
        return ExitCode::FAILURE;
    }
    let wanted =
        |name: &&str| *name == "setting" || asked.is_empty() || asked.iter().any(|asked| asked == name);
    let mut failed = Vec::new();
    for name in SECTIONS.into_iter().filter(wanted) {
        if let Err(error) = renew(name).await {
            eprintln!("{name}: {error}");
            failed.push(name);
        }
    }
    if failed.is_empty() {
        return ExitCode::SUCCESS;
    }
    eprintln!("not measured again, see above: {}", failed.join(", "));
    ExitCode::FAILURE
}

/// Measures one section again.
async fn renew(name: &str) -> Fallible<()> {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let section = match name {
        "setting" => setting::section(),
        "cost" => report::cost(&cost::section().await?),
        "contention" => report::contention(&contention::section().await?),
        "latency" => report::latency(&latency::section().await?),
        "throughput" => report::throughput(&throughput::section().await?),
        "growth" => {
            let plots = growth::plots().await?;
            for (name, svg) in &plots {
                fs::write(docs.join(format!("{name}.svg")), svg)?;
            }
            report::growth(plots.each_ref().map(|(name, _)| *name))
        }
        bench => benches::section(bench)?,
    };
    Page::open(&docs.join("benchmarks.md"))?.put(name, &section)?;
    Ok(())
}
