//! AWS on this machine: the servers of moto and MiniStack, in the project's own Python.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use cqrs_dynamo::{Broker, Dynamo, Tables};

/// A server that ends when this value is dropped, or when the process ends in any way.
#[derive(Debug)]
pub struct Emulator {
    server: Child,
    /// `http://127.0.0.1:…`
    pub endpoint: String,
}

impl Emulator {
    /// SNS and SQS by moto, one per process: its tests are separated by the prefixes of their brokers.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Emulator> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// DynamoDB with its streams, SNS and SQS by MiniStack, one per process: a second opinion on what AWS does.
    /// `tests/emulators.md` lists where it is known to be wrong.
    pub fn ministack() -> &'static Self {
        static SHARED: OnceLock<Emulator> = OnceLock::new();
        SHARED.get_or_init(|| Self::run("MiniStack", include_str!("ministack.py")))
    }

    /// Starts a separate moto. This takes a second or two, and the first time as long as the installation takes.
    ///
    /// # Panics
    /// If `scripts/emulators` fails, or if what it has installed does not start.
    #[must_use]
    pub fn start() -> Self {
        Self::run("moto", include_str!("moto.py"))
    }

    /// Starts a program that prints the port it listens on, and ends with its standard input.
    fn run(name: &str, program: &str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let script = root.join("scripts/emulators");
        let installed = Command::new("bash").arg(&script).output();
        let installed = installed.unwrap_or_else(|error| panic!("`bash` cannot be started: {error}"));
        let (python, said) =
            (String::from_utf8_lossy(&installed.stdout), String::from_utf8_lossy(&installed.stderr));
        assert!(
            installed.status.success(),
            "{name} cannot be started, because `{}` failed ({}): {said}",
            script.display(),
            installed.status
        );
        let mut server = Command::new(python.trim())
            .args(["-c", program])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("`{}` cannot be started: {error}", python.trim()));
        let mut port = String::new();
        let stdout = server.stdout.take().map(BufReader::new);
        let read = stdout.map(|mut stdout| stdout.read_line(&mut port));
        assert!(matches!(read, Some(Ok(1..))), "{name} ended before it listened: {:?}", server.wait());
        Self { server, endpoint: format!("http://127.0.0.1:{}", port.trim()) }
    }

    /// A configuration of the SDK for this server, for one runtime: a client keeps connections to it.
    #[must_use]
    pub fn sdk_config(&self) -> SdkConfig {
        sdk_config(&self.endpoint)
    }

    /// A broker with names that no other test of this process has.
    #[must_use]
    pub fn broker(&self) -> Broker {
        Broker::from_conf(&self.sdk_config()).with_prefix(prefix())
    }

    /// A DynamoDB with tables that no other test of this process has.
    ///
    /// # Panics
    /// If the tables cannot be made.
    pub async fn dynamo(&self) -> Dynamo {
        let dynamo = Dynamo::from_conf(&self.sdk_config()).with_tables(Tables::with_prefix(&prefix()));
        dynamo.create_tables().await.unwrap();
        dynamo
    }
}

/// A configuration of the SDK for a server on this machine.
fn sdk_config(endpoint: &str) -> SdkConfig {
    let credentials = Credentials::from_keys("test", "test", None);
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::from_static("eu-central-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(endpoint)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build()
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // It may have ended by itself; it only matters that it is gone.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// A prefix that no other test of this process has.
#[must_use]
pub fn prefix() -> String {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    format!("test{}-", COUNT.fetch_add(1, Ordering::Relaxed))
}
