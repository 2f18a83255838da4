//! A folder that nobody else has.

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::os::unix::fs::{DirBuilderExt, chown};
use std::path::PathBuf;

use crate::user::User;

/// Makes an empty folder under the temporary one, for its owner's eyes only.
pub(crate) fn make(prefix: &str, owner: Option<User>) -> io::Result<PathBuf> {
    let name = format!("{prefix}-{}-{:016x}", std::process::id(), random());
    let folder = std::env::temp_dir().join(name);
    std::fs::DirBuilder::new().mode(0o700).create(&folder)?;
    if let Some(user) = owner {
        chown(&folder, Some(user.uid), Some(user.gid))?;
    }
    // As the kernel names it, in case the temporary folder is a link.
    folder.canonicalize()
}

/// The standard library's own seed is random, and no other number here needs to be.
pub(crate) fn random() -> u64 {
    RandomState::new().hash_one(())
}
