//! `docs/command-line.md` has the help of every subcommand, as the program prints it.

use std::path::Path;
use std::{env, fs};

use cqrs_cli::clap::Command;

use crate::program::tree;

const BEGIN: &str =
    "<!-- What follows is written by `UPDATE_SNAPSHOTS=1 cargo test --workspace --test cli help`. -->\n";

/// The heading of the options that all subcommands have; the page has them once.
const OF_EVERY: &str = "Options of every subcommand:";

#[test]
fn the_docs_have_the_help_of_every_subcommand() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/command-line.md");
    let page = fs::read_to_string(&path).unwrap();
    let (prose, _) = page.split_once(BEGIN).expect("the page has the line before the helps");
    let mut helps = String::new();
    for command in tree().get_subcommands() {
        write(command, "", &mut helps);
    }
    let expected = format!("{prose}{BEGIN}{helps}");
    if env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(&path, expected).unwrap();
        return;
    }
    assert!(
        page == expected,
        "`UPDATE_SNAPSHOTS=1 cargo test --workspace --test cli help` writes {} anew",
        path.display()
    );
}

#[test]
fn the_docs_have_the_options_of_every_subcommand() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/command-line.md");
    let page = fs::read_to_string(path).unwrap();
    for option in tree().get_arguments().filter_map(|argument| argument.get_long()) {
        if option == "help" {
            continue;
        }
        assert!(page.contains(&format!("| `--{option}` |")), "the page lacks `--{option}`");
    }
}

fn write(command: &Command, above: &str, helps: &mut String) {
    if command.get_name() == "help" {
        return;
    }
    let path = format!("{above} {}", command.get_name());
    let help = command.clone().render_long_help().to_string();
    let help = help.split(OF_EVERY).next().unwrap_or_default().trim_end();
    let mark = if above.is_empty() { "##" } else { "###" };
    helps.push_str(&format!("\n{mark} `{}`\n\n```text\n{help}\n```\n", path.trim()));
    for below in command.get_subcommands() {
        write(below, &path, helps);
    }
}
