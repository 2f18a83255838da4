//! How far the replay is: a bar on the terminal of whoever waits.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressStyle};

/// A bar where one can be seen: on a terminal that the decisions are not written to.
pub(crate) fn bar() -> ProgressBar {
    if io::stdout().is_terminal() || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let (bar, style) = match length_of_stdin() {
        Some(length) => (
            ProgressBar::new(length),
            "{wide_bar} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left",
        ),
        None => (
            ProgressBar::no_length(),
            "{spinner} {bytes}, {bytes_per_sec}, {elapsed}",
        ),
    };
    match ProgressStyle::with_template(style) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// The length of the log, if it is a file.
#[cfg(unix)]
fn length_of_stdin() -> Option<u64> {
    use std::fs::File;
    use std::os::fd::AsFd;

    let stdin = io::stdin().as_fd().try_clone_to_owned().ok()?;
    let about = File::from(stdin).metadata().ok()?;
    about.is_file().then_some(about.len())
}

#[cfg(not(unix))]
fn length_of_stdin() -> Option<u64> {
    None
}
