//! The console in a real Chromium, on the Northwind data: `cqrs-console/browser/visit.mjs` clicks, and checks the page.
//!
//! `SCREENSHOTS=folder` keeps a picture of every screen, at both widths.

mod northwind;
mod order;
mod product;
mod read_models;
mod shipping;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use cqrs_console::Console;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;
use tokio::sync::oneshot;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_screen_is_opened_and_used() {
    let Some(app) = northwind::northwind().await else {
        // Written past the test harness, which captures what a passing test prints.
        let _ = writeln!(std::io::stderr(), "SKIPPED: `northwind-orders.jsonl` is not on this machine");
        return;
    };
    // Missing tools are fetched before anything listens.
    let (chromium, driver) = (prepared("chromium").await, prepared("browser").await);
    let console =
        Console::new(&app).program("northwind").writable(true).events_lock(include_str!("events.lock"));
    let console = console.bind().await.unwrap();
    let url = console.url();
    let (end, ended) = oneshot::channel::<()>();
    let serving = tokio::spawn(console.run(async { drop(ended.await) }));

    let mut visit = Command::new("node")
        .arg(root().join("cqrs-console/browser/visit.mjs"))
        .envs([("URL", url.as_str()), ("CHROMIUM", &chromium), ("DRIVER", &driver)])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("`node` is on the path");
    let mut lines = BufReader::new(visit.stdout.take().unwrap()).lines();
    let mut answers = visit.stdin.take().unwrap();
    let mut orders = 0;
    // The visit asks for an order, to see it in the live tail. Its other output is for people.
    while let Some(line) = lines.next_line().await.unwrap() {
        if line == "order, please" {
            orders += 1;
            northwind::one_more(&app, 11_100 + orders).await;
            answers.write_all(b"ordered\n").await.unwrap();
        } else {
            println!("{line}");
        }
    }
    let status = visit.wait().await.unwrap();
    drop(end);
    serving.await.unwrap();
    assert!(status.success(), "see above");
    assert!(orders > 0, "the live tail was visited");
}

/// Runs a script that installs something, and returns the path that it prints.
async fn prepared(script: &str) -> String {
    let script = root().join("scripts").join(script);
    let output = Command::new(&script).stderr(Stdio::inherit()).output().await.unwrap();
    assert!(output.status.success(), "{} failed; see above", script.display());
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}
