use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;

use cqrs_core::StoreError;
use serde_json::Value;

/// A file of JSON lines that is only ever appended to.
#[derive(Debug)]
pub(crate) struct Journal {
    file: File,
    end: u64,
}

impl Journal {
    /// Opens a file, and hands over every line with its place in the file. The file is locked until the journal is dropped.
    pub(crate) fn open(path: &Path, mut each: impl FnMut(Value, Range<u64>)) -> io::Result<Self> {
        let file = File::options().read(true).append(true).create(true).open(path)?;
        file.try_lock()?;
        let mut lines = BufReader::new(&file);
        let mut line = Vec::new();
        let mut end = 0;
        loop {
            line.clear();
            let length = lines.read_until(b'\n', &mut line)?;
            // What a crash has cut off was never acknowledged.
            if line.pop() != Some(b'\n') {
                break;
            }
            let start = end;
            end += length as u64;
            each(serde_json::from_slice(&line)?, start..end);
        }
        file.set_len(end)?;
        Ok(Self { file, end })
    }

    /// Writes a line whole or not at all, and answers where it stands.
    pub(crate) fn append(&mut self, line: &Value) -> Result<Range<u64>, StoreError> {
        let text = format!("{line}\n");
        let written = self.file.write_all(text.as_bytes()).and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            self.file.set_len(self.end).map_err(unavailable)?;
            return Err(unavailable(error));
        }
        let start = self.end;
        self.end += text.len() as u64;
        Ok(start..self.end)
    }

    /// Reads the line at a place.
    pub(crate) fn read(&self, place: &Range<u64>) -> Result<Value, StoreError> {
        let read = || {
            let mut file = &self.file;
            file.seek(SeekFrom::Start(place.start))?;
            let line = BufReader::new(file.take(place.end - place.start));
            serde_json::from_reader(line).map_err(io::Error::from)
        };
        read().map_err(unavailable)
    }
}

/// What the disk says is worth another try: it may be full, or the file may be somebody else's for now.
pub(crate) fn unavailable(error: io::Error) -> StoreError {
    StoreError::Unavailable { source: error.into() }
}
