//! Misuse, and what the compiler says about it: one folder per macro, and one per part that users call. `TRYBUILD=overwrite` writes the messages anew.

use std::fs;
use std::path::Path;

#[test]
fn misuse_is_refused_with_a_way_out() {
    lock_events();
    let cases = trybuild::TestCases::new();
    for folder in [
        "event",
        "command",
        "event_data",
        "lock",
        "aggregate",
        "projection",
        "query",
        "process",
        "event_handler",
        "execute",
        "replay",
        "testing",
        "app",
        "transaction",
    ] {
        cases.pass(format!("{folder}/pass/*.rs"));
        cases.compile_fail(format!("{folder}/fail/*.rs"));
    }
}

/// trybuild makes a package of the fixtures; a lock stands beside the `Cargo.toml` of the package.
fn lock_events() {
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("tests/trybuild/cqrs-misuse");
    fs::create_dir_all(&package).unwrap();
    fs::copy("lock/events.lock", package.join("events.lock")).unwrap();
}
