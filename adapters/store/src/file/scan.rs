//! Which config files there are, and whether they look as they did before.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::file::format::{ENDINGS, Format};

/// The most files that a directory may have.
pub(crate) const MOST_FILES: usize = 10_000;
/// A file that was written so lately may be written again without looking any different: file systems are no more
/// exact than 2 s.
const LATELY: Duration = Duration::from_secs(2);

/// Where the files are: what it was when the source was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Root {
    File(PathBuf),
    Directory(PathBuf),
}

/// What was found where a config file should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    File(Stamp),
    /// Nothing that can be read, and why not.
    Trouble(String),
}

/// How a file looks from outside: while this stays the same, so does what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) len: u64,
    modified: Option<SystemTime>,
    /// Device and inode, and when the inode changed: seconds and nanoseconds.
    identity: (u64, u64, i64, i64),
}

impl Stamp {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        Self {
            len: metadata.len(),
            modified: metadata.modified().ok(),
            identity: identity(metadata),
        }
    }

    /// Whether the file may change without a trace in the stamp.
    pub(crate) fn is_recent(&self, now: SystemTime) -> bool {
        let modified = self.modified.unwrap_or(now);
        // A time in the future says nothing either.
        now.duration_since(modified)
            .map_or(true, |age| age < LATELY)
    }
}

#[cfg(unix)]
fn identity(metadata: &Metadata) -> (u64, u64, i64, i64) {
    use std::os::unix::fs::MetadataExt;
    (
        metadata.dev(),
        metadata.ino(),
        metadata.ctime(),
        metadata.ctime_nsec(),
    )
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> (u64, u64, i64, i64) {
    (0, 0, 0, 0)
}

impl Root {
    pub(crate) fn of(path: &Path) -> Result<Self, String> {
        let metadata = fs::metadata(path).map_err(|error| unreadable(&error))?;
        if metadata.is_dir() {
            return Ok(Self::Directory(path.to_owned()));
        }
        if Format::of(path).is_none() {
            return Err(unknown_ending());
        }
        Ok(Self::File(path.to_owned()))
    }

    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::File(path) | Self::Directory(path) => path,
        }
    }

    /// The config files, by path.
    ///
    /// # Errors
    /// Why it can't be told which there are, or why they are not to be read.
    pub(crate) fn scan(&self, most_bytes: u64) -> Result<BTreeMap<PathBuf, Found>, String> {
        let files = match self {
            Self::File(path) => BTreeMap::from([(path.clone(), found(path))]),
            Self::Directory(path) => directory(path).map_err(|error| unreadable(&error))??,
        };
        let lens = files.values().map(|found| match found {
            Found::File(stamp) => stamp.len,
            Found::Trouble(_) => 0,
        });
        let bytes = lens.fold(0, u64::saturating_add);
        if bytes > most_bytes {
            return Err(too_long(bytes, most_bytes));
        }
        Ok(files)
    }
}

type Files = BTreeMap<PathBuf, Found>;

fn directory(path: &Path) -> io::Result<Result<Files, String>> {
    let mut files = Files::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let file = entry.path();
        if is_leftover(&entry.file_name()) {
            continue;
        }
        if Format::of(&file).is_some() {
            let found = found(&file);
            files.insert(file, found);
        } else if !file.is_dir() {
            files.insert(file, Found::Trouble(unknown_ending()));
        }
        if files.len() > MOST_FILES {
            return Ok(Err(format!(
                "has more than {MOST_FILES} files, the most that are read"
            )));
        }
    }
    if files.is_empty() {
        return Ok(Err(format!("has no file whose name ends in {ENDINGS}")));
    }
    Ok(Ok(files))
}

fn found(path: &Path) -> Found {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => Found::File(Stamp::of(&metadata)),
        Ok(metadata) if metadata.is_dir() => Found::Trouble("is a directory".to_owned()),
        Ok(_) => Found::Trouble("is not a regular file".to_owned()),
        Err(error) => Found::Trouble(unreadable(&error)),
    }
}

/// Whether a name is one of those that editors and tools leave behind, or hidden.
fn is_leftover(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let endings = [
        "~", "#", ".swp", ".swo", ".swx", ".tmp", ".bak", ".orig", ".rej", ".part",
    ];
    // vim tries with 4913 whether it may write to the directory.
    name.starts_with(['.', '#'])
        || endings.iter().any(|ending| name.ends_with(ending))
        || name == "4913"
}

pub(crate) fn unreadable(error: &io::Error) -> String {
    format!("can't be read: {error}")
}

pub(crate) fn too_long(bytes: u64, most: u64) -> String {
    format!("has {bytes} bytes, more than the {most} that are read")
}

fn unknown_ending() -> String {
    format!("has a name that must end in {ENDINGS}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_editors_leave_behind_is_not_read() {
        for name in [
            ".tenants.toml.swp",
            "tenants.toml~",
            "#tenants.toml#",
            ".#tenants.toml",
            "tenants.yaml.tmp",
            "4913",
            "..data",
        ] {
            assert!(is_leftover(OsStr::new(name)), "{name}");
        }
        assert!(!is_leftover(OsStr::new("tenants.toml")));
    }

    #[test]
    fn a_file_of_this_moment_or_of_the_future_may_change_unseen() {
        let now = SystemTime::now();
        let stamp = |modified| Stamp {
            len: 1,
            modified,
            identity: (0, 0, 0, 0),
        };
        assert!(stamp(Some(now)).is_recent(now));
        assert!(stamp(Some(now + LATELY)).is_recent(now));
        assert!(stamp(None).is_recent(now));
        assert!(!stamp(Some(now - LATELY)).is_recent(now));
    }
}
