//! What is published is whole, and what a build takes in is what it asked for.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

fn cargo(arguments: &[&str]) -> String {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
    let output = cargo.args(arguments).arg("--offline").current_dir(root()).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {arguments:?}\n{told}");
    String::from_utf8(output.stdout).unwrap()
}

/// The packages that go to a registry.
fn published() -> Vec<Value> {
    let metadata = cargo(&["metadata", "--no-deps", "--format-version", "1"]);
    let mut metadata: Value = serde_json::from_str(&metadata).unwrap();
    let Value::Array(mut packages) = metadata["packages"].take() else { panic!("{metadata}") };
    packages.retain(|package| package["publish"].is_null());
    packages.sort_by_key(|package| package["name"].to_string());
    packages
}

/// The names of the packages that a build of another one takes in.
fn tree(arguments: &[&str]) -> BTreeSet<String> {
    let format = ["tree", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"];
    let lines = cargo(&[&format, arguments].concat());
    lines.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

#[test]
fn every_package_tells_what_it_is() {
    let packages = published();
    let names: Vec<&str> = packages.iter().filter_map(|package| package["name"].as_str()).collect();
    assert_eq!(
        names,
        [
            "foldline",
            "foldline-cli",
            "foldline-console",
            "foldline-core",
            "foldline-dynamo",
            "foldline-export",
            "foldline-http",
            "foldline-macros"
        ]
    );
    for package in &packages {
        let name = &package["name"];
        for text in ["description", "license", "readme", "rust_version"] {
            assert!(package[text].as_str().is_some_and(|text| !text.is_empty()), "{name} lacks `{text}`");
        }
        for (list, most) in [("keywords", 5), ("categories", 5)] {
            let length = package[list].as_array().unwrap().len();
            assert!((1..=most).contains(&length), "{name} has {length} {list}");
        }
        let docs = &package["metadata"]["docs"]["rs"];
        assert_eq!(docs["all-features"], true, "{name}");
        assert_eq!(docs["rustdoc-args"], serde_json::json!(["--cfg", "docsrs"]), "{name}");
    }
}

#[test]
fn every_package_has_its_licences_and_its_readme_in_it() {
    for package in published() {
        let name = package["name"].as_str().unwrap();
        let files = cargo(&["package", "--list", "--allow-dirty", "--no-verify", "-p", name]);
        let files: BTreeSet<&str> = files.lines().collect();
        for file in ["LICENSE-MIT", "LICENSE-APACHE", "README.md", "src/lib.rs"] {
            assert!(files.contains(file), "{name} is packed without {file}");
        }
        let folder = Path::new(package["manifest_path"].as_str().unwrap()).parent().unwrap();
        for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
            let (ours, packed) = (fs::read(root().join(licence)), fs::read(folder.join(licence)));
            assert_eq!(ours.unwrap(), packed.unwrap(), "{name}: {licence} is not that of the repository");
        }
    }
}

/// They call what the others keep to themselves, so another release of one of them does not do.
#[test]
fn the_packages_of_one_release_ask_for_each_other() {
    let packages = published();
    for package in &packages {
        for dependency in package["dependencies"].as_array().unwrap() {
            let ours = packages.iter().find(|ours| ours["name"] == dependency["name"]);
            // A package that depends on itself for its tests is left out when it is published.
            let Some(ours) = ours.filter(|_| dependency["kind"] != "dev") else { continue };
            let wanted = format!("={}", ours["version"].as_str().unwrap());
            assert_eq!(dependency["req"], wanted, "{} → {}", package["name"], ours["name"]);
        }
    }
}

#[test]
fn a_lambda_function_has_no_embedded_database_and_no_console_in_it() {
    let function = tree(&["-p", "orders-lambda"]);
    assert!(function.contains("aws-sdk-dynamodb") && function.contains("lambda_runtime"), "{function:?}");
    for package in ["dynoxide-rs", "rusqlite", "libsqlite3-sys", "foldline-console"] {
        assert!(!function.contains(package), "{package} is in the functions");
    }
}

#[test]
fn the_features_of_the_facade_bring_what_they_say() {
    let build = |features: &str| tree(&["-p", "foldline", "--features", features]);
    let aws = |build: &BTreeSet<String>| build.iter().any(|package| package.starts_with("aws"));
    let sqlite = |build: &BTreeSet<String>| build.contains("libsqlite3-sys");

    let alone = build("");
    assert!(alone.contains("foldline-core") && !aws(&alone) && !sqlite(&alone), "{alone:?}");
    for features in ["dynamo", "broker", "lambda"] {
        let build = build(features);
        assert!(aws(&build) && !sqlite(&build), "{features}: {build:?}");
        assert_eq!(build.contains("aws-sdk-sqs"), features != "dynamo", "{features}: {build:?}");
        assert_eq!(build.contains("lambda_runtime"), features == "lambda", "{features}: {build:?}");
    }
    assert!(sqlite(&build("embedded")));
    let http = build("http");
    assert!(http.contains("axum") && http.contains("foldline-http") && !aws(&http), "{http:?}");
    assert!(build("http,lambda").contains("lambda_http"));
    for features in ["", "dynamo", "embedded", "broker", "lambda"] {
        let build = build(features);
        for package in ["foldline-http", "axum", "lambda_http", "serde_ignored"] {
            assert!(!build.contains(package), "{package} is in a build of `{features}`");
        }
    }
    assert!(build("opentelemetry").contains("tracing-opentelemetry"));
}

/// What a program that asks for none of the doors builds: as much as before there were any.
#[test]
fn the_doors_are_in_no_build_that_does_not_ask_for_them() {
    let without: [(&[&str], usize); 5] = [
        (&["-p", "foldline"], 48),
        (&["-p", "foldline", "--features", "dynamo"], 165),
        (&["-p", "foldline", "--features", "embedded"], 145),
        (&["-p", "foldline", "--features", "lambda"], 190),
        (&["-p", "orders-lambda"], 197),
    ];
    let doors = [
        ("http", ["foldline-http", "axum"]),
        ("cli", ["foldline-cli", "clap"]),
        ("console", ["foldline-console", "axum"]),
        ("export", ["foldline-export", "parquet"]),
    ];
    for (program, most) in without {
        let build = tree(program);
        assert!(build.len() <= most, "{program:?} builds {} packages: {build:?}", build.len());
        for package in doors.iter().flat_map(|(_, packages)| packages) {
            assert!(!build.contains(*package), "{package} is in {program:?}");
        }
    }
    for (door, packages) in doors {
        let build = tree(&["-p", "foldline", "--features", door]);
        for package in packages {
            assert!(build.contains(package), "{door} has no {package}");
        }
        let others = doors.iter().filter(|(other, _)| *other != door).map(|(_, [package, _])| *package);
        for other in others {
            assert!(!build.contains(other), "{other} is in {door}");
        }
        assert!(!build.contains("aws-sdk-dynamodb"), "{door} brings AWS");
    }
}

#[test]
fn an_embedded_program_builds_no_tls_and_no_configuration_of_aws() {
    let embedded =
        [&["-p", "quickstart"][..], &["-p", "orders"], &["-p", "foldline", "--features", "embedded"]];
    let of_aws =
        ["aws-config", "aws-sdk-sts", "aws-smithy-http-client", "hyper-rustls", "rustls", "aws-lc-sys"];
    for program in embedded {
        let build = tree(program);
        assert!(build.contains("aws-sdk-dynamodb") && build.contains("dynoxide-rs"), "{program:?}");
        for package in of_aws {
            assert!(!build.contains(package), "{package} is in {program:?}");
        }
    }
    let on_aws = tree(&["-p", "foldline", "--features", "dynamo"]);
    assert!(of_aws.iter().all(|package| on_aws.contains(*package)), "{on_aws:?}");
}
