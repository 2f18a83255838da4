//! A folder for what a program under test writes, gone when the test is over.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A folder that is gone, with all that is in it, when this is dropped.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// An empty one.
    #[expect(clippy::new_without_default, reason = "it makes a folder")]
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("saas-contract-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The URL of a SQLite database in it.
    pub fn database(&self) -> String {
        format!("sqlite:{}", self.0.join("tollgate.db").display())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // The system clears the temporary folder of what can't be removed now.
        let _removed = std::fs::remove_dir_all(&self.0);
    }
}
