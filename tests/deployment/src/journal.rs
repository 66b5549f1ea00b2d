use std::fs::{File, OpenOptions};
use std::io::Write;
use std::sync::Arc;

use cqrs_core::Recorded;

use crate::Fault;

/// What handlers have done, in a file that all processes write to. Clones share it.
#[derive(Debug, Clone)]
pub struct Journal {
    build: &'static str,
    file: Arc<File>,
}

impl Journal {
    pub(crate) fn open(build: &'static str) -> Result<Self, Fault> {
        let file = OpenOptions::new().create(true).append(true).open(std::env::var("JOURNAL")?)?;
        Ok(Self { build, file: Arc::new(file) })
    }

    /// Notes that a handler has handled an event.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn note<E>(&self, handler: &str, event: &Recorded<E>) -> Result<(), std::io::Error> {
        let (build, sk, version) = (self.build, event.stream().sk(), event.version());
        // One write, so that no line stands in another one.
        (&*self.file).write_all(format!("{build} {handler} {sk} {version}\n").as_bytes())
    }
}
