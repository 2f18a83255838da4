//! What is written of each admission, for whoever wants to audit: a JSON object a line.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Failure;

/// One admission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Admission<'l> {
    /// Which node admitted it.
    pub node: u32,
    /// Which of the node's lives: the first is 0, and each kill begins another.
    pub life: u32,
    /// Whose limit it was.
    #[serde(borrow)]
    pub tenant: Cow<'l, str>,
    /// When it was admitted, in nanoseconds of the machine's `CLOCK_MONOTONIC`: read as soon as the limiter had answered.
    pub ns: u64,
    /// Before which it was not. The limiter decided between the two; a process that the system let stand in between
    /// can't say when.
    pub from_ns: u64,
    /// What was charged.
    pub costs: Costs,
}

/// What was charged, by dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Costs {
    /// Requests.
    pub requests: u64,
}

/// A node's own log, complete up to the last admission that was acted on, even after a SIGKILL.
///
/// Each line is one `write(2)` to a file opened for appending, done before the admission counts as done. What was written is
/// the kernel's and not the process's, so that nothing is lost with the process. It costs about a microsecond; no mapping,
/// no pipe that could be full.
///
/// # Concurrency
/// Lines of several threads don't mix: the kernel appends one write after the other.
#[derive(Debug)]
pub struct Journal(File);

impl Journal {
    /// An empty one.
    ///
    /// # Errors
    /// If there is such a file already, or none can be made.
    pub fn create(path: &Path) -> io::Result<Self> {
        let file = File::options().append(true).create_new(true).open(path)?;
        Ok(Self(file))
    }

    /// Returns once the line is the kernel's.
    ///
    /// # Errors
    /// If it can't be written, which an admission must not survive.
    pub fn write(&self, admission: &Admission<'_>) -> io::Result<()> {
        let mut line = Vec::with_capacity(160);
        serde_json::to_writer(&mut line, admission)?;
        line.push(b'\n');
        (&self.0).write_all(&line)
    }
}

/// Hands each admission of a log to `take`, in the order of the file.
///
/// A last line that has no end is passed over: whoever wrote it was killed before the admission was acted on.
///
/// # Errors
/// If the file can't be read, or a line is no admission.
pub fn read(path: &Path, mut take: impl FnMut(Admission<'_>)) -> Result<(), Failure> {
    let mut reader = BufReader::with_capacity(1 << 16, File::open(path)?);
    let mut line = Vec::new();
    let mut number = 0_u64;
    loop {
        line.clear();
        number = number.saturating_add(1);
        reader.read_until(b'\n', &mut line)?;
        if line.pop() != Some(b'\n') {
            return Ok(());
        }
        let admission = serde_json::from_slice(&line)
            .map_err(|error| format!("{}, line {number}: {error}", path.display()))?;
        take(admission);
    }
}
