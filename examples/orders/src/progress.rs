//! The progress of a run, for people who watch.

use std::borrow::Cow;

use indicatif::{ProgressBar, ProgressStyle};

/// Fewer steps than this are done before anybody has read a bar.
const WORTH_A_BAR: usize = 200;

/// A bar on stderr, with the rate and the remaining time. There is none if stderr is not a terminal, or if the work is
/// short.
#[must_use]
pub fn bar(doing: impl Into<Cow<'static, str>>, length: usize) -> ProgressBar {
    if length < WORTH_A_BAR {
        return ProgressBar::hidden();
    }
    let template = "{msg:>24} [{bar:40}] {human_pos}/{human_len} ({per_sec}, {eta} left)";
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(length as u64).with_style(style.progress_chars("=> ")).with_message(doing)
}
