//! A process that is killed during its work separates no value from its stream.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use cqrs_core::prelude::*;
use cqrs_dynamo::Dynamo;
use tempfile::TempDir;

use crate::hotel::{ChangeEmail, app, email, guest, owner};

/// Tells the process that is to be killed its database.
const FILE: &str = "KILLED_HOTEL_FILE";
const GUESTS: u32 = 3;
const ADDRESSES: u32 = 4;

fn address(number: u32) -> String {
    format!("{number}@example.com")
}

/// The process that is killed: addresses go around, some in transactions of two guests.
#[tokio::test]
#[ignore = "a process that the other test starts"]
async fn clerk() {
    let Ok(file) = env::var(FILE) else { return };
    let app = app(Dynamo::embedded(file).await.unwrap());
    let mut rng = fastrand::Rng::new();
    let mut wanted = || match rng.u32(..ADDRESSES + 1) {
        0 => ChangeEmail(None),
        number => email(&address(number)),
    };
    for turn in 0_u32.. {
        let (one, other) = (guest(&(turn % GUESTS).to_string()), guest(&((turn + 1) % GUESTS).to_string()));
        if turn.is_multiple_of(2) {
            match app.execute(&one, wanted()).await {
                Ok(_) | Err(ExecuteError::NotUnique { .. }) => {}
                Err(error) => panic!("{error:?}"),
            }
        } else {
            match app.transaction().execute(&one, wanted()).execute(&other, wanted()).await {
                Ok(_) | Err(TransactionError::NotUnique { .. }) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
        let mut out = std::io::stdout().lock();
        writeln!(out, "\n@{turn}").unwrap();
        out.flush().unwrap();
    }
}

/// Lets a clerk work for so many turns, and kills it in the next one.
fn kill_after(file: &Path, turns: usize) {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "killed::clerk", "--ignored", "--nocapture", "--test-threads", "1"])
        .env(FILE, file)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let said = BufReader::new(child.stdout.take().unwrap());
    let worked = said.lines().map_while(Result::ok).filter(|line| line.starts_with('@')).take(turns).count();
    // SIGKILL: it has no time for anything.
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(worked, turns, "the clerk has ended by itself");
}

#[tokio::test]
async fn whenever_a_process_is_killed_each_value_is_that_of_its_stream() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("hotel.db");
    let mut rng = fastrand::Rng::with_seed(7);
    let mut held = 0;
    for kill in 0..15 {
        kill_after(&file, rng.usize(2..30));
        let app = app(Dynamo::embedded(&file).await.unwrap());
        let mut holders = Vec::new();
        for number in 0..GUESTS {
            let key = guest(&number.to_string());
            holders.extend(app.load(&key).await.unwrap().state.email.map(|text| (text, key)));
        }
        for number in 1..=ADDRESSES {
            let text = address(number);
            let expected: Vec<_> =
                holders.iter().filter(|(held, _)| *held == text).map(|(_, key)| key).collect();
            let found = owner(&app, &text).await;
            assert_eq!(found.iter().collect::<Vec<_>>(), expected, "kill {kill}: {text}");
        }
        held += holders.len();
    }
    assert!(held > 10, "{held}");
}
