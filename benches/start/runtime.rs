//! The Lambda Runtime API up to the first request for an event, at which the function is stopped.

use std::io::{self, BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command};
use std::time::Duration;

/// How long a function may take before that request, under valgrind.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) struct Runtime(TcpListener);

impl Runtime {
    pub(crate) fn open() -> io::Result<Self> {
        TcpListener::bind(("127.0.0.1", 0)).map(Self)
    }

    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// Waits until the function asks for an event, and stops it in such a way that valgrind still reports.
    pub(crate) fn stop_at_first_event(&self, function: &mut Child) -> io::Result<()> {
        let (stream, _) = self.0.accept()?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line)?;
        if !line.contains("/invocation/next") {
            return Err(io::Error::other(format!("it asked for something else: {line}")));
        }
        Command::new("kill").args(["-TERM", &function.id().to_string()]).status()?;
        function.wait().map(drop)
    }
}
