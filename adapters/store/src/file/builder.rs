//! How a file source is opened.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::file::in_force::Shared;
use crate::file::problem::FileErrors;
use crate::file::source::{FileSource, blocking};
use crate::file::watch::Watcher;

/// The default of [`FileSourceBuilder::poll_interval`].
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// The shortest interval: a directory of thousands of files is looked at in less.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(10);
/// The default of [`FileSourceBuilder::most_bytes`].
pub(crate) const MOST_BYTES: u64 = 32 * 1024 * 1024;

/// How to open a [`FileSource`].
#[derive(Debug, Clone)]
#[must_use]
pub struct FileSourceBuilder {
    path: PathBuf,
    poll_interval: Duration,
    most_bytes: u64,
    watched: bool,
}

impl FileSourceBuilder {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self {
            path,
            poll_interval: POLL_INTERVAL,
            most_bytes: MOST_BYTES,
            watched: true,
        }
    }

    /// How often the files are looked at; a change takes one to two intervals. Default: 1 s, at least 10 ms.
    pub fn poll_interval(mut self, interval: Duration) -> Self {
        self.poll_interval = std::cmp::max(interval, SHORTEST_INTERVAL);
        self
    }

    /// The most bytes that all files may have together; more is a problem, and nothing is read. Default: 32 MiB.
    pub fn most_bytes(mut self, bytes: u64) -> Self {
        self.most_bytes = bytes;
        self
    }

    /// Leaves it to [`look`](FileSource::look) and [`reload`](FileSource::reload) to look. Default: it is watched.
    pub fn unwatched(mut self) -> Self {
        self.watched = false;
        self
    }

    /// Reads the files and begins to watch them.
    ///
    /// # Errors
    /// Every problem of every file: a source begins with a good config.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub async fn open(self) -> Result<FileSource, FileErrors> {
        let Self {
            path,
            poll_interval,
            most_bytes,
            watched,
        } = self;
        let shared = blocking(&path.clone(), move || Shared::open(&path, most_bytes)).await??;
        let shared = Arc::new(shared);
        let watcher = watched.then(|| Arc::new(Watcher::start(&shared, poll_interval)));
        Ok(FileSource::new(shared, watcher))
    }
}
