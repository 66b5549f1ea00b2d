//! Stored text does not act as a command to a terminal, data stays where it is, and a reader may go away.

use std::io::pipe;

use crate::program::Inn;

/// All subcommands that print something about the malicious guest.
const SHOWN: &[&[&str]] = &[
    &["history", "ROOM", "INN", "103", "--data"],
    &["state", "ROOM", "INN", "103", "--data"],
    &["views", "RoomList", "INN", "--data"],
    &["view", "RoomList", "INN", "103", "--data"],
    &["views", "GuestTotals", "INN", "--data"],
    &["dead-letters", "list", "--data"],
    &["related", "INN", "none", "--data"],
    &["streams", "ROOM", "INN"],
];

#[test]
fn what_is_stored_gives_no_orders_to_a_terminal() {
    let inn = Inn::embedded();
    let mut told = 0;
    for arguments in SHOWN {
        for json in [&[][..], &["--json"]] {
            let ran = inn.ops(&[arguments, json].concat());
            let all = format!("{}{}", ran.out(0), ran.err);
            let raw: Vec<char> =
                all.chars().filter(|character| character.is_control() && *character != '\n').collect();
            assert!(raw.is_empty(), "{arguments:?}: {all:?}");
            told += usize::from(all.contains("0;owned"));
        }
    }
    assert!(told >= 12, "the guest is shown, with escapes: {told}");
}

#[test]
fn an_error_gives_no_orders_to_a_terminal() {
    let inn = Inn::embedded();
    let ran = inn.ops(&["streams", "\u{1b}[2J", "INN"]);
    assert!(ran.err(1).contains("\\u{1b}[2J"), "{ran:?}");
    assert!(!ran.err.contains('\u{1b}'));
    let ran = inn.ops(&["streams", "\u{1b}[2J", "INN", "--json"]);
    let error: serde_json::Value = serde_json::from_str(ran.err(1).trim()).unwrap();
    assert!(error["error"].as_str().unwrap().contains("\u{1b}[2J"));
}

#[test]
fn data_is_printed_where_it_was_asked_for_alone() {
    let inn = Inn::embedded();
    for (arguments, holds) in [
        (&["history", "ROOM", "INN", "102"][..], "Bob"),
        (&["state", "ROOM", "INN", "102"], "Bob"),
        (&["views", "RoomList", "INN"], "Bob"),
        (&["view", "RoomList", "INN", "102"], "Bob"),
        (&["timers", "list"], "the season ends"),
        (&["history", "STAY", "INN", "R-102"], "Bob"),
    ] {
        for json in [&[][..], &["--json"]] {
            let arguments = [arguments, json].concat();
            assert!(!inn.ops(&arguments).out(0).contains(holds), "{arguments:?}");
        }
        let arguments = [arguments, &["--json", "--data"]].concat();
        assert!(inn.ops(&arguments).out(0).contains(holds), "{arguments:?}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let inn = Inn::embedded();
    for arguments in
        [&["ops", "streams", "ROOM", "INN"][..], &["ops", "wiring", "--json"], &["ops", "schema", "lock"]]
    {
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        let output = inn.command(arguments).stdout(writer).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), told.as_ref()), (Some(0), ""), "{arguments:?}");
    }
    // The finding of a check is printed nevertheless.
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    let check = inn.command(&["ops", "dead-letters", "list", "--check"]).stdout(writer).output().unwrap();
    assert_eq!(check.status.code(), Some(3));
}

#[test]
fn a_wrong_command_line_is_another_failure_than_work_that_fails() {
    let inn = Inn::embedded();
    inn.ops(&["streams"]).err(2);
    inn.ops(&["streems", "ROOM", "INN"]).err(2);
    inn.ops(&["streams", "ROOM", ""]).err(1);
    assert!(inn.ops(&["--help"]).out(0).contains("dead-letters"));
}
