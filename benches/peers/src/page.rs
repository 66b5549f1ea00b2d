//! The page of the figures: each section is between two marks, so that it can be replaced alone.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

const HEAD: &str = "# Benchmarks\n";

/// All sections, in the order of the page.
pub const SECTIONS: [&str; 13] = [
    "setting",
    "cost",
    "bill",
    "contention",
    "latency",
    "snapshot",
    "throughput",
    "replay",
    "instructions",
    "console",
    "compile",
    "build",
    "growth",
];

pub struct Page {
    path: PathBuf,
    text: String,
}

impl Page {
    /// Opens the page, or begins a new one.
    pub fn open(path: &Path) -> io::Result<Self> {
        let text = match fs::read_to_string(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => HEAD.to_owned(),
            read => read?,
        };
        Ok(Self { path: path.to_owned(), text })
    }

    /// Replaces the section of this name; inserts a new one next to its neighbours in [`SECTIONS`].
    pub fn put(&mut self, name: &str, body: &str) -> io::Result<()> {
        println!("{body}");
        let section = format!("{}\n{}\n\n{}", begin(name), body.trim_end(), end(name));
        match self.place(name) {
            Some((from, to)) => self.text.replace_range(from..to, &section),
            None => self.insert(name, &section),
        }
        fs::write(&self.path, &self.text)
    }

    /// The range of a section, including its marks.
    fn place(&self, name: &str) -> Option<(usize, usize)> {
        let (begin, end) = (begin(name), end(name));
        let from = self.text.find(&begin)?;
        let to = from + self.text[from..].find(&end)? + end.len();
        Some((from, to))
    }

    fn insert(&mut self, name: &str, section: &str) {
        let at = SECTIONS.iter().position(|other| *other == name).unwrap_or(SECTIONS.len());
        let (before, from) = SECTIONS.split_at(at);
        if let Some((_, end)) = before.iter().rev().find_map(|other| self.place(other)) {
            self.text.insert_str(end, &format!("\n{section}"));
        } else if let Some((begin, _)) = from.iter().find_map(|other| self.place(other)) {
            self.text.insert_str(begin, &format!("{section}\n"));
        } else {
            self.text = format!("{}\n\n{section}", self.text.trim_end());
        }
    }
}

fn begin(name: &str) -> String {
    format!("<!-- begin {name} -->\n")
}

fn end(name: &str) -> String {
    format!("<!-- end {name} -->\n")
}
