//! A post office on emulators of AWS, and the processes that run it.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use aws_sdk_sqs::types::QueueAttributeName;
use cqrs_core::Commit;
use cqrs_core::store::Extent;
use cqrs_dynamo::{Dynamo, Tables};
use cqrs_tests::commits::scan;
use cqrs_tests::emulator::{Emulator, prefix};
use cqrs_tests::loopback::Loopback;
use serde_json::Value;
use tempfile::NamedTempFile;
use tokio::runtime::Runtime;

/// Only ends a test that would wait for ever.
const PATIENCE: Duration = Duration::from_secs(300);
const PAUSE: Duration = Duration::from_millis(200);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Build {
    A,
    B,
}

/// Everything that the processes share.
pub(crate) struct Post {
    runtime: Runtime,
    server: Loopback,
    dynamo: Dynamo,
    sqs: aws_sdk_sqs::Client,
    prefix: String,
    journal: NamedTempFile,
    services: BTreeMap<(Build, &'static str), Service>,
}

/// A process that ends with this value.
struct Service(Child);

impl Post {
    pub(crate) fn open() -> Self {
        let runtime = Runtime::new().unwrap();
        let prefix = prefix();
        let server = runtime.block_on(Loopback::start());
        let dynamo = runtime.block_on(server.dynamo()).with_tables(Tables::with_prefix(&prefix));
        let sqs = aws_sdk_sqs::Client::new(&Emulator::ministack().sdk_config());
        let (journal, services) = (NamedTempFile::new().unwrap(), BTreeMap::new());
        Self { runtime, server, dynamo, sqs, prefix, journal, services }
    }

    /// A part of the program, ready to be started.
    fn program(&self, build: Build, part: &[&str]) -> Command {
        let mut command = Command::new(match build {
            Build::A => env!("CARGO_BIN_EXE_a"),
            Build::B => env!("CARGO_BIN_EXE_b"),
        });
        // The configuration of the machine must not lead anywhere.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("AWS_")) {
            command.env_remove(name);
        }
        let broker = &Emulator::ministack().endpoint;
        command
            .args(part)
            .env("AWS_REGION", "eu-central-1")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
            .env("AWS_ENDPOINT_URL_DYNAMODB", &self.server.endpoint)
            .env("AWS_ENDPOINT_URL_SNS", broker)
            .env("AWS_ENDPOINT_URL_SQS", broker)
            .env("PREFIX", &self.prefix)
            .env("JOURNAL", self.journal.path());
        command
    }

    /// Runs a part to its end, and returns what it printed.
    pub(crate) fn run(&self, build: Build, part: &[&str]) -> Value {
        printed(self.program(build, part), part)
    }

    /// Runs several at the same time.
    pub(crate) fn run_all(&self, parts: &[(Build, [String; 4])]) -> Vec<Value> {
        std::thread::scope(|scope| {
            let running: Vec<_> = parts
                .iter()
                .map(|(build, part)| {
                    let part = part.each_ref().map(String::as_str);
                    let command = self.program(*build, &part);
                    scope.spawn(move || printed(command, &part))
                })
                .collect();
            running.into_iter().map(|thread| thread.join().unwrap()).collect()
        })
    }

    /// Starts a part that runs until it is stopped.
    pub(crate) fn start(&mut self, build: Build, part: &'static str) {
        let mut command = self.program(build, &[part]);
        let child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        self.services.insert((build, part), Service(child));
    }

    /// Stops a part: with SIGKILL, or so that it finishes what it holds.
    pub(crate) fn stop(&mut self, build: Build, part: &'static str, kill: bool) {
        let Service(child) = self.services.get_mut(&(build, part)).unwrap();
        assert!(child.try_wait().unwrap().is_none(), "the {part} of {build:?} ended by itself");
        if kill {
            child.kill().unwrap();
            child.wait().unwrap();
        } else {
            drop(child.stdin.take());
            let status = child.wait().unwrap();
            assert!(status.success(), "the {part} of {build:?} ended with {status}");
        }
        self.services.remove(&(build, part));
    }

