//! How far a run is, for those who watch.

use indicatif::{ProgressBar, ProgressStyle};

/// Fewer commands than this are through before anybody has read a bar.
const WORTH_A_BAR: usize = 200;

/// A bar on stderr; nothing where stderr is no terminal, or the work is short.
#[must_use]
pub fn bar(length: usize) -> ProgressBar {
    if length < WORTH_A_BAR {
        return ProgressBar::hidden();
    }
    let template = "{msg:>10} [{bar:40}] {human_pos}/{human_len} ({per_sec}, {eta} left)";
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(length as u64).with_style(style.progress_chars("=> ")).with_message("executing")
}
