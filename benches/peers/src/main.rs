//! Figures of this project beside its peers, and the page that shows them.
//!
//! `cargo run --release --manifest-path benches/peers/Cargo.toml` writes `docs/benchmarks.md` and the plots beside it;
//! names of sections after `--` take only those anew: `cost`, `contention`, `latency`, `throughput`, `growth`.

use std::fs;
use std::path::Path;

use report::Page;
use system::Fallible;

mod adapter;
mod contention;
mod cost;
mod cqrs_es_store;
mod event;
mod growth;
mod item;
mod latency;
mod ours;
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
async fn main() -> Fallible<()> {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let wanted = |name: &str| asked.is_empty() || asked.iter().any(|asked| asked == name);
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let mut page = Page::open(&docs.join("benchmarks.md"))?;
    page.put("setting", &setting::section())?;
    if wanted("cost") {
        page.put("cost", &report::cost(&cost::section().await?))?;
    }
    if wanted("contention") {
        page.put("contention", &report::contention(&contention::section().await?))?;
    }
    if wanted("latency") {
        page.put("latency", &report::latency(&latency::section().await?))?;
    }
    if wanted("throughput") {
        page.put("throughput", &report::throughput(&throughput::section().await?))?;
    }
    if wanted("growth") {
        let plots = growth::plots().await?;
        for (name, svg) in &plots {
            fs::write(docs.join(format!("{name}.svg")), svg)?;
        }
        page.put("growth", &report::growth(plots.each_ref().map(|(name, _)| *name)))?;
    }
    Ok(())
}

/// The middle one.
fn median(numbers: &mut [f64]) -> f64 {
    numbers.sort_unstable_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(0.0)
}
