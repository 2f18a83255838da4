//! A folder of config files, and a listener that writes down what it hears.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use tollgate::{Change, ChangeListener, ConfigSource, TenantConfig, TenantId};
use tollgate_store::FileSource;
use tollgate_store::file::FileErrors;

/// A folder that is gone when it is dropped.
#[derive(Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("tollgate-files-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub(super) fn with(files: &[(&str, &str)]) -> Self {
        let folder = Self::new();
        for (name, text) in files {
            folder.write(name, text);
        }
        folder
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(super) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.file(name), text).unwrap();
    }

    pub(super) fn remove(&self, name: &str) {
        fs::remove_file(self.file(name)).unwrap();
    }

    /// A source over the folder that looks when it is told to.
    pub(super) async fn source(&self) -> FileSource {
        self.try_source("").await.unwrap()
    }

    /// The same over a file, or the folder if the name is empty.
    pub(super) async fn try_source(&self, name: &str) -> Result<FileSource, FileErrors> {
        let path = if name.is_empty() {
            self.0.clone()
        } else {
            self.file(name)
        };
        FileSource::builder(path).unwatched().open().await
    }

    /// What is wrong with the folder's files, without the folder's name.
    pub(super) fn words(&self, errors: &FileErrors) -> Vec<String> {
        let folder = format!("{}/", self.0.display());
        let words = errors.iter().map(ToString::to_string);
        words.map(|words| words.replace(&folder, "")).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

/// Looks until a change that was made before is certainly read, if it may be: once to see it, once to find it still.
pub(super) async fn look_twice(source: &FileSource) -> Result<(), FileErrors> {
    let _first = source.look().await;
    source.look().await
}

/// The requests per minute of a tenant; `None` if there is no such tenant.
pub(super) async fn requests(source: &FileSource, id: &str) -> Option<u64> {
    let found = source.load(&id.parse().unwrap()).await.unwrap();
    found.map(|found| found.config.quota.requests_per_minute)
}

/// The ids of all tenants.
pub(super) fn ids(source: &FileSource) -> Vec<String> {
    source.ids().iter().map(ToString::to_string).collect()
}

/// A file in TOML of tenants with so many requests per minute.
pub(super) fn toml(tenants: &[(&str, u64)]) -> String {
    let tenant = |(id, requests): &(&str, u64)| {
        format!("[[tenants]]\ntenant_id = '{id}'\nquota.requests_per_minute = {requests}\n")
    };
    tenants.iter().map(tenant).collect()
}

/// Changes in the order in which they were told: `acme 100 v3`, `acme gone v4`.
#[derive(Debug, Default)]
pub(super) struct Heard(Mutex<Vec<String>>);

impl Heard {
    pub(super) fn of(source: &FileSource) -> Arc<Self> {
        let heard = Arc::new(Self::default());
        let listener: Arc<Self> = Arc::clone(&heard);
        source.subscribe(listener);
        heard
    }

    /// What was told since this was last asked.
    pub(super) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl ChangeListener for Heard {
    fn changed(&self, id: &TenantId, change: &Change) {
        let requests = |config: &TenantConfig| config.quota.requests_per_minute;
        let words = match change {
            Change::Set(set) => format!("{id} {} v{}", requests(&set.config), set.version),
            Change::Removed { version } => format!("{id} gone v{version}"),
            other => panic!("{other:?}"),
        };
        self.0.lock().unwrap().push(words);
    }
}
