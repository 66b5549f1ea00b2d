use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;

use cqrs_core::StoreError;
use serde_json::{Value, json};

/// No line of a commit or a row has it.
const TOGETHER: &str = "together";

/// A file of JSON lines that is only ever appended to.
///
/// Lines that were appended together come after a line with their number: `{"together":2}`. If some of them are
/// missing, a crash has cut them off, and those before them do not count either.
#[derive(Debug)]
pub(crate) struct Journal {
    file: File,
    end: u64,
}

impl Journal {
    /// Opens a file, and passes on every line with its place in the file. The file is locked until the journal is
    /// dropped.
    pub(crate) fn open(path: &Path, mut each: impl FnMut(Value, Range<u64>)) -> io::Result<Self> {
        let file = File::options().read(true).append(true).create(true).open(path)?;
        file.try_lock()?;
        let mut lines = BufReader::new(&file);
        let mut line = Vec::new();
        // How far the file was read, and how far it is complete.
        let (mut read, mut end) = (0, 0);
        let mut together = Vec::new();
        let mut missing = 0;
        loop {
            line.clear();
            let length = lines.read_until(b'\n', &mut line)?;
            // Lines that a crash has cut off were never acknowledged.
            if line.pop() != Some(b'\n') {
                break;
            }
            let start = read;
            read += length as u64;
            let value: Value = serde_json::from_slice(&line)?;
            match value.get(TOGETHER).and_then(Value::as_u64) {
                Some(count) if missing == 0 => missing = count,
                _ => {
                    missing = missing.saturating_sub(1);
                    together.push((value, start..read));
                }
            }
            if missing == 0 {
                together.drain(..).for_each(|(value, place)| each(value, place));
                end = read;
            }
        }
        file.set_len(end)?;
        Ok(Self { file, end })
    }

    /// Writes a line completely or not at all, and returns its place.
    pub(crate) fn append(&mut self, line: &Value) -> Result<Range<u64>, StoreError> {
        let text = format!("{line}\n");
        let start = self.end;
        self.write(&text)?;
        Ok(start..self.end)
    }

    /// Writes all lines or none of them, and returns the place of each.
    pub(crate) fn append_all(&mut self, lines: &[Value]) -> Result<Vec<Range<u64>>, StoreError> {
        let mut text = format!("{}\n", json!({ TOGETHER: lines.len() }));
        let mut places = Vec::with_capacity(lines.len());
        for line in lines {
            let start = self.end + text.len() as u64;
            text.push_str(&format!("{line}\n"));
            places.push(start..self.end + text.len() as u64);
        }
        self.write(&text)?;
        Ok(places)
    }

    fn write(&mut self, text: &str) -> Result<(), StoreError> {
        let written = self.file.write_all(text.as_bytes()).and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            self.file.set_len(self.end).map_err(unavailable)?;
            return Err(unavailable(error));
        }
        self.end += text.len() as u64;
        Ok(())
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

/// An error of the disk is worth another attempt: the disk may be full, or the file may be in use.
pub(crate) fn unavailable(error: io::Error) -> StoreError {
    StoreError::Unavailable { source: error.into() }
}
