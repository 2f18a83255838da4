//! What clones and the watcher share: what is in force, who hears of changes, and how it is doing.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use tollgate::{Change, ChangeListener, TenantConfig, TenantId, Versioned};

use crate::file::files::{Files, Patience};
use crate::file::problem::{FileErrors, FileProblem};
use crate::file::scan::Root;
use crate::file::source::FileHealth;

/// The most problems that one look writes to the log; health has all of them.
const MOST_LOGGED: usize = 20;

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
    pub(crate) fn open(path: &Path, most_bytes: u64) -> Result<Self, FileErrors> {
        let root = Root::of(path).map_err(|problem| FileErrors::one(path, problem))?;
        let mut files = Files::new(root, most_bytes);
        let all = files.look(Patience::AtOnce);
        // Beside a file that can't be read, a parent that is missing may be in there.
        let bad = FileErrors::of(files.problems_of_files());
        if let Some(errors) = bad.or_else(|| FileErrors::of(files.problems())) {
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

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn get(&self, id: &TenantId) -> Option<Versioned> {
        self.in_force().by_id.get(id).cloned()
    }

    /// Sorted.
    pub(crate) fn ids(&self) -> Vec<TenantId> {
        let mut ids: Vec<TenantId> = self.in_force().by_id.keys().cloned().collect();
        ids.sort_unstable();
        ids
    }

    pub(crate) fn health(&self) -> FileHealth {
        lock(&self.health).clone()
    }

    pub(crate) fn subscribe(&self, listener: Arc<dyn ChangeListener>) {
        lock(&self.listeners).push(listener);
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
        if *health.problems != *problems {
            let known: HashSet<&FileProblem> = health.problems.iter().collect();
            let new = problems.iter().filter(|new| !known.contains(new));
            for problem in new.take(MOST_LOGGED) {
                tracing::error!(%problem, "a config file is not in force: the last good config stays");
            }
            if problems.is_empty() {
                tracing::info!(path = %self.path.display(), "the config files are good again");
            }
            health.problems = problems.into();
        }
        if health.problems.is_empty() {
            health.last_good = SystemTime::now();
        }
        health.files = files;
        health.tenants = self.in_force().by_id.len();
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

/// Whatever a panic has left undone, the next look does.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
