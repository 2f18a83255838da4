//! How far the seeds are: a bar on the terminal of whoever waits.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar of `length` seeds; it hides itself where stderr is no terminal.
pub(crate) fn bar(length: u64) -> ProgressBar {
    let bar = ProgressBar::new(length);
    match ProgressStyle::with_template("{wide_bar} {pos} of {len} seeds, {per_sec}, {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
