//! Orders from a file of commands to read models.

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use orders::options::{HELP, Part, Request, Stack};
use orders::{Options, Report, text};

/// The exit code for wrong arguments.
const USAGE: u8 = 2;

#[tokio::main]
async fn main() -> ExitCode {
    let request = match Request::parse(std::env::args_os().skip(1)) {
        Ok(request) => request,
        Err(error) => {
            eprintln!("error: {error}\ntry `orders --help`");
            return ExitCode::from(USAGE);
        }
    };
    let ended = match request {
        Request::Help => print(HELP).map(|()| ExitCode::SUCCESS).map_err(Into::into),
        Request::Run(options) => run(&options).await,
        Request::Console(shown) => {
            orders::console(&shown).await.map(|()| ExitCode::SUCCESS).map_err(Into::into)
        }
        Request::Serve(part, stack) => serve(part, &stack).await,
    };
    ended.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::FAILURE
    })
}

async fn run(options: &Options) -> Result<ExitCode, Box<dyn Error>> {
    let report = orders::run(options).await?;
    print(&shown(&report, options)?)?;
    let left = report.delivery.dead_letters.len();
    if left > 0 {
        eprintln!("error: {left} commits could not be delivered; they are kept as dead letters");
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

async fn serve(part: Part, stack: &Stack) -> Result<ExitCode, Box<dyn Error>> {
    let what = match part {
        Part::Relay => "commits published",
        Part::Worker => "messages done",
    };
    let count = orders::serve(part, stack).await?;
    eprintln!("{count} {what}");
    Ok(ExitCode::SUCCESS)
}

fn shown(report: &Report, options: &Options) -> serde_json::Result<String> {
    if options.json {
        return serde_json::to_string_pretty(report).map(|text| text + "\n");
    }
    Ok(text::of(report) + &text::way_to_console(&options.place))
}

/// Prints to stdout. A reader that has seen enough, such as `head`, is not a failure.
fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}
