//! What a call prints: data to the standard output, everything else to the standard error.

pub(crate) mod escape;
mod table;

use std::fmt;
use std::io::{self, ErrorKind, Write};

use serde::Serialize;

use crate::failure::Failure;

pub(crate) use table::{Align, Table};

/// Where a call prints to.
pub(crate) struct Output {
    json: bool,
    closed: bool,
    data: Box<dyn Write>,
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output")
            .field("json", &self.json)
            .field("closed", &self.closed)
            .finish_non_exhaustive()
    }
}

impl Output {
    /// The standard output, for people or as JSON.
    pub(crate) fn new(json: bool) -> Self {
        Self::to(json, Box::new(io::stdout()))
    }

    fn to(json: bool, data: Box<dyn Write>) -> Self {
        Self { json, closed: false, data }
    }

    /// Whether data goes out as JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Whether nothing reads the output any more. That is not a failure: `… | head -1` has what it wanted.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// A value as one line of JSON.
    pub(crate) fn value(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string(value)?;
        self.write(&escape::json(&text))
    }

    /// A text of one or several lines, for people.
    pub(crate) fn text(&mut self, text: &str) -> Result<(), Failure> {
        self.write(&escape::lines(text))
    }

    /// A text that this program has made for another program, as it is: a script, a document.
    pub(crate) fn document(&mut self, text: &str) -> Result<(), Failure> {
        self.write(text.trim_end_matches('\n'))
    }

    /// The rows of a table that were not printed yet.
    pub(crate) fn table(&mut self, table: &mut Table) -> Result<(), Failure> {
        for line in table.take_lines() {
            self.write(&line)?;
        }
        Ok(())
    }

    fn write(&mut self, line: &str) -> Result<(), Failure> {
        if self.closed {
            return Ok(());
        }
        match writeln!(self.data, "{line}").and_then(|()| self.data.flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            Err(error) => Err(Failure::work(format!("the standard output cannot be written to: {error}"))),
            Ok(()) => Ok(()),
        }
    }
}

/// Tells people something in addition to the data. If nothing listens, it is lost, and nothing depends on it.
pub(crate) fn tell(text: &str) {
    let _ = writeln!(io::stderr(), "{}", escape::lines(text));
}

/// Tells a value in addition to the data, as one line of JSON.
pub(crate) fn tell_value(value: &impl Serialize) {
    if let Ok(text) = serde_json::to_string(value) {
        let _ = writeln!(io::stderr(), "{}", escape::json(&text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Closed;

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Full;

    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_closed_pipe_is_no_failure_and_a_full_disk_is() {
        let mut output = Output::to(false, Box::new(Closed));
        output.text("a").unwrap();
        assert!(output.is_closed());
        output.text("b").unwrap();
        assert!(Output::to(false, Box::new(Full)).text("a").is_err());
    }
}
