//! The command line of an operator: every subcommand on an embedded file and on MiniStack, by a program that has it
//! (`tests/src/bin/inn`).

mod every;
mod help;
mod output;
mod program;
mod questions;
mod shells;
