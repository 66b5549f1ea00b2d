//! Counting with valgrind.

use std::collections::HashMap;
use std::env;
use std::io::ErrorKind;
use std::ops::{Div, Sub};
use std::process::Command;
use std::thread;

use crate::Fallible;
use crate::case::{CASES, Case};

/// Rounds of the smaller and of the larger run.
const ROUNDS: [usize; 2] = [300, 900];

/// [`counted`](crate::case::counted), for any work.
const COUNTED: &str = "--toggle-collect=*case::counted*";

/// glibc's heap in its simplest mode: a freed block is kept for the next block of its size. Otherwise the time of a search
/// depends on the order of all earlier frees.
const HEAP: (&str, &str) = (
    "GLIBC_TUNABLES",
    "glibc.malloc.tcache_count=65535:glibc.malloc.trim_threshold=1073741824:glibc.malloc.mmap_threshold=1073741824",
);

const MISSING: &str = "`valgrind` is not installed, and this bench counts with it: `apt-get install valgrind` or \
                       `dnf install valgrind`; see https://valgrind.org for the platforms that it runs on";

/// The cost of one round.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Taken {
    pub(crate) instructions: f64,
    pub(crate) allocations: f64,
    pub(crate) bytes: f64,
}

impl Sub for Taken {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            instructions: self.instructions - other.instructions,
            allocations: self.allocations - other.allocations,
            bytes: self.bytes - other.bytes,
        }
    }
}

impl Div<f64> for Taken {
    type Output = Self;

    fn div(self, by: f64) -> Self {
        Self {
            instructions: self.instructions / by,
            allocations: self.allocations / by,
            bytes: self.bytes / by,
        }
    }
}

/// The cost of one round of each case.
pub(crate) struct Counts(HashMap<&'static str, Taken>);

impl Counts {
    /// Runs all cases.
    pub(crate) fn take() -> Fallible<Self> {
        let version = Command::new("valgrind").arg("--version").output();
        if version.is_err_and(|error| error.kind() == ErrorKind::NotFound) {
            return Err(MISSING.into());
        }
        let count = |case: &Case| {
            eprintln!("{}", case.name);
            Ok((case.name, count(case.name)?))
        };
        Ok(Self(CASES.iter().map(count).collect::<Fallible<_>>()?))
    }

    pub(crate) fn of(&self, case: &str) -> Fallible<Taken> {
        self.0.get(case).copied().ok_or_else(|| format!("there is no case `{case}`").into())
    }
}

fn count(case: &str) -> Fallible<Taken> {
    let [few, many] = ROUNDS;
    thread::scope(|scope| {
        let fewer = scope.spawn(|| run(case, few));
        let more = run(case, many)?;
        let fewer = fewer.join().map_err(|_| format!("{case}: the counting panicked"))??;
        Ok((more - fewer) / (many - few) as f64)
    })
}

/// The whole of one run.
fn run(case: &str, rounds: usize) -> Fallible<Taken> {
    let counted = valgrind(case, rounds, &["--tool=callgrind", COUNTED, "--callgrind-out-file=/dev/null"])?;
    let allocated = valgrind(case, rounds, &["--tool=dhat", "--dhat-out-file=/dev/null"])?;
    Ok(Taken {
        instructions: number_after(&counted, "Collected : ")?,
        bytes: number_after(&allocated, "Total:")?,
        allocations: number_after(&allocated, "bytes in")?,
    })
}

fn valgrind(case: &str, rounds: usize, tool: &[&str]) -> Fallible<String> {
    let mut valgrind = Command::new("valgrind");
    valgrind.env(HEAP.0, HEAP.1).args(tool).arg(env::current_exe()?).args([case, &rounds.to_string()]);
    let output = valgrind.output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(said) } else { Err(format!("{case}: {said}").into()) }
}

/// The first number after a mark, with commas as valgrind writes it.
fn number_after(said: &str, mark: &str) -> Fallible<f64> {
    let number = said.split_once(mark).and_then(|(_, rest)| rest.split_whitespace().next());
    let number = number.ok_or_else(|| format!("valgrind does not say `{mark}`: {said}"))?;
    Ok(number.replace(',', "").parse()?)
}
