//! The config source over files, as services see it.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use tollgate::{ChangeListener, ConfigSource, Loading, TenantId};

use crate::file::builder::FileSourceBuilder;
use crate::file::files::Patience;
use crate::file::in_force::Shared;
use crate::file::problem::{FileErrors, FileProblem};
use crate::file::watch::Watcher;

/// Tenant configs in a file, or in all files of a directory, watched for changes.
///
/// A file's name ends in `.toml`, `.yaml`, `.yml` or `.json`. It has the form of
/// [`TenantsConfig`](tollgate::TenantsConfig), as `{"tenants": [...]}` in JSON, in UTF-8, with or without a byte order
/// mark. Of a directory, hidden files, editors' leftovers and directories are skipped, and any other name is a
/// problem, so that a mistyped one is not overlooked. Symbolic links are followed, so that a Kubernetes `ConfigMap` can
/// be swapped below the source.
///
/// # Changes
/// The files are looked at every second (see [`poll_interval`](FileSourceBuilder::poll_interval)); a file that changed
/// is read at the next look that finds it as the look before did. A file that is gone at two looks takes its tenants
/// with it. Only tenants whose config is another than before are announced, parents before children.
///
/// What is wrong changes nothing: a file that can't be read keeps its last good tenants, and tenants that don't fit
/// together — an id in two files, a child above its parent — leave all as it was. [`health`](Self::health) and the
/// log say what is wrong and where. Who writes a file should write another and rename it: half a file that happens to
/// be a whole config can't be told from one, and would be taken for it if the writer paused for a look. A file, or directory, that is gone as a whole, or a directory without any config
/// file, is a problem too, and not a source without tenants.
///
/// # Complexity
/// A look takes a `stat` a file; a change, a pass over all tenants. All of it happens on threads for blocking calls.
/// A load is a look-up in memory. Held in memory: one config a tenant, no texts.
///
/// # Concurrency
/// Clones share one watcher, which ends with the last of them, an engine's included, or at
/// [`shutdown`](Self::shutdown).
///
/// # Examples
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use tollgate::Engine;
/// use tollgate_store::FileSource;
///
/// let source = FileSource::open("tenants.toml").await?;
/// let engine = Engine::builder().source(source.clone()).build()?;
/// // … and for a readiness check:
/// assert!(source.health().problems.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct FileSource {
    shared: Arc<Shared>,
    watcher: Option<Arc<Watcher>>,
}

/// How a [`FileSource`] is doing.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FileHealth {
    /// Tenants that can be loaded.
    pub tenants: usize,
    /// Config files, bad ones included.
    pub files: usize,
    /// When the files were last looked at and nothing was wrong with them.
    pub last_good: SystemTime,
    /// What is wrong now; empty if all that the files say is in force.
    pub problems: Arc<[FileProblem]>,
}

impl FileSource {
    pub(crate) fn new(shared: Arc<Shared>, watcher: Option<Arc<Watcher>>) -> Self {
        Self { shared, watcher }
    }

    /// Opens a file or a directory with the defaults of [`builder`](Self::builder).
    ///
    /// # Errors
    /// As [`FileSourceBuilder::open`].
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, FileErrors> {
        Self::builder(path).open().await
    }

    /// How to open a file or a directory.
    pub fn builder(path: impl AsRef<Path>) -> FileSourceBuilder {
        FileSourceBuilder::new(path.as_ref().to_owned())
    }

    /// Does what the watcher does each time: reads the files that have changed and are still. For programs with a
    /// clock of their own.
    ///
    /// # Errors
    /// What is wrong now, as [`health`](Self::health) has it.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub async fn look(&self) -> Result<(), FileErrors> {
        self.look_with(Patience::WhenStill).await
    }

    /// Reads the files that have changed at once, even those that somebody may be writing. For a signal to reload:
    /// when this returns, decisions are made by what the files say, or the error says why not.
    ///
    /// # Errors
    /// What is wrong now, as [`health`](Self::health) has it.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub async fn reload(&self) -> Result<(), FileErrors> {
        self.look_with(Patience::AtOnce).await
    }

    async fn look_with(&self, patience: Patience) -> Result<(), FileErrors> {
        let shared = Arc::clone(&self.shared);
        blocking(self.shared.path(), move || shared.look(patience)).await?;
        FileErrors::of(self.health().problems.to_vec()).map_or(Ok(()), Err)
    }

    /// How it is doing: for a readiness check, or a page about the service.
    pub fn health(&self) -> FileHealth {
        self.shared.health()
    }

    /// The ids of all tenants, sorted.
    pub fn ids(&self) -> Vec<TenantId> {
        self.shared.ids()
    }

    /// Ends the watcher, for all clones. What was read last stays in force.
    pub async fn shutdown(&self) {
        if let Some(watcher) = &self.watcher {
            watcher.shutdown().await;
        }
    }
}

impl ConfigSource for FileSource {
    fn load<'s>(&'s self, id: &'s TenantId) -> Loading<'s> {
        let found = self.shared.get(id);
        Box::pin(std::future::ready(Ok(found)))
    }

    fn subscribe(&self, listener: Arc<dyn ChangeListener>) {
        self.shared.subscribe(listener);
    }
}

impl fmt::Debug for FileSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileSource")
            .field("path", &self.shared.path())
            .field("health", &self.health())
            .finish_non_exhaustive()
    }
}

/// Runs `work` on a thread for blocking calls; if it panics that is an error of these files.
pub(crate) async fn blocking<T: Send + 'static>(
    path: &Path,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, FileErrors> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| FileErrors::one(path, format!("could not be looked at: {error}")))
}
