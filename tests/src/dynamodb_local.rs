//! Amazon's own DynamoDB Local on this machine: a second opinion on what DynamoDB does.

use std::io::Write;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use aws_config::SdkConfig;
use cqrs_dynamo::{Dynamo, Tables};

use crate::emulator::{prefix, sdk_config};

/// The variable that turns the tests on it on: it takes a JDK, npm, and a hundred megabytes.
pub const WANTED: &str = "CQRS_DYNAMODB_LOCAL";

/// Ends the server with whoever holds its standard input, however that ends. `$1` is the folder, `$2` the port, `$3` what
/// keeps it on the loopback address.
const KEEPER: &str = r#"
java -Djava.library.path="$1/DynamoDBLocal_lib" -cp "$1/DynamoDBLocal.jar:$1/DynamoDBLocal_lib/*" "$3" \
    -inMemory -disableTelemetry -port "$2" &
cat
kill $!
"#;

/// How long it may take to start on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(120);

/// A server on the loopback address that ends when this value is dropped, or with the process, however that ends.
#[derive(Debug)]
pub struct DynamoDbLocal {
    server: Child,
    /// `http://127.0.0.1:…`
    pub endpoint: String,
}

impl DynamoDbLocal {
    /// The one of this process: its tests stay apart by their tables. None, and a word about it, where nobody asks for
    /// it.
    pub fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<DynamoDbLocal>> = OnceLock::new();
        let open = || {
            if std::env::var_os(WANTED).is_some_and(|wanted| !wanted.is_empty() && wanted != "0") {
                return Some(Self::start());
            }
            // Past the test harness, which keeps what a passing test prints.
            let _ = writeln!(
                std::io::stderr(),
                "SKIPPED what runs on DynamoDB Local: `{WANTED}=1` runs it, with a JDK (17) and npm"
            );
            None
        };
        SHARED.get_or_init(open).as_ref()
    }

    /// Starts one of its own, which takes seconds, and the first time as long as it takes to install it.
    fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/dynamodb-local");
        let installed = Command::new("bash").arg(&script).output();
        let installed = installed.unwrap_or_else(|error| panic!("`bash` cannot be started: {error}"));
        let (folder, said) =
            (String::from_utf8_lossy(&installed.stdout), String::from_utf8_lossy(&installed.stderr));
        assert!(
            installed.status.success(),
            "there is no DynamoDB Local, because `{}` failed ({}): {said}",
            script.display(),
            installed.status
        );
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let server = Command::new("bash")
            .args(["-c", KEEPER, "keeper", folder.trim(), &port.to_string()])
            .arg(script.with_file_name("LoopbackDynamoDb.java"))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("`bash` cannot be started: {error}"));
        let local = Self { server, endpoint: format!("http://127.0.0.1:{port}") };
        let started = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            assert!(started.elapsed() < PATIENCE, "DynamoDB Local does not listen on port {port}");
            std::thread::sleep(Duration::from_millis(50));
        }
        local
    }

    /// A configuration of the SDK that leads here, for one runtime: a client keeps connections to it.
    #[must_use]
    pub fn sdk_config(&self) -> SdkConfig {
        sdk_config(&self.endpoint)
    }

    /// A DynamoDB with tables that no other test of this process has.
    ///
    /// # Panics
    /// Where the tables cannot be made.
    pub async fn dynamo(&self) -> Dynamo {
        let dynamo = Dynamo::from_conf(&self.sdk_config()).with_tables(Tables::with_prefix(&prefix()));
        dynamo.create_tables().await.unwrap();
        dynamo
    }
}

impl Drop for DynamoDbLocal {
    fn drop(&mut self) {
        drop(self.server.stdin.take());
        // It may have ended by itself; what counts is that it is gone.
        let _ = self.server.wait();
    }
}
