//! What `#[event]` costs the compiler, beside serde's two derives on the same structs: the time of `cargo check`, and the
//! bytes of the expansion.
//!
//! `cargo bench -p cqrs-benches --bench compile`; a number after `--` is how often each crate is checked, 7 times by
//! default. Four crates of 200 structs are written, with the same dependencies: plain structs, serde's derives, `#[event]`,
//! and `#[event]` beside an `events.lock` that has them all. In every round each is touched and checked, in turn, so that a
//! drift of the machine reaches all of them; the median counts. The time is that of the processor, where `/proc` tells it,
//! so that other programs count little. What the plain structs take is subtracted, so that the start of cargo and the
//! metadata of the dependencies, which are the same for all, do not hide the difference.
//! Expansions are printed by rustc (`-Zunpretty=expanded`, for which it is told to take unstable options).

use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use std::{env, fs};

const EVENTS: usize = 200;
const ROUNDS: usize = 7;

type Fallible<T> = Result<T, Box<dyn Error>>;

/// What stands on the structs.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    Plain,
    Serde,
    Event,
    Locked,
}

/// A crate of such structs.
struct Package {
    form: Form,
    folder: PathBuf,
}

fn main() -> Fallible<()> {
    let rounds = env::args().find_map(|argument| argument.parse().ok()).unwrap_or(ROUNDS);
    let packages = [Form::Plain, Form::Serde, Form::Event, Form::Locked].map(Package::new);
    for package in &packages {
        package.write()?;
        package.check(false)?;
    }
    let [plain, serde, event, locked] = &packages;
    let empty = plain.expanded()?;
    let [of_serde, of_event, of_locked] = [serde, event, locked]
        .map(|package| -> Fallible<f64> { Ok((package.expanded()? - empty) as f64 / EVENTS as f64) });
    let (of_serde, of_event, of_locked) = (of_serde?, of_event?, of_locked?);
    let whole = times(&packages, false, rounds)?;
    let again = times(&packages, true, rounds)?;

    println!(
        "| {EVENTS} structs | expansion, bytes each | of serde's | `cargo check`, ms each | of serde's | checked again, incrementally | of serde's |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
    let row = |name: &str, bytes: f64, share: f64, at: usize| {
        println!(
            "| {name} | {bytes:.0} | {:.1}% | {:.2} | {:.2} | {:.2} | {:.2} |",
            share * 100.0,
            whole[at],
            whole[at] / whole[0],
            again[at],
            again[at] / again[0]
        );
    };
    row("serde's two derives", of_serde, 1.0, 0);
    row("`#[event]`, beside serde's derives", of_event - of_serde, (of_event - of_serde) / of_serde, 1);
    row("the same with an `events.lock`", of_locked - of_serde, (of_locked - of_serde) / of_serde, 2);
    Ok(())
}

/// The median of what each form but the plain one takes beyond the plain one: milliseconds an event.
fn times(packages: &[Package; 4], incremental: bool, rounds: usize) -> Fallible<[f64; 3]> {
    let mut beyond = [const { Vec::new() }; 3];
    for round in 0..=rounds {
        let mut taken = [0.0; 4];
        for place in 0..packages.len() {
            let at = (place + round) % packages.len();
            taken[at] = packages[at].check(incremental)?;
        }
        // In the first round the caches are filled.
        if round > 0 {
            for (at, beyond) in beyond.iter_mut().enumerate() {
                beyond.push((taken[at + 1] - taken[0]) / EVENTS as f64);
            }
        }
    }
    Ok(beyond.map(|mut each| {
        each.sort_by(f64::total_cmp);
        each[each.len() / 2]
    }))
}

impl Package {
    fn new(form: Form) -> Self {
        let name = match form {
            Form::Plain => "plain",
            Form::Serde => "serde",
            Form::Event => "event",
            Form::Locked => "locked",
        };
        Self { form, folder: Path::new(env!("CARGO_TARGET_TMPDIR")).join("compile").join(name) }
    }

    fn write(&self) -> Fallible<()> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
        fs::create_dir_all(self.folder.join("src"))?;
        // Its own workspace, with the versions of ours.
        fs::copy(root.join("Cargo.lock"), self.folder.join("Cargo.lock"))?;
        let manifest = format!(
            "[package]\nname = \"events\"\nedition = \"2024\"\n\n[dependencies]\nserde = {{ version = \"1\", features = [\"derive\"] }}\ncqrs-core = {{ path = {:?} }}\n\n[workspace]\n",
            root.join("cqrs-core")
        );
        fs::write(self.folder.join("Cargo.toml"), manifest)?;
        if self.form == Form::Locked {
            fs::write(self.folder.join("events.lock"), lock()?)?;
        }
        fs::write(self.source(), source(self.form)?)?;
        Ok(())
    }

    fn source(&self) -> PathBuf {
        self.folder.join("src/lib.rs")
    }

    fn cargo(&self, arguments: &[&str], incremental: bool) -> Command {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
        // One target directory, so that the dependencies are compiled once.
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compile/target");
        cargo.args(arguments).args(["--offline", "--quiet"]).current_dir(&self.folder);
        cargo.env("CARGO_TARGET_DIR", target).env("CARGO_INCREMENTAL", if incremental { "1" } else { "0" });
        cargo
    }

    /// Checks it anew; milliseconds.
    fn check(&self, incremental: bool) -> Fallible<f64> {
        fs::write(self.source(), source(self.form)?)?;
        let (before, started) = (processor_time(), Instant::now());
        let status = self.cargo(&["check"], incremental).status()?;
        let taken = match (before, processor_time()) {
            (Some(before), Some(after)) => after - before,
            _ => started.elapsed().as_secs_f64() * 1e3,
        };
        if !status.success() {
            return Err(format!("{} does not compile", self.folder.display()).into());
        }
        Ok(taken)
    }

    /// How many bytes rustc prints as the expansion.
    fn expanded(&self) -> Fallible<usize> {
        let arguments = ["rustc", "--lib", "--profile", "check"];
        fs::write(self.source(), source(self.form)?)?;
        let mut cargo = self.cargo(&arguments, false);
        let output = cargo.args(["--", "-Zunpretty=expanded"]).env("RUSTC_BOOTSTRAP", "1").output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
        }
        Ok(output.stdout.len())
    }
}

/// What the processes that have been waited for took, in milliseconds.
fn processor_time() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // Behind the name of the program, which may have spaces: user and system time in hundredths of a second.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(13);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) * 10.0)
}

fn source(form: Form) -> Fallible<String> {
    let on_struct = match form {
        Form::Plain => "",
        Form::Serde => {
            "#[derive(serde::Serialize, serde::Deserialize)]\n#[serde(rename_all = \"camelCase\")]\n"
        }
        Form::Event | Form::Locked => "#[cqrs_core::event]\n",
    };
    let mut text = String::new();
    for number in 0..EVENTS {
        write!(
            text,
            "{on_struct}pub struct Happened{number} {{\n    pub customer_id: String,\n    pub total_amount: u64,\n    pub note: Option<String>,\n    pub quantities: Vec<u32>,\n}}\n\n"
        )?;
    }
    Ok(text)
}

fn lock() -> Fallible<String> {
    let mut text = String::new();
    for number in 0..EVENTS {
        write!(
            text,
            "Happened{number} 1 {{\n    customerId: string,\n    totalAmount: u64,\n    note: string?,\n    quantities: [u32],\n}}\n= {{\"customerId\":\"text\",\"note\":\"text\",\"quantities\":[7],\"totalAmount\":7}}\n\n"
        )?;
    }
    Ok(text)
}