    /// All commits.
    pub(crate) fn commits(&self) -> Vec<Commit> {
        let all = Extent::Segment { number: 0, of: 1 };
        self.runtime.block_on(scan(&self.dynamo.event_store(), &all))
    }

    /// What handlers have done: `{handler} {sk} {version}`.
    pub(crate) fn handled(&self) -> BTreeSet<String> {
        self.journal().into_iter().map(|(_, done)| done).collect()
    }

    /// The same of one build.
    pub(crate) fn handled_by(&self, build: Build) -> BTreeSet<String> {
        let build = format!("{build:?}");
        self.journal().into_iter().filter(|(by, _)| *by == build).map(|(_, done)| done).collect()
    }

    fn journal(&self) -> Vec<(String, String)> {
        let journal = std::fs::read_to_string(self.journal.path()).unwrap();
        let lines = journal.lines().filter_map(|line| line.split_once(' '));
        lines.map(|(build, done)| (build.to_owned(), done.to_owned())).collect()
    }

    /// The messages that wait in a queue and that nothing holds, in the same form. They come back after a second.
    pub(crate) fn waiting(&self, queue: &str) -> BTreeSet<String> {
        let done = |body: &str| {
            let record: Value = serde_json::from_str(body).unwrap();
            let (sk, _) = record["sk"].as_str().unwrap().split_once('@').unwrap();
            format!("{queue} {sk} {}", record["version"])
        };
        self.runtime.block_on(async {
            let url = self.sqs.get_queue_url().queue_name(format!("{}{queue}", self.prefix)).send().await;
            let url = url.unwrap().queue_url.unwrap();
            let mut waiting = BTreeSet::new();
            loop {
                let request = self.sqs.receive_message().queue_url(&url).max_number_of_messages(10);
                let received = request.visibility_timeout(1).send().await.unwrap();
                let messages = received.messages.unwrap_or_default();
                let before = waiting.len();
                waiting.extend(messages.iter().filter_map(|message| message.body.as_deref()).map(done));
                if waiting.len() == before {
                    return waiting;
                }
            }
        })
    }

    /// The queues of dead letters that are not empty, with some of their content.
    pub(crate) fn dead(&self) -> Vec<(String, String)> {
        self.runtime.block_on(async {
            let queues = self.sqs.list_queues().queue_name_prefix(&self.prefix).max_results(1000);
            let urls = queues.send().await.unwrap().queue_urls.unwrap_or_default();
            let mut dead = Vec::new();
            for url in urls.into_iter().filter(|url| url.ends_with("-dlq")) {
                let (visible, hidden) = (
                    QueueAttributeName::ApproximateNumberOfMessages,
                    QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
                );
                let counts = self.sqs.get_queue_attributes().queue_url(&url);
                let counts = counts.attribute_names(visible.clone()).attribute_names(hidden.clone());
                let counts = counts.send().await.unwrap().attributes.unwrap();
                if counts[&visible] != "0" || counts[&hidden] != "0" {
                    let received = self.sqs.receive_message().queue_url(&url).message_attribute_names("All");
                    let messages = received.max_number_of_messages(10).send().await.unwrap().messages;
                    dead.push((url, format!("{counts:?} {messages:#?}")));
                }
            }
            dead
        })
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The JSON that a command prints; no field is null.
fn printed(mut command: Command, part: &[&str]) -> Value {
    let output = command.stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "{part:?} of {:?} ended with {}", command.get_program(), output.status);
    serde_json::from_slice(&output.stdout).unwrap_or_default()
}

/// Waits until nothing is missing.
pub(crate) fn until_none(what: &str, mut missing: impl FnMut() -> Vec<String>) {
    let started = Instant::now();
    loop {
        let missing = missing();
        if missing.is_empty() {
            return;
        }
        assert!(
            started.elapsed() < PATIENCE,
            "{what}: {} {:#?}",
            missing.len(),
            &missing[..missing.len().min(20)]
        );
        std::thread::sleep(PAUSE);
    }
}
