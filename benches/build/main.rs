//! The time of a clean build of the quickstart, compared with the starter, and with a program with only the SDK that puts one item
//! and queries it; and of a build after a small change.
//!
//! `cargo bench -p cqrs-benches --bench build`; a number after `--` is how often each is built, once by default: a clean build
//! takes minutes. All are separate packages, with the workspace's versions and profiles (the starter has its own), so that the workspace's own target
//! directory has no effect. The time is processor time if `/proc` has it, so that other programs have little effect. The SDK with
//! its default features has crates that the workspace lacks: they are fetched first.

use std::error::Error;
use std::path::Path;
use std::process::Command;
use std::{env, fs, io};

use cqrs_benches::median::median;
use cqrs_benches::package::{self, Package, Took, time};

/// How often each is built again after a change.
const CHANGES: usize = 5;

type Fallible<T> = Result<T, Box<dyn Error>>;

/// A program that is built.
struct Program {
    title: &'static str,
    package: Package,
    /// What cargo is told beside `build`.
    options: &'static [&'static str],
    /// The file to change, its content, and the text in it that is replaced.
    file: &'static str,
    text: String,
    word: &'static str,
}

/// The measurements of one program.
#[derive(Default)]
struct Seen {
    crates: usize,
    clean: Vec<Took>,
    changed: Vec<Took>,
}

fn main() -> Fallible<()> {
    let rounds = env::args().find_map(|argument| argument.parse().ok()).unwrap_or(1).max(1);
    let programs = [
        quickstart()?,
        starter("the starter", "starter", &[])?,
        starter("the starter, in memory", "starter-in-memory", &["--no-default-features"])?,
        sdk_by_default()?,
        sdk_trimmed()?,
    ];
    let mut seen: [Seen; 5] = Default::default();
    for round in 0..rounds {
        for (program, seen) in programs.iter().zip(&mut seen) {
            eprintln!("{}, clean build {} of {rounds}", program.title, round + 1);
            program.clean(seen)?;
        }
    }
    // Two more at first: the first change recompiles more than the next one.
    for change in 0..CHANGES + 2 {
        for (program, seen) in programs.iter().zip(&mut seen) {
            let took = program.change(change)?;
            if change >= 2 {
                seen.changed.push(took);
            }
        }
    }
    print(&programs, &seen, rounds);
    Ok(())
}

