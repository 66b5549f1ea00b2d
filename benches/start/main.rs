//! What a Lambda function does before it asks for its first event, compared with one that has one client of the SDK and one
//! without clients.
//!
//! `cargo bench -p cqrs-benches --bench start` builds the functions with the release profile, which takes minutes at first, and
//! counts their instructions with callgrind. Nothing is timed, and the only network is to the runtime API that it emulates.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs, io};

use cqrs_benches::package::{self, Package, time};

mod runtime;

use runtime::Runtime;

type Fallible<T> = Result<T, Box<dyn Error>>;

/// A function, and the path of its binary.
struct Function {
    title: &'static str,
    binary: PathBuf,
}

fn main() -> Fallible<()> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("start");
    let functions: Vec<Function> = beside(&target)?.into_iter().chain(ours(&target)?).collect();
    let mut counted = Vec::new();
    for function in functions {
        eprintln!("{}", function.title);
        let instructions = instructions(&function.binary)?;
        counted.push((function.title, instructions, fs::metadata(&function.binary)?.len()));
    }
    print(&counted);
    Ok(())
}

/// `lambda_runtime` alone, and with one client of the SDK.
fn beside(target: &Path) -> Fallible<[Function; 2]> {
    let dependencies = "\
        aws-config = { version = \"1\", default-features = false, features = [\"rt-tokio\", \"default-https-client\"] }\n\
        aws-sdk-dynamodb = { version = \"1\", default-features = false, features = [\"rt-tokio\"] }\n\
        lambda_runtime = { version = \"1\", default-features = false }\n\
        serde_json = \"1\"\n\
        tokio = { version = \"1\", default-features = false, features = [\"macros\", \"rt-multi-thread\"] }";
    let package = Package::new(target.join("beside"), target.to_owned(), "beside", dependencies)?;
    package.write("src/bin/alone.rs", include_str!("alone.rs"))?;
    package.write("src/bin/sdk.rs", include_str!("sdk.rs"))?;
    build(&package, &["--bins"])?;
    let function = |title, name| Function { title, binary: target.join("release").join(name) };
    Ok([function("`lambda_runtime` alone", "alone"), function("one client of the SDK", "sdk")])
}

/// The functions of the example.
fn ours(target: &Path) -> Fallible<[Function; 3]> {
    let package = Package { folder: package::root()?, target: target.to_owned() };
    build(&package, &["-p", "orders-lambda", "--bins"])?;
    let function = |title, name| Function { title, binary: target.join("release").join(name) };
    Ok([
        function("`orders-commands`", "orders-commands"),
        function("`orders-relay`", "orders-relay"),
        function("`orders-subscriber`", "orders-subscriber"),
    ])
}

fn build(package: &Package, what: &[&str]) -> Fallible<()> {
    let mut cargo = package.cargo(&[&["build", "--offline", "--release"], what].concat(), false);
    time(cargo.env("CARGO_PROFILE_RELEASE_STRIP", "true"))?;
    Ok(())
}

/// How many instructions it takes up to the first request for an event.
fn instructions(binary: &Path) -> Fallible<u64> {
    let runtime = Runtime::open()?;
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(binary);
    // The variables that Lambda sets, and those that the template of the example adds.
    valgrind
        .env_clear()
        .env("PATH", env::var_os("PATH").unwrap_or_default())
        .env("AWS_LAMBDA_RUNTIME_API", runtime.address()?.to_string())
        .env("AWS_LAMBDA_FUNCTION_NAME", "orders")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", "orders")
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "orders")
        .env("AWS_REGION", "eu-central-1")
        .env("AWS_ACCESS_KEY_ID", "key")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_SESSION_TOKEN", "token")
        .env("CQRS_QUEUE", "OrderCreatedHandler")
        .env("CQRS_TOPIC_ARN", "arn:aws:sns:eu-central-1:000000000000:orders")
        .env("CQRS_DEAD_LETTERS_URL", "https://sqs.eu-central-1.amazonaws.com/000000000000/orders-dlq");
    let mut function = valgrind.stdin(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    runtime.stop_at_first_event(&mut function)?;
    let said = io::read_to_string(function.stderr.take().ok_or("valgrind says nothing")?)?;
    let count = said.split_once("Collected : ").and_then(|(_, rest)| rest.split_whitespace().next());
    Ok(count
        .ok_or_else(|| format!("valgrind does not say what it counted: {said}"))?
        .replace(',', "")
        .parse()?)
}

fn print(counted: &[(&str, u64, u64)]) {
    println!(
        "## How a function on Lambda starts\n\n\
         Instructions up to the request for the first event. `cargo bench -p cqrs-benches --bench start`.\n\n\
         | | instructions, millions | ÷ one client of the SDK | binary, stripped, MB |\n\
         | --- | ---: | ---: | ---: |"
    );
    let sdk = counted.get(1).map_or(f64::NAN, |(_, instructions, _)| *instructions as f64);
    for (title, instructions, bytes) in counted {
        let instructions = *instructions as f64;
        println!(
            "| {title} | {:.2} | {:.2} | {:.1} |",
            instructions / 1e6,
            instructions / sdk,
            *bytes as f64 / 1e6
        );
    }
    println!(
        "\nMethod: callgrind counts a release build from its first instruction to the request for the first event, with the \
         variables that Lambda sets. The peer loads the SDK's standard configuration and makes one client of DynamoDB, with the \
         features that this project uses."
    );
}
