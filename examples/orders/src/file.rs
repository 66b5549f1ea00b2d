//! The file of commands: read and checked as a whole, before anything is executed.

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use cqrs_core::prelude::*;

use crate::entry::Entry;
use crate::input::LineError;
use crate::outcome::Outcome;

/// How many bad lines are named; the others are counted.
const NAMED_FAULTS: usize = 10;

/// The commands of one file.
#[derive(Debug)]
pub struct CommandFile {
    /// Its place.
    pub path: PathBuf,
    /// Its commands; blank lines are skipped.
    pub entries: Vec<Entry>,
}

/// Why a file is refused. Nothing was executed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// It cannot be read.
    #[error("cannot read `{}`", .path.display())]
    Unreadable {
        /// Where it should be.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// It has lines that are not commands.
    #[error("`{}` has lines that are not commands; nothing was executed:{}", .path.display(), Faults(.path, .faults))]
    Malformed {
        /// The file.
        path: PathBuf,
        /// All bad lines, by their numbers.
        faults: Vec<(usize, LineError)>,
    },
    /// The order to show is not in it.
    #[error("`{}` has no command for order `{order}`; nothing was executed", .path.display())]
    NoOrder {
        /// The file.
        path: PathBuf,
        /// The requested order.
        order: String,
    },
}

/// Bad lines, one below the other, in the form that editors jump to.
struct Faults<'a>(&'a Path, &'a [(usize, LineError)]);

impl fmt::Display for Faults<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(path, faults) = self;
        for (number, reason) in faults.iter().take(NAMED_FAULTS) {
            write!(f, "\n  {}:{number}: {reason}", path.display())?;
        }
        match faults.len().saturating_sub(NAMED_FAULTS) {
            0 => Ok(()),
            more => write!(f, "\n  … and {more} more"),
        }
    }
}

impl CommandFile {
    /// Reads a file.
    ///
    /// # Errors
    /// [`FileError::Unreadable`], and [`FileError::Malformed`] with all bad lines at once.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let bytes =
            std::fs::read(path).map_err(|source| FileError::Unreadable { path: path.to_owned(), source })?;
        Self::parse(path, &bytes)
    }

    /// Reads the content of a file.
    ///
    /// # Errors
    /// [`FileError::Malformed`].
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, FileError> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let (mut entries, mut faults) = (Vec::new(), Vec::new());
        for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            let number = index + 1;
            if line.trim_ascii().is_empty() {
                continue;
            }
            match Entry::parse(number, line) {
                Ok(entry) => entries.push(entry),
                Err(reason) => faults.push((number, reason)),
            }
        }
        if faults.is_empty() {
            Ok(Self { path: path.to_owned(), entries })
        } else {
            Err(FileError::Malformed { path: path.to_owned(), faults })
        }
    }

    /// All tenants, in the order of their names.
    #[must_use]
    pub fn tenants(&self) -> BTreeSet<Tenant> {
        self.entries.iter().map(|entry| entry.tenant.clone()).collect()
    }

    /// The first command for the order with this id.
    ///
    /// # Errors
    /// [`FileError::NoOrder`].
    pub fn find_order(&self, id: &str) -> Result<&Entry, FileError> {
        let found = self.entries.iter().find(|entry| entry.line.order_id == id);
        found.ok_or_else(|| FileError::NoOrder { path: self.path.clone(), order: id.to_owned() })
    }

    /// The order with the longest stream, according to the outcomes; the first one if there are several.
    #[must_use]
    pub fn longest_order(&self, outcomes: &[Outcome]) -> Option<&Entry> {
        let mut longest: Option<(&Entry, Version)> = None;
        for (entry, outcome) in self.entries.iter().zip(outcomes) {
            let Some(version) = outcome.version() else { continue };
            if longest.is_none_or(|(_, most)| version > most) {
                longest = Some((entry, version));
            }
        }
        longest.map(|(entry, _)| entry)
    }
}