fn print(programs: &[Program], seen: &[Seen], rounds: usize) {
    println!(
        "## How long a build takes\n\n\
         The quickstart, including the embedded DynamoDB (SQLite), compared with the starter, which is a web server as well, \
         and with a program with only the SDK that puts one item and queries it. `cargo bench -p cqrs-benches --bench build`.\n\n\
         | | crates | clean build, s of processor | ÷ the quickstart | s on the clock | after a change, s of processor | s on the clock |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    );
    let processor = |all: &[Took]| median(all.iter().map(|took| took.processor.as_secs_f64()).collect());
    let wall = |all: &[Took]| median(all.iter().map(|took| took.wall.as_secs_f64()).collect());
    let quickstart = seen.first().map_or(f64::NAN, |seen| processor(&seen.clean));
    for (program, seen) in programs.iter().zip(seen) {
        println!(
            "| {} | {} | {:.1} | {:.2} | {:.0} | {:.2} | {:.2} |",
            program.title,
            seen.crates,
            processor(&seen.clean),
            processor(&seen.clean) / quickstart,
            wall(&seen.clean),
            processor(&seen.changed),
            wall(&seen.changed),
        );
    }
    let rounds = match rounds {
        1 => "one build each".to_owned(),
        more => format!("medians of {more} builds each, in turns"),
    };
    println!(
        "\nMethod: `cargo build` with an empty target directory; {rounds}. All use the versions of this \
         workspace, and its dev profile. The starter has its own profile, in which dependencies have neither debug information nor \
         the files of incremental builds. In memory it is built with `--no-default-features`. \"By default\" is what `cargo add aws-config aws-sdk-dynamodb` and \
         `cargo add tokio --features full` give; \"trimmed\" has the features that this project uses, without SSO and without \
         a second TLS stack. Processor seconds are the sum over all compilers that cargo started; other programs disturb them \
         less than seconds on the clock. The change is one word of a message in the quickstart's \
         `bank.rs`, of one in the starter's `library.rs`, and of a table's name in the SDK's program; with the linking, median of {CHANGES}."
    );
}

fn sdk_by_default() -> Fallible<Program> {
    let dependencies = "\
        aws-config = \"1\"\n\
        aws-sdk-dynamodb = \"1\"\n\
        tokio = { version = \"1\", features = [\"full\"] }";
    let program = sdk("the SDK alone, by default", "sdk-by-default", dependencies)?;
    // Only this program may ask the registry, for crates that the workspace lacks.
    time(&mut program.package.cargo(&["fetch"], true))?;
    Ok(program)
}

fn sdk_trimmed() -> Fallible<Program> {
    let dependencies = "\
        aws-config = { version = \"1\", default-features = false, features = [\"rt-tokio\", \"default-https-client\"] }\n\
        aws-sdk-dynamodb = { version = \"1\", default-features = false, features = [\"rt-tokio\"] }\n\
        tokio = { version = \"1\", default-features = false, features = [\"macros\", \"rt-multi-thread\"] }";
    sdk("the SDK alone, trimmed", "sdk-trimmed", dependencies)
}

fn sdk(title: &'static str, name: &str, dependencies: &str) -> Fallible<Program> {
    let package = package(name, dependencies)?;
    let text = include_str!("hello.rs").to_owned();
    package.write("src/main.rs", &text)?;
    Ok(Program { title, package, options: &[], file: "src/main.rs", text, word: "accounts" })
}

fn quickstart() -> Fallible<Program> {
    // As in the quickstart's own manifest.
    let dependencies = "\
        cqrs-core = { package = \"foldline-core\", path = \"$ROOT/cqrs-core\" }\n\
        cqrs-dynamo = { package = \"foldline-dynamo\", path = \"$ROOT/cqrs-dynamo\", features = [\"embedded\"] }\n\
        thiserror = \"2\"\n\
        tokio = { version = \"1\", default-features = false, features = [\"macros\", \"rt-multi-thread\"] }";
    let package = package("quickstart", dependencies)?;
    let sources = package::root()?.join("examples/quickstart/src");
    for file in ["main.rs", "bank.rs"] {
        package.write(&format!("src/{file}"), &fs::read_to_string(sources.join(file))?)?;
    }
    let text = fs::read_to_string(sources.join("bank.rs"))?;
    Ok(Program {
        title: "the quickstart",
        package,
        options: &[],
        file: "src/bank.rs",
        text,
        word: "open already",
    })
}

/// The starter as its reader has it, at the versions of this workspace.
fn starter(title: &'static str, name: &str, options: &'static [&'static str]) -> Fallible<Program> {
    let package = package(name, "")?;
    let (root, here) = (package::root()?, "\"../../cqrs\"");
    let starter = root.join("examples/starter");
    let manifest = fs::read_to_string(starter.join("Cargo.toml"))?;
    package.write("Cargo.toml", &manifest.replace(here, &format!("{:?}", root.join("cqrs"))))?;
    for file in [
        "events.lock",
        "src/api.rs",
        "src/lib.rs",
        "src/library.rs",
        "src/main.rs",
        "src/views.rs",
        "src/workshop.rs",
    ] {
        package.write(file, &fs::read_to_string(starter.join(file))?)?;
    }
    let text = fs::read_to_string(starter.join("src/library.rs"))?;
    Ok(Program { title, package, options, file: "src/library.rs", text, word: "no such book" })
}

fn package(name: &str, dependencies: &str) -> io::Result<Package> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("build").join(name);
    let target = folder.join("target");
    Package::new(folder, target, name, dependencies)
}

impl Program {
    fn clean(&self, seen: &mut Seen) -> Fallible<()> {
        match fs::remove_dir_all(&self.package.target) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        self.package.write(self.file, &self.text)?;
        let (output, took) = time(&mut self.build())?;
        let progress = String::from_utf8_lossy(&output.stderr);
        seen.crates = progress.lines().filter(|line| line.trim_start().starts_with("Compiling ")).count();
        seen.clean.push(took);
        Ok(())
    }

    fn change(&self, number: usize) -> Fallible<Took> {
        if !self.text.contains(self.word) {
            return Err(format!("`{}` does not say `{}`", self.file, self.word).into());
        }
        let text = self.text.replace(self.word, &format!("{} {number}", self.word));
        self.package.write(self.file, &text)?;
        Ok(time(&mut self.build())?.1)
    }

    fn build(&self) -> Command {
        let mut build = self.package.cargo(&["build", "--offline"], true);
        build.args(self.options);
        build
    }
}
