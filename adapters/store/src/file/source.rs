//! The config source over files: what is in force, who hears of changes, and how it is doing.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tollgate::{Change, ChangeListener, ConfigSource, Loading, TenantConfig, TenantId, Versioned};

use crate::file::files::{Files, Patience};
use crate::file::problem::{FileErrors, FileProblem};
use crate::file::scan::Root;
use crate::file::watch::Watcher;

/// The default of [`FileSourceBuilder::poll_interval`].
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// The shortest interval: a directory of thousands of files is looked at in less.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(10);
/// The default of [`FileSourceBuilder::most_bytes`].
const MOST_BYTES: u64 = 32 * 1024 * 1024;
/// The most problems that one look writes to the log; health has all of them.
const MOST_LOGGED: usize = 20;

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
        Ok(FileSource { shared, watcher })
    }
}

impl FileSource {
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
        FileSourceBuilder {
            path: path.as_ref().to_owned(),
            poll_interval: POLL_INTERVAL,
            most_bytes: MOST_BYTES,
            watched: true,
        }
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
        let path = self.shared.path.clone();
        blocking(&path, move || shared.look(patience)).await?;
        FileErrors::of(self.health().problems.to_vec()).map_or(Ok(()), Err)
    }

    /// How it is doing: for a readiness check, or a page about the service.
    pub fn health(&self) -> FileHealth {
        lock(&self.shared.health).clone()
    }

    /// The ids of all tenants, sorted.
    pub fn ids(&self) -> Vec<TenantId> {
        let in_force = self.shared.in_force();
        let mut ids: Vec<TenantId> = in_force.by_id.keys().cloned().collect();
        ids.sort_unstable();
        ids
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
        let found = self.shared.in_force().by_id.get(id).cloned();
        Box::pin(std::future::ready(Ok(found)))
    }

    fn subscribe(&self, listener: Arc<dyn ChangeListener>) {
        lock(&self.shared.listeners).push(listener);
    }
}

impl fmt::Debug for FileSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileSource")
            .field("path", &self.shared.path)
            .field("health", &self.health())
            .finish_non_exhaustive()
    }
}

/// What is in force.
#[derive(Default)]
struct InForce {
    /// A hash map: nothing depends on its order.
    by_id: HashMap<TenantId, Versioned>,
    /// The version of the latest change. One count for all, so that who is removed and comes back goes on counting.
    version: u64,
}

/// What clones and the watcher share.
pub(crate) struct Shared {
    path: PathBuf,
    /// Held for a whole look, announcements included: changes are announced in their order.
    files: Mutex<Files>,
    /// What is in force; replaced as a whole, by who holds the files.
    in_force: Mutex<Arc<InForce>>,
    listeners: Mutex<Vec<Arc<dyn ChangeListener>>>,
    health: Mutex<FileHealth>,
}

impl Shared {
    fn open(path: &Path, most_bytes: u64) -> Result<Self, FileErrors> {
        let root = Root::of(path).map_err(|problem| FileErrors::one(path, problem))?;
        let mut files = Files::new(root, most_bytes);
        let all = files.look(Patience::AtOnce);
        if let Some(errors) = FileErrors::of(files.problems()) {
            return Err(errors);
        }
        let (in_force, _) = next(&InForce::default(), all.unwrap_or_default());
        let health = FileHealth {
            tenants: in_force.by_id.len(),
            files: files.len(),
            last_good: SystemTime::now(),
            problems: Arc::from([]),
        };
        Ok(Self {
            path: path.to_owned(),
            files: Mutex::new(files),
            in_force: Mutex::new(Arc::new(in_force)),
            listeners: Mutex::default(),
            health: Mutex::new(health),
        })
    }

    fn in_force(&self) -> Arc<InForce> {
        Arc::clone(&lock(&self.in_force))
    }

    /// Looks at the files once and puts in force what they say.
    pub(crate) fn look(&self, patience: Patience) {
        let mut files = lock(&self.files);
        if let Some(all) = files.look(patience) {
            self.put_in_force(all);
        }
        self.note(files.len(), files.problems());
    }

    fn put_in_force(&self, all: Vec<Arc<TenantConfig>>) {
        let (in_force, changes) = next(&self.in_force(), all);
        *lock(&self.in_force) = Arc::new(in_force);
        if changes.is_empty() {
            return;
        }
        tracing::info!(path = %self.path.display(), changes = changes.len(), "tenants have changed");
        let listeners = {
            let mut listeners = lock(&self.listeners);
            listeners.retain(|listener| !listener.is_gone());
            listeners.clone()
        };
        // Without that lock: a listener may subscribe another.
        for (id, change) in &changes {
            for listener in &listeners {
                listener.changed(id, change);
            }
        }
    }

    /// Remembers how it is, and logs what is new about that.
    fn note(&self, files: usize, problems: Vec<FileProblem>) {
        let mut health = lock(&self.health);
        let new = problems.iter().filter(|new| !health.problems.contains(new));
        for problem in new.take(MOST_LOGGED) {
            tracing::error!(%problem, "a config file is not in force: the last good config stays");
        }
        if problems.is_empty() {
            if !health.problems.is_empty() {
                tracing::info!(path = %self.path.display(), "the config files are good again");
            }
            health.last_good = SystemTime::now();
        }
        health.files = files;
        health.tenants = self.in_force().by_id.len();
        if *health.problems != *problems {
            health.problems = problems.into();
        }
    }
}

/// What is in force next, and what that changes: parents before children, then who is gone.
fn next(known: &InForce, all: Vec<Arc<TenantConfig>>) -> (InForce, Vec<(TenantId, Change)>) {
    let mut version = known.version;
    let mut count = || {
        version = version.saturating_add(1);
        version
    };
    let mut by_id = HashMap::with_capacity(all.len());
    let mut changes = Vec::new();
    for config in all {
        let id = config.tenant_id.clone();
        let same = known.by_id.get(&id).filter(|known| known.config == config);
        let versioned = same.cloned().unwrap_or_else(|| {
            let version = count();
            let set = Versioned { config, version };
            changes.push((id.clone(), Change::Set(set.clone())));
            set
        });
        by_id.insert(id, versioned);
    }
    let gone = known.by_id.keys().filter(|&id| !by_id.contains_key(id));
    let mut gone: Vec<&TenantId> = gone.collect();
    gone.sort_unstable();
    for id in gone {
        let version = count();
        changes.push((id.clone(), Change::Removed { version }));
    }
    (InForce { by_id, version }, changes)
}

/// Runs `work` on a thread for blocking calls; if it panics that is an error of these files.
async fn blocking<T: Send + 'static>(
    path: &Path,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, FileErrors> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| FileErrors::one(path, format!("could not be looked at: {error}")))
}

/// No state is left half-changed by a panic: all is replaced as a whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
