//! On a terminal, the dangerous subcommands ask.

use std::process::Command;

use crate::program::Inn;

/// Runs a program on its own terminal, types an answer, and prints what the terminal has shown, with the exit code in
/// the last line.
const ON_A_TERMINAL: &str = r"
import os, pty, sys
answer, program = sys.argv[1], sys.argv[2:]
child, terminal = pty.fork()
if child == 0:
    os.execv(program[0], program)
shown, typed = b'', False
while True:
    try:
        read = os.read(terminal, 4096)
    except OSError:
        break
    if not read:
        break
    shown += read
    if b'[y/N]' in shown and not typed:
        typed = True
        os.write(terminal, answer.encode() + b'\n')
sys.stdout.write(shown.decode())
print()
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
";

fn answered(inn: &Inn, answer: &str, arguments: &[&str]) -> (String, i32) {
    let asked = inn.command(arguments);
    let mut python = Command::new("python3");
    python.args(["-c", ON_A_TERMINAL, answer]).arg(asked.get_program()).args(asked.get_args());
    python.envs(asked.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = python.output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    let code = shown.lines().last().and_then(|line| line.parse().ok());
    (shown.clone(), code.unwrap_or_else(|| panic!("{shown}{}", String::from_utf8_lossy(&output.stderr))))
}

#[test]
fn a_no_changes_nothing_and_a_yes_does_it() {
    let inn = Inn::embedded();
    let letters = inn.json(&["dead-letters", "list"]);
    let [pk, sk] = ["pk", "sk"].map(|name| letters[0][name].as_str().unwrap());
    let discard = ["ops", "dead-letters", "discard", "invoice", pk, sk, "--reason", "cash"];
    for answer in ["n", "", "yess"] {
        let (shown, code) = answered(&inn, answer, &discard);
        assert_eq!(code, 1, "{shown}");
        assert!(shown.contains("cannot be taken back") && shown.contains("nothing was done"), "{shown}");
        assert_eq!(inn.json(&["dead-letters", "list"]), letters);
    }
    let (shown, code) = answered(&inn, "y", &discard);
    assert_eq!(code, 0, "{shown}");
    assert_eq!(inn.json(&["dead-letters", "list"]), letters[1..]);
}

#[test]
fn a_terminal_gets_no_colours() {
    let inn = Inn::embedded();
    let (shown, code) = answered(&inn, "", &["ops", "history", "ROOM", "INN", "103", "--data"]);
    assert_eq!(code, 0, "{shown}");
    assert!(!shown.contains('\u{1b}'), "{shown:?}");
}
