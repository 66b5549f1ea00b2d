//! What the framework does in the process, in instructions and allocations, compared with hand-written code.
//!
//! `cargo bench -p cqrs-benches --bench instructions` runs itself under valgrind (callgrind for the instructions, dhat for the
//! allocations), each case with two numbers of rounds: the cost of one round follows from the difference, so the start does not
//! count. Nothing is timed.

use std::env;
use std::error::Error;
use std::process::ExitCode;

mod answers;
mod by_hand;
mod case;
mod dispatch;
mod encode;
mod fold;
mod http;
mod key;
mod order;
mod prepared;
mod section;
mod stepping;
mod valgrind;
mod wire;

type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// One case under valgrind, or all of them and the section.
fn run() -> Fallible<()> {
    let arguments: Vec<String> = env::args().collect();
    if let [_, name, rounds] = arguments.as_slice()
        && let Some(case) = case::CASES.iter().find(|case| case.name == name)
    {
        return (case.run)(rounds.parse()?);
    }
    print!("{}", section::of(&valgrind::Counts::take()?)?);
    Ok(())
}

/// Counts what is awaited.
fn block_on<T>(future: impl Future<Output = T>) -> Fallible<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    Ok(case::counted(|| runtime.block_on(future)))
}
