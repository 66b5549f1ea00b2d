//! The pages that people read.

use std::fs;
use std::path::{Path, PathBuf};

pub(crate) struct Page {
    /// From the root of the repository.
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

/// A fenced block of a page.
pub(crate) struct Block<'a> {
    /// The line of its fence, from 1.
    pub(crate) line: usize,
    /// What follows the fence: `rust,standalone_crate`.
    pub(crate) info: &'a str,
    pub(crate) code: String,
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The chapters of the book, without its summary.
pub(crate) fn chapters() -> Vec<Page> {
    let mut pages = folder("docs/book/src");
    pages.retain(|page| !page.path.ends_with("SUMMARY.md"));
    assert!(pages.len() > 20, "the chapters are elsewhere");
    pages
}

/// The Markdown files of a folder.
pub(crate) fn folder(folder: &str) -> Vec<Page> {
    let files = fs::read_dir(root().join(folder)).unwrap().map(|file| file.unwrap().file_name());
    let files = files.filter(|file| Path::new(file).extension().is_some_and(|extension| extension == "md"));
    let mut pages: Vec<Page> = files.map(|file| page(Path::new(folder).join(file))).collect();
    pages.sort_by(|one, other| one.path.cmp(&other.path));
    pages
}

pub(crate) fn page(path: impl Into<PathBuf>) -> Page {
    let path = path.into();
    let text =
        fs::read_to_string(root().join(&path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Page { path, text }
}

impl Page {
    pub(crate) fn blocks(&self) -> Vec<Block<'_>> {
        let mut blocks = Vec::new();
        let mut lines = self.text.lines().enumerate();
        while let Some((line, text)) = lines.next() {
            let Some(info) = text.trim_start().strip_prefix("```") else { continue };
            let code = lines.by_ref().map(|(_, text)| text).take_while(|text| text.trim() != "```");
            let code = code.map(|text| format!("{text}\n")).collect();
            blocks.push(Block { line: line + 1, info: info.trim(), code });
        }
        blocks
    }
}
